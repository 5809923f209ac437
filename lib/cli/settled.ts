import { randomUUID } from 'node:crypto';
import { BankError } from '../ledger/errors.js';
import { EXIT, exitCodeOf } from './exit-codes.js';

/** A key for one request of the menu, so that an unknown outcome can be settled. */
export function newKey(): string {
  return `cli-${randomUUID()}`;
}

/**
 * Books with `key`. Whoever sits at a terminal can't name a key: an outcome that is unknown is settled by asking
 * once more. Where that does not help either, the key is told by which the row can be found.
 */
export async function settled<Result>(key: string, book: () => Promise<Result>): Promise<Result> {
  try {
    return await book();
  } catch (first) {
    if (!(first instanceof BankError) || first.code !== 'OUTCOME_UNKNOWN') throw first;
    try {
      return await book();
    } catch (second) {
      // A rule's refusal comes behind the look for the key: nothing was booked with it.
      if (exitCodeOf(second) === EXIT.refused) throw second;
      throw new BankError(first.code, first.message, {
        details: { ...first.details, key },
        hint: `Look at the account's rows, once the bank answers again: if one has the key ${key}, it was booked.`,
        cause: first,
      });
    }
  }
}
