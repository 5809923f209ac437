/**
 * The bank as the entries of its journal tell it: whose balance was what at each number, worked out from
 * the amounts alone. Nothing of the library is used here.
 */
import { type Row, toCents } from '../crash/raw-bank.js';

/** One entry that moved money, or opened `to`. Amounts and balances are in cents. */
export interface Entry {
  readonly number: number;
  readonly key: string;
  readonly currency: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

/** What an entry made of one of its accounts. */
export interface Leg {
  readonly number: number;
  readonly before: bigint;
  readonly after: bigint;
}

function need(holds: boolean, text: string): asserts holds {
  if (!holds) throw new Error(`model: ${text}`);
}

export class Model {
  readonly entries: readonly Entry[];
  readonly #currencies = new Map<string, string>();
  /** By account: row 1 of its passbook first. */
  readonly #legs = new Map<string, Leg[]>();

  /** @throws Error where a balance or the number of a row does not follow from the entries before it. */
  constructor(rows: readonly Row[]) {
    this.entries = rows.map((row, index) => {
      const { transfer, key = '', currency = '', amount = '', debit = '', credit = '' } = row;
      const number = index + 1;
      need(transfer === `${number}`, `entry ${transfer} where ${number} was due`);
      const cents = toCents(amount);
      this.#book(number, currency, debit, -cents, row.debit_seq, row.debit_balance);
      this.#book(number, currency, credit, cents, row.credit_seq, row.credit_balance);
      return { number, key, currency, from: debit, to: credit, amount: cents };
    });
  }

  #book(number: number, currency: string, id: string, change: bigint, seq = '', balance = '') {
    if (id === '') return;
    const legs = this.#legs.get(id) ?? [];
    this.#legs.set(id, legs);
    const before = legs.at(-1)?.after ?? 0n;
    const after = before + change;
    legs.push({ number, before, after });
    if (legs.length === 1) this.#currencies.set(id, currency);
    need(this.currencyOf(id) === currency, `entry ${number}: ${id} has no ${currency}`);
    need(seq === `${legs.length}`, `entry ${number}: row ${seq} of ${id}, not ${legs.length}`);
    const told = toCents(balance);
    need(told === after, `entry ${number}: ${id} has ${told} cents, by all amounts ${after}`);
  }

  get ids(): readonly string[] {
    return [...this.#legs.keys()];
  }

  currencyOf(id: string): string {
    return this.#currencies.get(id) ?? '';
  }

  /** What row `seq` of an account tells. */
  leg(id: string, seq: number): Leg | undefined {
    return this.#legs.get(id)?.[seq - 1];
  }

  /** How many rows an account has when `number` is the last entry. */
  rowsAt(id: string, number: number): number {
    const legs = this.#legs.get(id) ?? [];
    let [low, high] = [0, legs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((legs[middle]?.number ?? 0) <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** In cents; `undefined` before it was opened. */
  balanceAt(id: string, number: number): bigint | undefined {
    return this.leg(id, this.rowsAt(id, number))?.after;
  }
}
