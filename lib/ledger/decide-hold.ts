/** Holds: money that is set aside for somebody, and what becomes of it. */
import type { Account } from './account.js';
import { type AccountId, worldId } from './account-id.js';
import {
  changeEntry,
  type Decision,
  DecisionRecord,
  detailsAsked,
  detailsOf,
  digitsOfAccount,
  existing,
  type LedgerView,
  type Moment,
  moved,
  refuseBeyondLimits,
  refuseClosed,
  refuseGiving,
  refuseMissing,
  refuseReceiving,
  refuseTwoCurrencies,
} from './booking.js';
import type { Entry } from './entry.js';
import { BankError } from './errors.js';
import { accountOfHold, HOLDS_MAX, type Hold, type HoldId, holdId, overdueAt } from './hold.js';
import { formatMinor, scaleAmount } from './money.js';
import { askedOf, expiryOf, replayOf } from './replayed.js';
import {
  type Annotated,
  type CaptureRequest,
  type HoldRequest,
  NOTHING_SAID,
  type ReleaseRequest,
  type Request,
} from './request.js';

export function decideHold(view: LedgerView, request: HoldRequest, at: Moment): Decision {
  const known = view.account(request.account);
  if (known) scaleAmount(request.amount, known.currency, digitsOfAccount(view, known));
  const replay = replayOf(view, request);
  if (replay) return replay;
  const account = existing(view, request.account);
  refuseClosed(account);
  refuseGiving(account);
  const digits = digitsOfAccount(view, account);
  const amount = scaleAmount(request.amount, account.currency, digits);
  refuseBeyondLimits(account, amount, digits, at);
  if (account.terms.holds.length >= HOLDS_MAX) {
    throw new BankError(
      'LIMIT_EXCEEDED',
      `${account.id} has ${HOLDS_MAX} open holds; it can have no more at once.`,
      { details: { id: account.id }, hint: 'Capture or release one of them.' },
    );
  }
  refuseMissing(account, amount, digits);
  const id = holdId(account.id, at.transfer);
  const hold = { id, left: amount, expires: expiryOf(request, at.bookedAt) };
  const details = { ...detailsOf(request.said), hold };
  return new DecisionRecord(changeEntry(at, account, digits, request.said, 'hold', details), false);
}

export function decideCapture(view: LedgerView, request: CaptureRequest, at: Moment): Decision {
  const id = accountOfHold(request.hold);
  const known = view.account(id);
  if (known && request.amount !== undefined) {
    scaleAmount(request.amount, known.currency, digitsOfAccount(view, known));
  }
  const replay = replayOf(view, request);
  if (replay) return replay;
  const from = existing(view, id);
  const to = existing(view, request.to ?? worldId(from.currency));
  const hold = openHold(from, request.hold);
  if (from.id === to.id) {
    throw new BankError('SAME_ACCOUNT', `${from.id} can't capture its own hold; release it.`, {
      details: { id: from.id },
    });
  }
  refuseTwoCurrencies(from, to);
  refuseClosed(from);
  refuseClosed(to);
  refuseGiving(from);
  refuseReceiving(to);
  const digits = digitsOfAccount(view, from);
  const amount =
    request.amount === undefined ? hold.left : scaleAmount(request.amount, from.currency, digits);
  if (amount > hold.left) {
    const text = (minor: bigint) => `${formatMinor(minor, digits)} ${from.currency}`;
    throw new BankError(
      'EXCEEDS_HOLD',
      `${text(hold.left)} are left of hold ${hold.id}; ${text(amount)} was asked.`,
      { details: { hold: hold.id, left: formatMinor(hold.left, digits) } },
    );
  }
  const rest = hold.left - amount;
  const left = request.keepRest ? rest : 0n;
  const released = rest - left;
  const change = { id: hold.id, left, ...(released > 0n ? { released } : {}) };
  const details = { ...detailsAsked(request.said, askedOf(request)), hold: change };
  return moved(at, [from, to], [amount, digits], request.said, 'capture', details);
}

export function decideRelease(view: LedgerView, request: ReleaseRequest, at: Moment): Decision {
  const replay = replayOf(view, request);
  if (replay) return replay;
  const account = existing(view, accountOfHold(request.hold));
  const hold = openHold(account, request.hold);
  return new DecisionRecord(releaseOf(view, account, hold, false, request.said, at), false);
}

function openHold(account: Account, id: HoldId): Hold {
  const hold = account.terms.holds.find((open) => open.id === id);
  if (hold) return hold;
  throw new BankError('HOLD_NOT_FOUND', `${account.id} has no open hold ${id}.`, {
    details: { hold: id },
  });
}

function releaseOf(
  view: LedgerView,
  account: Account,
  { id, left }: Hold,
  expired: boolean,
  said: Annotated,
  at: Moment,
): Entry {
  const digits = digitsOfAccount(view, account);
  const hold = { id, left: 0n, released: left, ...(expired ? { expired } : {}) };
  const details = { ...detailsOf(said), hold };
  return changeEntry(at, account, digits, said, 'release', details);
}

/**
 * The entry that ends a hold of the account that `request` takes money from, if the time of one is over at
 * that moment. A hold ends by its own entry, so that all who read the journal see the same at each number.
 */
export function expiryBefore(view: LedgerView, request: Request, at: Moment): Entry | undefined {
  const id = giverOf(view, request);
  const account = id === undefined ? undefined : view.account(id);
  return account && expiryOn(view, account, at);
}

/** The entry that ends the first of an account's holds whose time is over at that moment. */
export function expiryOn(view: LedgerView, account: Account, at: Moment): Entry | undefined {
  const hold = overdueAt(account.terms.holds, at.bookedAt);
  return hold && releaseOf(view, account, hold, true, NOTHING_SAID, at);
}

function giverOf(view: LedgerView, request: Request): AccountId | undefined {
  switch (request.kind) {
    case 'withdraw':
    case 'transfer':
      return request.from;
    case 'capture':
    case 'release':
      return accountOfHold(request.hold);
    case 'reverse':
      return view.entryNumbered(request.transfer)?.credit?.account;
    case 'open':
    case 'deposit':
      return undefined;
    default:
      return request.account;
  }
}
