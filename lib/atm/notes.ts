/** Which notes make up an amount. */

/** So many notes of a size, largest first. */
export type Bundle = readonly (readonly [size: bigint, count: number])[];

/** No machine pays out more pieces at once; it also bounds how long is looked for them. */
const NOTES_MAX = 100;

/**
 * The fewest notes that make up exactly `amount` (both in minor units); `undefined`: there are none, or too many are
 * needed. Largest first does not always find them: 60 in notes of 20 and 50.
 */
export function notesFor(amount: bigint, sizes: readonly bigint[]): Bundle | undefined {
  const sorted = [...new Set(sizes)].filter((size) => size > 0n).sort((a, b) => (a < b ? 1 : -1));
  for (let notes = 1; notes <= NOTES_MAX; notes++) {
    const found = within(amount, sorted, notes);
    if (found) return found;
  }
  return undefined;
}

/** With exactly so many notes. */
function within(amount: bigint, sizes: readonly bigint[], notes: number): Bundle | undefined {
  const [size, ...smaller] = sizes;
  if (size === undefined) return amount === 0n && notes === 0 ? [] : undefined;
  if (amount > size * BigInt(notes)) return undefined;
  const most = amount / size;
  for (let count = most < BigInt(notes) ? Number(most) : notes; count >= 0; count--) {
    const rest = within(amount - size * BigInt(count), smaller, notes - count);
    if (rest) return count === 0 ? rest : [[size, count], ...rest];
  }
  return undefined;
}
