import type { Position } from '../format/position.js';
import { BankError } from '../ledger/errors.js';
import { accountOfHold, entryOfHold, parseHoldId } from '../ledger/hold.js';
import { rowsOf } from '../store/history.js';
import type { BankFiles } from '../store/store.js';

/**
 * Why a hold that is asked for is not open: it never was, it ended by its time, or it was used or released. Books
 * know open holds alone, so that this is looked up in the passbook; what ended once is never open again.
 */
export async function whyNotOpen(
  files: BankFiles,
  refusal: unknown,
  head: () => Promise<Position>,
  now: string,
): Promise<unknown> {
  if (!(refusal instanceof BankError) || refusal.code !== 'HOLD_NOT_FOUND') return refusal;
  const id = parseHoldId(refusal.details.hold);
  const placed = await files.journal.entry(entryOfHold(id), await head());
  if (placed?.details?.hold?.id !== id) return refusal;
  const span = { reverse: false, after: placed.credit?.seq };
  for await (const row of rowsOf(files, accountOfHold(id), head, span)) {
    const { type, transfer, bookedAt } = row;
    const hold = row.details?.hold;
    if (hold?.id !== id || hold.left > 0n) continue;
    if (hold.expired) return expiredError(refusal, id, placed.details.hold.expires);
    const message = `Hold ${id} was ended by a ${type}, transfer ${transfer}, ${bookedAt}.`;
    const details = { ...refusal.details, transfer };
    return new BankError('HOLD_CLOSED', message, { details, cause: refusal });
  }
  // Nobody has ended it by an entry yet: it is over all the same.
  const { expires = '' } = placed.details.hold;
  return expires !== '' && expires <= now ? expiredError(refusal, id, expires) : refusal;
}

function expiredError(refusal: BankError, id: string, expires: string | undefined): BankError {
  return new BankError('HOLD_EXPIRED', `The time of hold ${id} was over at ${expires}.`, {
    details: refusal.details,
    cause: refusal,
  });
}
