import { type Account, afterEntry } from '#lib/ledger/account.js';
import { givenAccountNumber } from '#lib/ledger/account-id.js';
import { CURRENCY_DIGITS } from '#lib/ledger/currencies.js';
import { type Decision, decide, type LedgerView } from '#lib/ledger/decide.js';
import type { Entry } from '#lib/ledger/entry.js';
import type { Request } from '#lib/ledger/request.js';

/** A bank in memory: what the store does with decisions, without a disk. */
export class Book implements LedgerView {
  readonly accounts = new Map<string, Account>();
  readonly entries: Entry[] = [];
  nextAccountNumber = 1001;
  readonly defaultCurrency: string;

  constructor(defaultCurrency = 'USD') {
    this.defaultCurrency = defaultCurrency;
  }

  digitsOf(currency: string): number | undefined {
    return CURRENCY_DIGITS.get(currency);
  }

  account(id: string): Account | undefined {
    return this.accounts.get(id);
  }

  entryOfKey(key: string): Entry | undefined {
    return this.entries.find((entry) => entry.key === key);
  }

  /** Decides `request` and books what was decided. */
  do(request: Request): Decision {
    const transfer = this.entries.length + 1;
    const bookedAt = new Date(Date.UTC(2026, 10, 20, 9) + transfer).toISOString();
    const decision = decide(this, request, { transfer, bookedAt });
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
