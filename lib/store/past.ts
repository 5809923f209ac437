/**
 * Accounts as they stood at a past moment, or behind an entry. Of each the one row is looked for that was its last
 * one then, by halving its pages, however long its history is.
 */
import { pageFile } from '../format/account-path.js';
import type { Page, PassbookRow } from '../format/passbook-page.js';
import { rowOf } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import { afterEntry } from '../ledger/account.js';
import type { AccountId } from '../ledger/account-id.js';
import type { Entry } from '../ledger/entry.js';
import { readCheckpoint } from './checkpoint.js';
import { damaged } from './damage.js';
import { sealedBefore } from './history.js';
import type { BankFiles } from './store.js';

type Files = Pick<BankFiles, 'disk' | 'directory' | 'passbooks' | 'log'>;

/** A moment, as rows have it, or the number of an entry: what was booked by then counts, itself included. */
export type Past = { readonly bookedAt: string } | { readonly transfer: number };

function isLater(one: Pick<Entry, 'transfer' | 'bookedAt'>, past: Past): boolean {
  return 'transfer' in past ? one.transfer > past.transfer : one.bookedAt > past.bookedAt;
}

export class PastBooks {
  readonly #files: Files;
  readonly #past: Past;
  /** Entries behind the checkpoint, up to then, by account. */
  readonly #unposted = new Map<AccountId, Entry[]>();
  /** Number of the last of these. */
  #last = 0;
  /** Whatever comes behind this entry was booked since: a page may show it. */
  #reach = Number.POSITIVE_INFINITY;

  private constructor(files: Files, past: Past) {
    this.#files = files;
    this.#past = past;
  }

  /** `head` gives the newest position that counts, asked behind the checkpoint. */
  static async at(files: Files, past: Past, head: () => Promise<Position>): Promise<PastBooks> {
    const books = new PastBooks(files, past);
    const { position, bookedAt } = await readCheckpoint(files.disk, files.directory);
    if (isLater({ transfer: position.transfer + 1, bookedAt }, past)) return books;
    const end = await head();
    books.#reach = end.transfer;
    for await (const { entries } of files.log.read(position, end)) {
      for (const entry of entries) {
        if (isLater(entry, past)) return books;
        if (entry.transfer > position.transfer) books.#add(entry);
      }
    }
    return books;
  }

  #add(entry: Entry): void {
    if (entry.transfer <= this.#last) return; // Copied from the segment before.
    this.#last = entry.transfer;
    for (const leg of [entry.debit, entry.credit]) {
      if (!leg) continue;
      const known = this.#unposted.get(leg.account);
      if (known) known.push(entry);
      else this.#unposted.set(leg.account, [entry]);
    }
  }

  /** Accounts that may have been there. */
  async *ids(): AsyncGenerator<AccountId> {
    const unposted = new Set(this.#unposted.keys());
    for await (const id of this.#files.passbooks.ids()) {
      unposted.delete(id as AccountId);
      yield id as AccountId;
    }
    yield* unposted;
  }

  /** An account's last row then; `undefined`: it was not there yet. @throws BankError BANK_DAMAGED */
  async rowOf(id: AccountId): Promise<PassbookRow | undefined> {
    const { rows, open } = await this.#newestRows(id);
    return rows.at(-1) ?? (await this.#sealedRow(id, open?.rows[0].seq ?? 1));
  }

  /** An account's rows up to then, the newest first. @throws BankError BANK_DAMAGED */
  async *rowsBack(id: AccountId): AsyncGenerator<PassbookRow> {
    const { rows, open } = await this.#newestRows(id);
    yield* rows.reverse();
    let newer = open;
    const first = open?.rows[0].seq ?? 1;
    if (first === 1) return;
    for (const number of (await sealedBefore(this.#files, id, first)).reverse()) {
      const page = await this.#page(id, number);
      if (newer && newer !== open && newer.prev !== page.check) {
        throw damaged(pageFile(id, number), 'the page behind it follows another one');
      }
      newer = page;
      yield* page.rows.filter((row) => row.seq < first && this.#counts(row)).reverse();
    }
  }

  /** Those rows of an account, up to then, that stand on its open page or are not posted; and that page. */
  async #newestRows(id: AccountId) {
    const open = await this.#files.passbooks.read(id);
    let account = open?.account;
    const rows = (open?.rows ?? []).filter((row) => this.#counts(row));
    for (const entry of this.#unposted.get(id) ?? []) {
      const seq = [entry.debit, entry.credit].find((leg) => leg?.account === id)?.seq ?? 0;
      if (seq <= (account?.seq ?? 0)) continue; // Posted by now.
      account = afterEntry(account, entry, id);
      rows.push(rowOf(account, entry));
    }
    return { rows, open };
  }

  async #page(id: AccountId, number: number | undefined): Promise<Page> {
    const found = await this.#files.passbooks.read(id, number);
    if (found) return found;
    throw damaged(pageFile(id, number), 'the page is missing');
  }

  #counts(row: PassbookRow): boolean {
    return row.transfer <= this.#reach && !isLater(row, this.#past);
  }

  /** The same, on pages before the open one, which begins with the row `first`. */
  async #sealedRow(id: AccountId, first: number): Promise<PassbookRow | undefined> {
    if (first === 1) return undefined;
    const numbers = await sealedBefore(this.#files, id, first);
    const page = (at: number) => this.#page(id, numbers[at]);
    let [low, high] = [0, numbers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#counts((await page(middle)).rows[0])) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    return (await page(low - 1)).rows.findLast((row) => this.#counts(row));
  }
}
