import { type Account, availableOf } from './account.js';
import { type AccountId, givenAccountId, givenAccountNumber, worldId } from './account-id.js';
import type { Entry, Leg } from './entry.js';
import { assert, BankError } from './errors.js';
import { AMOUNT_MAX, formatMinor, scaleAmount, textOf } from './money.js';
import { record, type Writable } from './record.js';
import type { MoveRequest, OpenRequest, Request } from './request.js';

/** The state that a decision is made on: everything up to the entry before. */
export interface LedgerView {
  readonly defaultCurrency: string;
  /** Minor-unit digits; `undefined` for a code that is no currency. */
  digitsOf(currency: string): number | undefined;
  account(id: AccountId): Account | undefined;
  /** The entry that was booked with this idempotency key. */
  entryOfKey(key: string): Entry | undefined;
  /** Number for the next account id that the bank gives out. */
  readonly nextAccountNumber: number;
}

/** Number and time of the entry, if there is to be one. */
export interface Moment {
  readonly transfer: number;
  readonly bookedAt: string;
}

/** An entry to be booked, or (`replayed`) one that was booked before with the same key. */
export interface Decision {
  readonly entry: Entry;
  readonly replayed: boolean;
}

/**
 * Decides a request against the state. Pure: no clock, no disk, no randomness.
 *
 * What is checked, in this order (what is wrong with the request in itself was checked at the door):
 *  1. the amount has no more decimals than the currency, if the account is known   INVALID_AMOUNT
 *  2. the idempotency key: replay, or                                              IDEMPOTENCY_MISMATCH
 *  3. the currency is known                                                        INVALID_CURRENCY
 *  4. the accounts exist (giver first), or for `open`: does not yet   ACCOUNT_NOT_FOUND, ACCOUNT_EXISTS
 *  5. both have one currency                                                       CURRENCY_MISMATCH
 *  6. neither is closed, the giver is not frozen                   ACCOUNT_CLOSED, ACCOUNT_FROZEN
 *  7. the giver has enough available                                               INSUFFICIENT_FUNDS
 *  8. no balance gets more than 18 digits                                          LIMIT_EXCEEDED
 *
 * @throws BankError the refusal; nothing is booked
 */
export function decide(view: LedgerView, request: Request, at: Moment): Decision {
  return request.kind === 'open' ? decideOpen(view, request, at) : decideMove(view, request, at);
}

/** Calls `each` with the accounts that a request is decided on; more may show once these are known. */
export function eachAccountOf(
  view: LedgerView,
  request: Request,
  each: (id: AccountId) => void,
): void {
  if (request.kind === 'open') {
    if (request.id !== undefined) each(request.id);
    each(worldId(request.currency ?? view.defaultCurrency));
    return;
  }
  const { from, to } = request;
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
  const replay = replayOf(view, request, digits);
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
  return new DecisionRecord(
    new EntryRecord(at, currency, 0n, debit, credit, request, limit),
    false,
  );
}

function decideMove(view: LedgerView, request: MoveRequest, at: Moment): Decision {
  const named = request.from ?? request.to;
  const first = named === undefined ? undefined : view.account(named);
  const digits = first === undefined ? undefined : view.digitsOf(first.currency);
  const asked =
    first === undefined || digits === undefined
      ? undefined
      : scaleAmount(request.amount, first.currency, digits);
  const replay = replayOf(view, request, digits);
  if (replay) return replay;
  if (first === undefined) throw notFound(named);
  const from = request.from === undefined ? existing(view, worldId(first.currency)) : first;
  const other = request.to ?? worldId(first.currency);
  const to = request.from === undefined ? first : existing(view, other);
  if (from.currency !== to.currency) {
    throw new BankError(
      'CURRENCY_MISMATCH',
      `${from.id} is in ${from.currency}, ${to.id} in ${to.currency}.`,
      { details: { from: from.id, to: to.id } },
    );
  }
  refuseClosed(from);
  refuseClosed(to);
  refuseFrozen(from);
  assert(asked !== undefined && digits !== undefined, `${from.currency} has no digits`);
  const amount = asked;
  const available = availableOf(from);
  if (available !== undefined && amount > available) {
    const text = (minor: bigint) => `${formatMinor(minor, digits)} ${from.currency}`;
    throw new BankError(
      'INSUFFICIENT_FUNDS',
      `${from.id} has ${text(available)} available; ${text(amount)} was asked.`,
      {
        details: {
          id: from.id,
          available: formatMinor(available, digits),
          asked: textOf(request.amount),
        },
      },
    );
  }
  const debit = leg(from, -amount, digits);
  const credit = leg(to, amount, digits);
  return new DecisionRecord(
    new EntryRecord(at, from.currency, amount, debit, credit, request, 0n),
    false,
  );
}

const EntryRecord = record(function (
  this: Writable<Entry>,
  { transfer, bookedAt }: Moment,
  currency: string,
  amount: bigint,
  debit: Leg | undefined,
  credit: Leg,
  request: Request,
  limit: bigint,
) {
  this.type = request.kind;
  this.transfer = transfer;
  this.bookedAt = bookedAt;
  this.currency = currency;
  this.amount = amount;
  this.debit = debit;
  this.credit = credit;
  this.firstName = request.kind === 'open' ? request.firstName : '';
  this.lastName = request.kind === 'open' ? request.lastName : '';
  this.limit = limit;
  this.memo = request.memo;
  this.reference = request.reference;
  this.valueDate = request.valueDate;
  this.key = request.key;
});

const LegRecord = record(function (
  this: Writable<Leg>,
  account: AccountId,
  seq: number,
  balance: bigint,
) {
  this.account = account;
  this.seq = seq;
  this.balance = balance;
});

const DecisionRecord = record(function (this: Writable<Decision>, entry: Entry, replayed: boolean) {
  this.entry = entry;
  this.replayed = replayed;
});

function existing(view: LedgerView, id: AccountId): Account {
  const account = view.account(id);
  if (account) return account;
  throw notFound(id);
}

function notFound(id: AccountId | undefined): BankError {
  return new BankError('ACCOUNT_NOT_FOUND', `There is no account ${id}.`, { details: { id } });
}

function refuseClosed({ id, status }: Account): void {
  if (status !== 'closed') return;
  throw new BankError('ACCOUNT_CLOSED', `${id} is closed.`, { details: { id } });
}

/** A frozen account gives nothing; it may still receive. */
function refuseFrozen({ id, status }: Account): void {
  if (status !== 'frozen') return;
  throw new BankError('ACCOUNT_FROZEN', `${id} is frozen.`, { details: { id } });
}

function leg(account: Account, change: bigint, digits: number): Leg {
  const balance = account.balance + change;
  if (balance > AMOUNT_MAX || balance < -AMOUNT_MAX) {
    const text = (minor: bigint) => `${formatMinor(minor, digits)} ${account.currency}`;
    throw new BankError(
      'LIMIT_EXCEEDED',
      `${account.id} has ${text(account.balance)}; changed by ${text(change)} it would have more than 18 digits.`,
      {
        details: { id: account.id },
        hint: 'Move less; what a balance can hold is bounded.',
      },
    );
  }
  return new LegRecord(account.id, account.seq + 1, balance);
}

/** The entry booked earlier with the request's key, if it is the same request. */
function replayOf(
  view: LedgerView,
  request: Request,
  digits: number | undefined,
): Decision | undefined {
  if (request.key === '') return undefined;
  const entry = view.entryOfKey(request.key);
  if (entry === undefined) return undefined;
  const same =
    request.kind === 'open' ? sameOpen(view, entry, request) : sameMove(entry, request, digits);
  if (same && sameAnnotations(entry, request)) return new DecisionRecord(entry, true);
  throw new BankError(
    'IDEMPOTENCY_MISMATCH',
    `The key "${request.key}" was used for another request: ${entry.type} ${entry.transfer}, booked ${entry.bookedAt}.`,
    { details: { key: request.key, transfer: entry.transfer } },
  );
}

function sameOpen(view: LedgerView, entry: Entry, request: OpenRequest): boolean {
  const digits = view.digitsOf(entry.currency);
  return (
    entry.type === 'open' &&
    sameId(entry.credit?.account, request.id) &&
    request.firstName === entry.firstName &&
    request.lastName === entry.lastName &&
    (request.currency ?? view.defaultCurrency) === entry.currency &&
    digits !== undefined &&
    scaleAmount(request.overdraftLimit, entry.currency, digits) === entry.limit
  );
}

/** A request without an id got one of the bank's; nobody can choose one of these. */
function sameId(booked: AccountId | undefined, asked: AccountId | undefined): boolean {
  if (asked !== undefined) return booked === asked;
  return booked !== undefined && givenAccountNumber(booked) !== undefined;
}

function sameMove(entry: Entry, request: MoveRequest, digits: number | undefined): boolean {
  return (
    entry.type === request.kind &&
    (request.from ?? worldId(entry.currency)) === entry.debit?.account &&
    (request.to ?? worldId(entry.currency)) === entry.credit?.account &&
    digits !== undefined &&
    scaleAmount(request.amount, entry.currency, digits) === entry.amount
  );
}

function sameAnnotations(entry: Entry, request: Request): boolean {
  return (
    entry.memo === request.memo &&
    entry.reference === request.reference &&
    entry.valueDate === request.valueDate
  );
}
