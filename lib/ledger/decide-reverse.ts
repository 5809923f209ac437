/** Taking a movement back: by another one in the other direction, linked to it. */
import {
  type Decision,
  detailsAsked,
  digitsOfAccount,
  existing,
  type LedgerView,
  type Moment,
  moved,
  refuseClosed,
  refuseGiving,
  refuseMissing,
  refuseReceiving,
} from './booking.js';
import type { Entry } from './entry.js';
import { BankError } from './errors.js';
import { askedOf, replayOf } from './replayed.js';
import type { ReverseRequest } from './request.js';

/** Whether an entry is one of the two movements of an exchange. */
function isExchange({ details }: Entry): boolean {
  const { exchange } = JSON.parse(details?.meta ?? '{}') as { exchange?: { rate?: unknown } };
  return typeof exchange?.rate === 'string';
}

export function decideReverse(view: LedgerView, request: ReverseRequest, at: Moment): Decision {
  const replay = replayOf(view, request);
  if (replay) return replay;
  const { transfer, force } = request;
  const original = view.entryNumbered(transfer);
  if (original === undefined) {
    throw new BankError('TRANSFER_NOT_FOUND', `There is no transfer ${transfer}.`, {
      details: { transfer },
    });
  }
  const { debit, credit, amount, type } = original;
  if (amount === 0n || debit === undefined || credit === undefined) {
    throw new BankError(
      'TRANSFER_NOT_FOUND',
      `Transfer ${transfer} (${type}) moved no money; there is nothing to take back.`,
      { details: { transfer } },
    );
  }
  const [from, to] = [existing(view, credit.account), existing(view, debit.account)];
  const before = view.reversalOf(transfer);
  if (before) {
    throw new BankError(
      'ALREADY_REVERSED',
      `Transfer ${transfer} was taken back already, by transfer ${before.transfer}.`,
      { details: { transfer, reversedBy: before.transfer } },
    );
  }
  if (!force && isExchange(original)) {
    throw new BankError(
      'TRANSFER_NOT_FOUND',
      `Transfer ${transfer} is one half of an exchange, and is not taken back alone.`,
      { details: { transfer }, hint: 'Exchange back, or take both halves back with force.' },
    );
  }
  refuseClosed(from);
  refuseClosed(to);
  refuseGiving(from);
  refuseReceiving(to);
  const digits = digitsOfAccount(view, from);
  if (!force) refuseMissing(from, amount, digits);
  const details = { ...detailsAsked(request.said, askedOf(request)), reverses: transfer };
  return moved(at, [from, to], [amount, digits], request.said, 'reverse', details);
}
