import type { AccountId } from './account-id.js';
import type { Entry, EntryType, Leg } from './entry.js';
import { assert } from './errors.js';
import type { HoldId } from './hold.js';
import { type Money, toMoney } from './money.js';
import { record, type Writable } from './record.js';

/** One side of a receipt: the account, its entry's number, and its balance before and after. */
export interface ReceiptSide {
  readonly id: AccountId;
  readonly seq: number;
  readonly before: Money;
  readonly after: Money;
}

/** What every movement of money is answered with: a plain object, made for who asked. */
export interface Receipt {
  /** Bank-wide number of the entry. */
  readonly transfer: number;
  readonly bookedAt: string;
  readonly amount: Money;
  readonly from: ReceiptSide;
  readonly to: ReceiptSide;
  /** The request had been booked before with the same key; nothing moved this time. */
  readonly replayed: boolean;
}

/** What a change of an account is answered with. */
export interface ChangeReceipt {
  /** Bank-wide number of the entry. */
  readonly transfer: number;
  readonly bookedAt: string;
  readonly type: EntryType;
  readonly account: {
    readonly id: AccountId;
    readonly seq: number;
    /** Ledger balance behind the entry. */
    readonly ledger: Money;
  };
  /** What the entry moved: the rest that a closed account left. */
  readonly amount: Money;
  readonly replayed: boolean;
}

/** What placing or ending a hold is answered with. */
export interface HoldReceipt extends ChangeReceipt {
  /** Its id: `a10017.42`. */
  readonly hold: HoldId;
  /** What was set aside, or given back. */
  readonly amount: Money;
  /** When it ends; `undefined`: when it is used or released. */
  readonly expiresAt: string | undefined;
}

export function toChangeReceipt(entry: Entry, digits: number, replayed: boolean): ChangeReceipt {
  const { transfer, bookedAt, type, currency, amount } = entry;
  const changed = entry.debit ?? entry.credit;
  assert(changed !== undefined, `entry ${transfer} changes no account`);
  const { account: id, seq, balance } = changed;
  return {
    transfer,
    bookedAt,
    type,
    account: { id, seq, ledger: toMoney(balance, currency, digits) },
    amount: toMoney(amount, currency, digits),
    replayed,
  };
}

export function toHoldReceipt(entry: Entry, digits: number, replayed: boolean): HoldReceipt {
  const hold = entry.details?.hold;
  assert(hold !== undefined, `entry ${entry.transfer} has no hold`);
  const { left, released = left } = hold;
  return {
    ...toChangeReceipt(entry, digits, replayed),
    hold: hold.id,
    amount: toMoney(released, entry.currency, digits),
    expiresAt: hold.expires || undefined,
  };
}

const ReceiptRecord = record(function (
  this: Writable<Receipt>,
  { transfer, bookedAt }: Entry,
  amount: Money,
  from: ReceiptSide,
  to: ReceiptSide,
  replayed: boolean,
) {
  this.transfer = transfer;
  this.bookedAt = bookedAt;
  this.amount = amount;
  this.from = from;
  this.to = to;
  this.replayed = replayed;
});

const SideRecord = record(function (
  this: Writable<ReceiptSide>,
  { account, seq }: Leg,
  before: Money,
  after: Money,
) {
  this.id = account;
  this.seq = seq;
  this.before = before;
  this.after = after;
});

/**
 * The receipt of an entry that moved money. `digits` are its currency's. Not frozen at run time: to freeze its
 * eight objects takes as long as it takes to decide the request.
 */
export function toReceipt(entry: Entry, digits: number, replayed: boolean): Receipt {
  const { transfer, currency, amount, debit, credit } = entry;
  assert(debit !== undefined && credit !== undefined, `entry ${transfer} has one side`);
  return new ReceiptRecord(
    entry,
    toMoney(amount, currency, digits),
    side(debit, debit.balance + amount, currency, digits),
    side(credit, credit.balance - amount, currency, digits),
    replayed,
  );
}

function side(leg: Leg, before: bigint, currency: string, digits: number): ReceiptSide {
  return new SideRecord(
    leg,
    toMoney(before, currency, digits),
    toMoney(leg.balance, currency, digits),
  );
}
