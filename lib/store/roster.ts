/**
 * All accounts of the bank at one exact moment, for lists, search and totals. Read from the passbooks
 * once, then kept up to date from the journal. It never decides about money.
 */

import { pageFile } from '../format/account-path.js';
import type { Position } from '../format/position.js';
import type { Account } from '../ledger/account.js';
import { afterEntry } from '../ledger/account.js';
import { type AccountId, FIRST_ACCOUNT_NUMBER, givenAccountId } from '../ledger/account-id.js';
import type { Entry } from '../ledger/entry.js';
import { assert, refuseCancelled } from '../ledger/errors.js';
import { Breath } from './breath.js';
import { readCheckpoint } from './checkpoint.js';
import { damaged } from './damage.js';
import type { BankFiles } from './store.js';
import type { Problem } from './verify.js';
import { openFile, type Report } from './verify-passbook.js';

export class Roster {
  readonly #files: Pick<BankFiles, 'disk' | 'system' | 'directory' | 'passbooks' | 'log'>;
  #accounts: Map<AccountId, Account> | undefined;
  #position: Position | undefined;

  constructor(files: Pick<BankFiles, 'disk' | 'system' | 'directory' | 'passbooks' | 'log'>) {
    this.#files = files;
  }

  /** Number of the last entry that the roster includes. */
  get transfer(): number {
    return this.#position?.transfer ?? 0;
  }

  /**
   * Every account as it stood at one moment not before the call. `head` gives the newest position
   * that counts. A page may be further than the checkpoint; none is further than `head` asked later.
   */
  async read(head: () => Promise<Position>): Promise<ReadonlyMap<AccountId, Account>> {
    const { disk, directory, log } = this.#files;
    const checkpoint = this.#position ? undefined : await readCheckpoint(disk, directory);
    const from = this.#position ?? checkpoint?.position;
    assert(from !== undefined, 'the roster stands nowhere');
    const accounts = this.#accounts ?? (await this.#readPages());
    this.#accounts = undefined; // Kept only if it gets there whole.
    this.#position = undefined;
    const to = await head();
    const breath = new Breath(this.#files.system);
    for await (const batch of log.read(from, to)) {
      for (const entry of batch.entries) follow(accounts, entry);
      await breath.take();
    }
    if (checkpoint) expectAll(accounts, checkpoint.nextAccount);
    this.#accounts = accounts;
    this.#position = to;
    return accounts;
  }

  async #readPages(): Promise<Map<AccountId, Account>> {
    const accounts = new Map<AccountId, Account>();
    const breath = new Breath(this.#files.system);
    for await (const id of this.#files.passbooks.ids()) {
      await breath.take();
      const page = await this.#files.passbooks.summary(id);
      if (page) accounts.set(page.account.id, page.account);
    }
    return accounts;
  }
}

/**
 * No passbook is missing, as far as that shows without the journal: every number that was given out has
 * its own, and at one moment all balances of a currency add up to zero.
 */
function expectAll(accounts: ReadonlyMap<AccountId, Account>, nextAccount: number): void {
  for (let number = FIRST_ACCOUNT_NUMBER; number < nextAccount; number++) {
    const id = givenAccountId(number);
    if (!accounts.has(id)) throw damaged(openFile(id), 'the passbook is missing');
  }
  for (const [currency, sum] of sumsOf(accounts)) {
    if (sum !== 0n) throw damaged('accounts', sumProblem(currency, sum));
  }
}

/** Sum of all balances by currency: zero, each. */
export function sumsOf(accounts: ReadonlyMap<AccountId, Account>): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { currency, balance } of accounts.values())
    sums.set(currency, (sums.get(currency) ?? 0n) + balance);
  return sums;
}

export function sumProblem(currency: string, sum: bigint): string {
  return `${currency} adds up to ${sum} minor units, not 0`;
}

type Reading = Pick<BankFiles, 'system' | 'passbooks'>;

/** The accounts by their open pages, and what is wrong with those that tell nothing. */
export async function readOpenPages(
  { system, passbooks }: Reading,
  report: Report,
  signal?: AbortSignal,
) {
  const accounts = new Map<AccountId, Account>();
  const problems: Problem[] = [];
  const breath = new Breath(system);
  try {
    for await (const id of passbooks.ids()) {
      refuseCancelled(signal);
      await breath.take();
      try {
        const page = await passbooks.read(id);
        if (page) accounts.set(page.account.id, page.account);
      } catch (error) {
        problems.push(report(error, openFile(id)));
      }
    }
  } catch (error) {
    problems.push(report(error, 'accounts'));
  }
  return { accounts, problems };
}

/** Brings the accounts behind `entry`; those that are there already stay. */
export function follow(accounts: Map<AccountId, Account>, entry: Entry): void {
  for (const leg of [entry.debit, entry.credit]) {
    if (!leg) continue;
    const known = accounts.get(leg.account);
    const seq = known?.seq ?? 0;
    if (leg.seq <= seq) continue;
    if (leg.seq !== seq + 1) {
      const file = pageFile(leg.account);
      throw damaged(file, `it ends at row ${seq}, and the journal goes on with row ${leg.seq}`);
    }
    accounts.set(leg.account, afterEntry(known, entry, leg.account));
  }
}
