import { randomUUID } from 'node:crypto';
import { BankError } from '../../ledger/errors.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { settleable } from '../with-bank.js';

/** A key for one request of the menu, so that an unknown outcome can be settled. */
export function newKey(): string {
  return `cli-${randomUUID()}`;
}

/**
 * Books with `key`. Whoever sits at the menu can't name a key: an outcome that is unknown is settled
 * by asking once more. Where that does not help either, the key is told.
 */
export async function settled<Result>(key: string, book: () => Promise<Result>): Promise<Result> {
  try {
    return await book();
  } catch (first) {
    if (!(first instanceof BankError) || first.code !== 'OUTCOME_UNKNOWN') throw first;
    return settleable(key, async () => {
      try {
        return await book();
      } catch (second) {
        // A rule's refusal comes behind the look for the key: nothing was booked with it.
        throw exitCodeOf(second) === EXIT.refused ? second : first;
      }
    });
  }
}
