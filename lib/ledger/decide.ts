import { availableOf } from './account.js';
import { type AccountId, givenAccountId, worldId } from './account-id.js';
import {
  allowedOf,
  type Decision,
  DecisionRecord,
  detailsOf,
  digitsOfAccount,
  EntryRecord,
  existing,
  type LedgerView,
  LegRecord,
  type Moment,
  moved,
  notFound,
  refuseBeyondLimits,
  refuseClosed,
  refuseGiving,
  refuseMissing,
  refuseReceiving,
  refuseTwoCurrencies,
} from './booking.js';
import { decideChange } from './decide-change.js';
import { decideCapture, decideHold, decideRelease } from './decide-hold.js';
import { decideReverse } from './decide-reverse.js';
import { assert, BankError } from './errors.js';
import { accountOfHold } from './hold.js';
import { scaleAmount } from './money.js';
import { replayOf } from './replayed.js';
import type { MoveRequest, OpenRequest, Request } from './request.js';

/**
 * Decides a request against the state. Pure: no clock, no disk, no randomness.
 *
 * What is checked, in this order (what is wrong with the request in itself was checked at the door):
 *  1. the amount has no more decimals than the currency, if the account is known   INVALID_AMOUNT
 *  2. the idempotency key: replay, or                                              IDEMPOTENCY_MISMATCH
 *  3. the currency is known                                                        INVALID_CURRENCY
 *  4. the accounts exist (giver first), or for `open`: does not yet   ACCOUNT_NOT_FOUND, ACCOUNT_EXISTS;
 *     the hold is open                                                            HOLD_NOT_FOUND;
 *     the transfer moved money, and was not taken back yet   TRANSFER_NOT_FOUND, ALREADY_REVERSED
 *  5. both have one currency                                                       CURRENCY_MISMATCH
 *  6. neither is closed, the giver is not frozen, nor the receiver for all   ACCOUNT_CLOSED, ACCOUNT_FROZEN
 *  7. enough is left of the hold; nothing is, of an account that closes   EXCEEDS_HOLD, ACCOUNT_NOT_EMPTY
 *  8. the giver's limits, at once and in a day                                     LIMIT_EXCEEDED
 *  9. the giver has enough available                                               INSUFFICIENT_FUNDS
 * 10. no balance gets more than 18 digits                                          LIMIT_EXCEEDED
 *
 * @throws BankError the refusal; nothing is booked
 */
export function decide(view: LedgerView, request: Request, at: Moment): Decision {
  switch (request.kind) {
    case 'deposit':
    case 'withdraw':
    case 'transfer':
      return decideMove(view, request, at);
    case 'open':
      return decideOpen(view, request, at);
    case 'hold':
      return decideHold(view, request, at);
    case 'capture':
      return decideCapture(view, request, at);
    case 'release':
      return decideRelease(view, request, at);
    case 'reverse':
      return decideReverse(view, request, at);
    default:
      return decideChange(view, request, at);
  }
}

/** Calls `each` with the accounts that a request is decided on; more may show once these are known. */
export function eachAccountOf(
  view: LedgerView,
  request: Request,
  each: (id: AccountId) => void,
): void {
  switch (request.kind) {
    case 'open':
      if (request.id !== undefined) each(request.id);
      each(worldId(request.currency ?? view.defaultCurrency));
      return;
    case 'deposit':
    case 'withdraw':
    case 'transfer':
      eachSide(view, request.from, request.to, each);
      return;
    case 'capture':
      eachSide(view, accountOfHold(request.hold), request.to, each);
      return;
    case 'release':
      each(accountOfHold(request.hold));
      return;
    case 'reverse': {
      const original = view.entryNumbered(request.transfer);
      for (const leg of [original?.debit, original?.credit]) if (leg) each(leg.account);
      return;
    }
    case 'hold':
      each(request.account);
      return;
    default:
      each(request.account);
      if (request.sweepTo !== undefined) each(request.sweepTo);
  }
}

/** A side that is not named is the outside of the other one's currency. */
function eachSide(
  view: LedgerView,
  from: AccountId | undefined,
  to: AccountId | undefined,
  each: (id: AccountId) => void,
): void {
  if (from !== undefined) each(from);
  if (to !== undefined) each(to);
  if (from !== undefined && to !== undefined) return;
  const named = from ?? to;
  const known = named === undefined ? undefined : view.account(named);
  if (known !== undefined) each(worldId(known.currency));
}

function decideOpen(view: LedgerView, request: OpenRequest, at: Moment): Decision {
  const currency = request.currency ?? view.defaultCurrency;
  const digits = view.digitsOf(currency);
  const limit =
    digits === undefined
      ? 0n
      : scaleAmount(request.overdraftLimit, currency, digits, 'overdraft limit');
  const replay = replayOf(view, request);
  if (replay) return replay;
  if (digits === undefined) {
    throw new BankError('INVALID_CURRENCY', `${currency} is no active ISO 4217 currency.`, {
      details: { currency },
    });
  }
  if (request.id !== undefined && view.account(request.id) !== undefined) {
    throw new BankError('ACCOUNT_EXISTS', `There is an account ${request.id} already.`, {
      details: { id: request.id },
    });
  }
  const id = request.id ?? givenAccountId(view.nextAccountNumber);
  const world = worldId(currency);
  // The first account of a currency brings the currency's outside with it.
  const debit = view.account(world) ? undefined : new LegRecord(world, 1, 0n);
  const credit = new LegRecord(id, 1, 0n);
  const { firstName, lastName } = request;
  const named = { firstName, lastName, limit };
  const details = detailsOf(request.said);
  return new DecisionRecord(
    new EntryRecord(at, currency, 0n, debit, credit, request.said, 'open', named, details),
    false,
  );
}

/** As much of what was asked as all of these let through; all of it, where that is nothing: then it is refused. */
function upTo(asked: bigint, bounds: readonly (bigint | undefined)[]): bigint {
  let least = asked;
  for (const bound of bounds) if (bound !== undefined && bound < least) least = bound;
  return least > 0n ? least : asked;
}

function decideMove(view: LedgerView, request: MoveRequest, at: Moment): Decision {
  const named = request.from ?? request.to;
  const first = named === undefined ? undefined : view.account(named);
  const digits = first === undefined ? undefined : digitsOfAccount(view, first);
  const asked =
    first === undefined || digits === undefined
      ? undefined
      : scaleAmount(request.amount, first.currency, digits);
  const replay = replayOf(view, request);
  if (replay) return replay;
  if (first === undefined) throw notFound(named);
  const from = request.from === undefined ? existing(view, worldId(first.currency)) : first;
  const other = request.to ?? worldId(first.currency);
  const to = request.from === undefined ? first : existing(view, other);
  refuseTwoCurrencies(from, to);
  refuseClosed(from);
  refuseClosed(to);
  refuseGiving(from);
  refuseReceiving(to);
  assert(asked !== undefined && digits !== undefined, `${from.currency} has no digits`);
  const available = availableOf(from);
  const amount = request.upTo ? upTo(asked, [available, allowedOf(from, at)]) : asked;
  refuseBeyondLimits(from, amount, digits, at);
  if (available !== undefined && amount > available) {
    refuseMissing(from, amount, digits);
  }
  const details = request.upTo
    ? { ...detailsOf(request.said), upTo: asked }
    : detailsOf(request.said);
  return moved(at, [from, to], [amount, digits], request.said, request.kind, details);
}
