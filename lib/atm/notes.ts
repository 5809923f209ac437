/** Which notes make up an amount. */

/** So many notes of a size, largest first. */
export type Bundle = readonly (readonly [size: bigint, count: number])[];

/** No machine pays out more pieces at once; it also bounds the work. */
const NOTES_MAX = 100;

/**
 * The fewest notes that make up exactly `amount` (both in minor units); `undefined`: there are none, or too many are
 * needed. Largest first does not always find them: 60 in notes of 20 and 50.
 */
export function notesFor(amount: bigint, sizes: readonly bigint[]): Bundle | undefined {
  const sorted = [...new Set(sizes)].filter((size) => size > 0n).sort((a, b) => (a < b ? 1 : -1));
  const [largest = 0n] = sorted;
  const unit = sorted.reduce(commonDivisor, 0n);
  if (amount <= 0n || amount > largest * BigInt(NOTES_MAX) || amount % unit !== 0n)
    return undefined;
  const units = sorted.map((size) => Number(size / unit));
  const last = lastNotes(Number(amount / unit), units);
  const counts = sorted.map(() => 0);
  for (let left = Number(amount / unit); left > 0; ) {
    const index = last[left];
    if (index === undefined || index < 0) return undefined;
    counts[index] = (counts[index] ?? 0) + 1;
    left -= units[index] ?? left;
  }
  if (counts.reduce((sum, count) => sum + count, 0) > NOTES_MAX) return undefined;
  return sorted.flatMap((size, index) => (counts[index] ? [[size, counts[index] ?? 0]] : []));
}

/** For each sum up to `amount`: which size comes last in the fewest notes; -1: there are none. */
function lastNotes(amount: number, sizes: readonly number[]): Int32Array {
  const fewest = new Float64Array(amount + 1).fill(Number.POSITIVE_INFINITY);
  const last = new Int32Array(amount + 1).fill(-1);
  fewest[0] = 0;
  for (let sum = 1; sum <= amount; sum++) {
    for (const [index, size] of sizes.entries()) {
      const count = 1 + (fewest[sum - size] ?? Number.POSITIVE_INFINITY);
      if (count >= (fewest[sum] ?? 0)) continue;
      fewest[sum] = count;
      last[sum] = index;
    }
  }
  return last;
}

function commonDivisor(one: bigint, other: bigint): bigint {
  return other === 0n ? one : commonDivisor(other, one % other);
}
