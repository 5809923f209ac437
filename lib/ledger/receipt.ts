import type { AccountId } from './account-id.js';
import type { Entry, Leg } from './entry.js';
import { assert } from './errors.js';
import { type Money, toMoney } from './money.js';

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

/**
 * The receipt of an entry that moved money. `digits` are its currency's. Not frozen at run time: to freeze its
 * eight objects takes as long as it takes to decide the request.
 */
export function toReceipt(entry: Entry, digits: number, replayed: boolean): Receipt {
  const { transfer, bookedAt, currency, amount, debit, credit } = entry;
  assert(debit !== undefined && credit !== undefined, `entry ${transfer} has one side`);
  return {
    transfer,
    bookedAt,
    amount: toMoney(amount, currency, digits),
    from: side(debit, debit.balance + amount, currency, digits),
    to: side(credit, credit.balance - amount, currency, digits),
    replayed,
  };
}

function side(leg: Leg, before: bigint, currency: string, digits: number): ReceiptSide {
  return {
    id: leg.account,
    seq: leg.seq,
    before: toMoney(before, currency, digits),
    after: toMoney(leg.balance, currency, digits),
  };
}
