import type { Bank } from '../bank/api.js';

/** No more accounts than this are looked at for a suggestion, and no longer than this. */
const ACCOUNTS_MAX = 20_000;
const PATIENCE_MS = 300;

/** The account id closest to `typed`, if one is close enough to be what was meant. */
export async function nearestAccount(
  bank: Bank,
  typed: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const wanted = typed.toLowerCase().slice(0, 64);
  let nearest: string | undefined;
  let distance = Math.min(2, Math.floor(wanted.length / 2)) + 1;
  try {
    for await (const { id } of bank.accounts({ limit: ACCOUNTS_MAX, signal: patience })) {
      if (Math.abs(id.length - wanted.length) >= distance) continue;
      const found = editDistance(wanted, id);
      if (found < distance) [nearest, distance] = [id, found];
      if (distance === 1) break;
    }
  } catch {
    // A suggestion is a courtesy: without one the error itself still says what is wrong.
  }
  return nearest;
}

/** Letters to insert, drop, change or swap with a neighbour to make `b` out of `a`. */
export function editDistance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const at = (cells: number[], index: number) => cells[index] ?? 0;
      const same = a[row - 1] === b[column - 1];
      const swapped =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
