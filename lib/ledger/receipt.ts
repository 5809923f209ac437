import type { AccountId } from './account-id.js';
import type { Entry, Leg } from './entry.js';
import { type Money, toMoney } from './money.js';

/** One side of a receipt: the account, its entry's number, and its balance before and after. */
export interface ReceiptSide {
  readonly id: AccountId;
  readonly seq: number;
  readonly before: Money;
  readonly after: Money;
}

/** What every movement of money is answered with. Frozen. */
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

/** The receipt of an entry that moved money. `digits` are its currency's. */
export function toReceipt(entry: Entry, digits: number, replayed: boolean): Receipt {
  const money = (minor: bigint) => toMoney(minor, entry.currency, digits);
  const side = (leg: Leg | undefined, change: bigint): ReceiptSide => {
    if (leg === undefined) throw new Error(`drovebank bug: entry ${entry.transfer} has one side`);
    const before = money(leg.balance - change);
    return Object.freeze({ id: leg.account, seq: leg.seq, before, after: money(leg.balance) });
  };
  return Object.freeze({
    transfer: entry.transfer,
    bookedAt: entry.bookedAt,
    amount: money(entry.amount),
    from: side(entry.debit, -entry.amount),
    to: side(entry.credit, entry.amount),
    replayed,
  });
}
