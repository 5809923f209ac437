import { type Account, afterEntry } from '#lib/ledger/account.js';
import { givenAccountNumber } from '#lib/ledger/account-id.js';
import type { Decision, LedgerView } from '#lib/ledger/booking.js';
import { currencyDigits } from '#lib/ledger/currencies.js';
import { decide } from '#lib/ledger/decide.js';
import { expiryBefore } from '#lib/ledger/decide-hold.js';
import type { Entry } from '#lib/ledger/entry.js';
import type { Request } from '#lib/ledger/request.js';

/** A bank in memory: what the store does with decisions, without a disk. */
export class Book implements LedgerView {
  readonly accounts = new Map<string, Account>();
  readonly entries: Entry[] = [];
  nextAccountNumber = 1001;
  #waitedMs = 0;
  readonly defaultCurrency: string;

  constructor(defaultCurrency = 'USD') {
    this.defaultCurrency = defaultCurrency;
  }

  digitsOf(currency: string): number | undefined {
    return currencyDigits().get(currency);
  }

  account(id: string): Account | undefined {
    return this.accounts.get(id);
  }

  entryOfKey(key: string): Entry | undefined {
    return this.entries.find((entry) => entry.key === key);
  }

  entryNumbered(transfer: number): Entry | undefined {
    return this.entries[transfer - 1];
  }

  reversalOf(transfer: number): Entry | undefined {
    return this.entries.find(({ details }) => details?.reverses === transfer);
  }

  /** Lets time go by. */
  wait(seconds: number): void {
    this.#waitedMs += seconds * 1000;
  }

  /** The moment of the next entry. */
  get now(): string {
    return this.#at().bookedAt;
  }

  #at() {
    const transfer = this.entries.length + 1;
    const time = Date.UTC(2026, 10, 20, 9) + this.#waitedMs + transfer;
    return { transfer, bookedAt: new Date(time).toISOString() };
  }

  /** Decides `request` and books what was decided, behind the holds that are over by then. */
  do(request: Request): Decision {
    for (;;) {
      const over = expiryBefore(this, request, this.#at());
      if (over === undefined) break;
      this.#apply(over);
    }
    const decision = decide(this, request, this.#at());
    if (!decision.replayed) this.#apply(decision.entry);
    return decision;
  }

  /** Puts an account into a state that no request leads to yet. */
  change(id: string, change: Partial<Account>): void {
    this.accounts.set(id, { ...this.get(id), ...change });
  }

  get(id: string): Account {
    const account = this.accounts.get(id);
    if (account === undefined) throw new Error(`the book has no ${id}`);
    return account;
  }

  #apply(entry: Entry): void {
    this.entries.push(entry);
    for (const leg of [entry.debit, entry.credit]) {
      if (leg === undefined) continue;
      this.accounts.set(leg.account, afterEntry(this.account(leg.account), entry, leg.account));
    }
    const given = givenAccountNumber(entry.type === 'open' ? (entry.credit?.account ?? '') : '');
    if (given !== undefined) this.nextAccountNumber = given + 1;
  }
}
