/** What all decisions share: how an entry is made, and why it is refused. */
import { type Account, availableOf, NO_TERMS, spentOn } from './account.js';
import type { AccountId } from './account-id.js';
import type { Entry, EntryDetails, EntryType, Leg } from './entry.js';
import { assert, BankError } from './errors.js';
import { AMOUNT_MAX, formatMinor } from './money.js';
import { record, type Writable } from './record.js';
import type { Annotated } from './request.js';

/** The state that a decision is made on: everything up to the entry before. */
export interface LedgerView {
  readonly defaultCurrency: string;
  /** Minor-unit digits; `undefined` for a code that is no currency. */
  digitsOf(currency: string): number | undefined;
  account(id: AccountId): Account | undefined;
  /** The entry that was booked with this idempotency key. */
  entryOfKey(key: string): Entry | undefined;
  /** The entry with this number. */
  entryNumbered(transfer: number): Entry | undefined;
  /** The entry that takes the one with this number back. */
  reversalOf(transfer: number): Entry | undefined;
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

/** What an entry says of an account that is opened or changed; most say nothing. */
export type Named = Pick<Entry, 'firstName' | 'lastName' | 'limit'>;

export const NOTHING_NAMED: Named = Object.freeze({ firstName: '', lastName: '', limit: 0n });

export const EntryRecord = record(function (
  this: Writable<Entry>,
  { transfer, bookedAt }: Moment,
  currency: string,
  amount: bigint,
  debit: Leg | undefined,
  credit: Leg,
  { memo, reference, valueDate, key }: Annotated,
  type: EntryType,
  { firstName, lastName, limit }: Named,
  details: EntryDetails | undefined,
) {
  this.type = type;
  this.transfer = transfer;
  this.bookedAt = bookedAt;
  this.currency = currency;
  this.amount = amount;
  this.debit = debit;
  this.credit = credit;
  this.firstName = firstName;
  this.lastName = lastName;
  this.limit = limit;
  this.memo = memo;
  this.reference = reference;
  this.valueDate = valueDate;
  this.key = key;
  this.details = details;
});

export const LegRecord = record(function (
  this: Writable<Leg>,
  account: AccountId,
  seq: number,
  balance: bigint,
) {
  this.account = account;
  this.seq = seq;
  this.balance = balance;
});

export const DecisionRecord = record(function (
  this: Writable<Decision>,
  entry: Entry,
  replayed: boolean,
) {
  this.entry = entry;
  this.replayed = replayed;
});

export function existing(view: LedgerView, id: AccountId): Account {
  const account = view.account(id);
  if (account) return account;
  throw notFound(id);
}

export function notFound(id: AccountId | undefined): BankError {
  return new BankError('ACCOUNT_NOT_FOUND', `There is no account ${id}.`, { details: { id } });
}

/** Whatever has an id and these of an account. */
type Seen<Field extends keyof Account> = Pick<Account, Field> & { readonly id: string };

export function refuseTwoCurrencies(from: Seen<'currency'>, to: Seen<'currency'>): void {
  if (from.currency === to.currency) return;
  throw new BankError(
    'CURRENCY_MISMATCH',
    `${from.id} is in ${from.currency}, ${to.id} in ${to.currency}.`,
    { details: { from: from.id, to: to.id } },
  );
}

export function refuseClosed({ id, status }: Seen<'status'>): void {
  if (status !== 'closed') return;
  throw new BankError('ACCOUNT_CLOSED', `${id} is closed.`, { details: { id } });
}

/** A frozen account gives nothing. */
export function refuseGiving({ id, status }: Account): void {
  if (status !== 'frozen') return;
  throw new BankError('ACCOUNT_FROZEN', `${id} is frozen.`, { details: { id } });
}

/** One that is frozen for all receives nothing either. */
export function refuseReceiving({ id, status, terms }: Account): void {
  if (status !== 'frozen' || terms.frozen !== 'all') return;
  throw new BankError('ACCOUNT_FROZEN', `${id} is frozen, and receives nothing either.`, {
    details: { id },
  });
}

/** What the limits of an account let leave it; `undefined`: any amount. */
export function allowedOf({ terms }: Account, { bookedAt }: Moment): bigint | undefined {
  if (terms === NO_TERMS) return undefined;
  const { transferLimit, dayLimit } = terms;
  const left =
    dayLimit === undefined ? undefined : dayLimit - spentOn(terms, bookedAt.slice(0, 10));
  if (left === undefined || transferLimit === undefined) return left ?? transferLimit;
  return left < transferLimit ? left : transferLimit;
}

/** What may leave an account at once, and in a day. */
export function refuseBeyondLimits(
  { id, currency, terms }: Account,
  amount: bigint,
  digits: number,
  { bookedAt }: Moment,
): void {
  if (terms === NO_TERMS) return;
  const { transferLimit, dayLimit } = terms;
  const text = (minor: bigint) => `${formatMinor(minor, digits)} ${currency}`;
  if (transferLimit !== undefined && amount > transferLimit) {
    throw new BankError(
      'LIMIT_EXCEEDED',
      `${id} may give at most ${text(transferLimit)} at once; ${text(amount)} was asked.`,
      {
        details: { id, limit: formatMinor(transferLimit, digits) },
        hint: 'Ask for less, or raise the limit.',
      },
    );
  }
  if (dayLimit === undefined) return;
  const left = dayLimit - spentOn(terms, bookedAt.slice(0, 10));
  if (amount <= left) return;
  throw new BankError(
    'LIMIT_EXCEEDED',
    `${id} may give at most ${text(dayLimit)} a day, of which ${text(left > 0n ? left : 0n)} are left today; ${text(amount)} was asked.`,
    {
      details: { id, limit: formatMinor(dayLimit, digits) },
      hint: 'Ask for less, wait for tomorrow (UTC), or raise the limit.',
    },
  );
}

/** @throws BankError INSUFFICIENT_FUNDS */
export function refuseMissing(from: Account, amount: bigint, digits: number): void {
  const available = availableOf(from);
  if (available === undefined || amount <= available) return;
  const text = (minor: bigint) => `${formatMinor(minor, digits)} ${from.currency}`;
  throw new BankError(
    'INSUFFICIENT_FUNDS',
    `${from.id} has ${text(available)} available; ${text(amount)} was asked.`,
    {
      details: {
        id: from.id,
        available: formatMinor(available, digits),
        asked: formatMinor(amount, digits),
      },
    },
  );
}

export function leg(account: Account, change: bigint, digits: number): Leg {
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

/** The decision that money moves from one account to another. @throws BankError LIMIT_EXCEEDED */
export function moved(
  at: Moment,
  [from, to]: readonly [Account, Account],
  [amount, digits]: readonly [bigint, number],
  request: Annotated,
  type: EntryType,
  details: EntryDetails | undefined,
): Decision {
  const debit = leg(from, -amount, digits);
  const credit = leg(to, amount, digits);
  const { currency } = from;
  return new DecisionRecord(
    new EntryRecord(at, currency, amount, debit, credit, request, type, NOTHING_NAMED, details),
    false,
  );
}

/** The entry of an account that changes alone. */
export function changeEntry(
  at: Moment,
  account: Account,
  digits: number,
  request: Annotated,
  type: EntryType,
  details: EntryDetails | undefined,
  named = NOTHING_NAMED,
): Entry {
  const credit = leg(account, 0n, digits);
  const { currency } = account;
  return new EntryRecord(at, currency, 0n, undefined, credit, request, type, named, details);
}

/** The details of a request that says no more than its metadata. */
export function detailsOf({ meta }: Annotated): EntryDetails | undefined {
  return meta === '' ? undefined : { meta };
}

/** The same, with what a request with a key asked for. */
export function detailsAsked(said: Annotated, asked: string): EntryDetails | undefined {
  const details = detailsOf(said);
  return asked === '' || said.key === '' ? details : { ...details, asked };
}

/** The digits of an account's currency: a bank opens no account without. */
export function digitsOfAccount(view: LedgerView, { currency }: Account): number {
  const digits = view.digitsOf(currency);
  assert(digits !== undefined, `${currency} has no digits`);
  return digits;
}
