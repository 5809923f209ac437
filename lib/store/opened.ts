import { decodeEntry } from '../format/journal-row.js';
import type { DigitsOf } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import type { AccountId } from '../ledger/account-id.js';
import { named } from './damage.js';
import type { Journal } from './journal.js';

/**
 * Whether the journal opened an account between two positions. Reads all of it: for the few cases in
 * which a passbook that is not there must be told from one that never was.
 */
export async function wasOpened(
  journal: Journal,
  digitsOf: DigitsOf,
  id: AccountId,
  from: Position,
  to: Position,
): Promise<boolean> {
  const firstRow = `,${id},1,`;
  for await (const bytes of journal.bytes(from, to)) {
    for (let at = bytes.indexOf(firstRow); at !== -1; at = bytes.indexOf(firstRow, at + 1)) {
      const line = bytes.toString('utf8', bytes.lastIndexOf(10, at) + 1, bytes.indexOf(10, at));
      const { debit, credit } = named('journal', () => decodeEntry(line, digitsOf));
      // A memo may say the same.
      if ([debit, credit].some((leg) => leg?.account === id && leg.seq === 1)) return true;
    }
  }
  return false;
}
