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
  transfer: number,
  bookedAt: string,
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
  id: AccountId,
  seq: number,
  before: Money,
  after: Money,
) {
  this.id = id;
  this.seq = seq;
  this.before = before;
  this.after = after;
});

/** What of an entry its receipt tells. */
type Moved = Pick<Entry, 'transfer' | 'bookedAt' | 'currency' | 'amount' | 'debit' | 'credit'>;

/**
 * The receipt of an entry that moved money. `digits` are its currency's. Not frozen at run time: to freeze its
 * eight objects takes as long as it takes to decide the request.
 */
export function toReceipt(entry: Moved, digits: number, replayed: boolean): Receipt {
  assertMoved(entry);
  const { transfer, bookedAt, currency, amount, debit, credit } = entry;
  const from = toSide(debit, debit.balance + amount, currency, digits);
  const to = toSide(credit, credit.balance - amount, currency, digits);
  return new ReceiptRecord(
    transfer,
    bookedAt,
    toMoney(amount, currency, digits),
    from,
    to,
    replayed,
  );
}

function toSide(leg: Leg, before: bigint, currency: string, digits: number): ReceiptSide {
  const { account, seq, balance } = leg;
  return new SideRecord(
    account,
    seq,
    toMoney(before, currency, digits),
    toMoney(balance, currency, digits),
  );
}

function assertMoved(
  entry: Moved,
): asserts entry is Moved & { readonly debit: Leg; readonly credit: Leg } {
  const { transfer, debit, credit } = entry;
  assert(debit !== undefined && credit !== undefined, `entry ${transfer} has one side`);
}

/**
 * `{ receipt }`, made anew each time it is looked at: of a large batch thousands of answers are alive at once, and
 * what is alive is copied by each collection of young objects, while everybody waits. What the receipt is made of
 * is one object; itself it is eight, with five texts and two balances more. It is an own property, so that
 * `{ ...result }`, `Object.entries` and a clone have it too; through a proxy it can't be looked at.
 */
export class WithReceipt {
  declare readonly receipt: Receipt;
  readonly #transfer: number;
  readonly #bookedAt: string;
  readonly #currency: string;
  readonly #digits: number;
  readonly #amount: bigint;
  readonly #from: AccountId;
  readonly #fromSeq: number;
  readonly #fromAfter: bigint;
  readonly #to: AccountId;
  readonly #toSeq: number;
  readonly #toAfter: bigint;
  readonly #replayed: boolean;

  constructor(entry: Moved, digits: number, replayed: boolean) {
    assertMoved(entry);
    const { debit, credit } = entry;
    this.#transfer = entry.transfer;
    this.#bookedAt = entry.bookedAt;
    this.#currency = entry.currency;
    this.#digits = digits;
    this.#amount = entry.amount;
    this.#from = debit.account;
    this.#fromSeq = debit.seq;
    this.#fromAfter = debit.balance;
    this.#to = credit.account;
    this.#toSeq = credit.seq;
    this.#toAfter = credit.balance;
    this.#replayed = replayed;
    Object.defineProperty(this, 'receipt', WithReceipt.#MADE_WHEN_LOOKED_AT);
  }

  static readonly #MADE_WHEN_LOOKED_AT = {
    enumerable: true,
    get(this: WithReceipt): Receipt {
      const entry = {
        transfer: this.#transfer,
        bookedAt: this.#bookedAt,
        currency: this.#currency,
        amount: this.#amount,
        debit: { account: this.#from, seq: this.#fromSeq, balance: this.#fromAfter },
        credit: { account: this.#to, seq: this.#toSeq, balance: this.#toAfter },
      };
      return toReceipt(entry, this.#digits, this.#replayed);
    },
  };

  /** Printed as what it stands for. */
  [Symbol.for('nodejs.util.inspect.custom')](): { readonly receipt: Receipt } {
    return { ...this };
  }
}
