/** The same accounts and amounts for everybody. */

/** Zipf draws are made beforehand, this many, and gone through again and again. */
const DRAWS = 2 ** 19;

/** xorshift32 */
export function randomNumbers(seed) {
  let state = (seed * 2654435761) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Draws accounts: all alike, or after Zipf's law, where the n-th comes up 1/n as often as the first. */
export function accountChooser({ accounts, zipf, seed }) {
  const random = randomNumbers(seed + 1_000_003);
  if (!zipf) return () => random(accounts);
  const draws = zipfDraws(accounts, random);
  let next = 0;
  return () => draws[next++ % DRAWS];
}

function zipfDraws(accounts, random) {
  const sums = new Float64Array(accounts);
  let sum = 0;
  for (let account = 0; account < accounts; account += 1) {
    sum += 1 / (account + 1);
    sums[account] = sum;
  }
  return Uint32Array.from({ length: DRAWS }, () => {
    const wanted = (random(2 ** 31) / 2 ** 31) * sum;
    let low = 0;
    let high = accounts - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] <= wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}
