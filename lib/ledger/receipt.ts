import type { AccountId } from './account-id.js';
import type { Entry, Leg } from './entry.js';
import { assert } from './errors.js';
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
