/** An account's rows, page by page, from either end: sealed pages, the open one, what is not posted. */
import { pageFile } from '../format/account-path.js';
import type { Page, PassbookRow } from '../format/passbook-page.js';
import { rowOf } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import type { Account } from '../ledger/account.js';
import { afterEntry } from '../ledger/account.js';
import type { AccountId } from '../ledger/account-id.js';
import { readCheckpoint } from './checkpoint.js';
import { damaged } from './damage.js';
import type { BankFiles } from './store.js';

type Files = Pick<BankFiles, 'disk' | 'directory' | 'passbooks' | 'log'>;

/** Which rows are wanted. Moments are as rows have them; all bounds may be left open. */
export interface Span {
  readonly from?: string | undefined;
  /** Exclusive. */
  readonly to?: string | undefined;
  readonly reverse: boolean;
  /** Rows behind this `seq`; with `reverse` those before it. */
  readonly after?: number | undefined;
}

/** The rows of `id`, as far as they lie in `span`. `head` gives the newest position that counts. */
export async function* rowsOf(
  files: Files,
  id: AccountId,
  head: () => Promise<Position>,
  span: Span,
): AsyncGenerator<PassbookRow> {
  const { disk, directory, passbooks } = files;
  const checkpoint = await readCheckpoint(disk, directory);
  const open = await passbooks.read(id);
  const newest = await unpostedRows(files, id, open?.account, checkpoint.position, await head());
  // Rows at or behind the open page's first may also stand on a page that is just being sealed.
  const first = open?.rows[0].seq ?? 1;
  const top = [...(open?.rows ?? []), ...newest];
  if (span.reverse) yield* inSpan(top.reverse(), span);
  const sealed = open ? await sealedBefore(files, id, first) : [];
  const start = span.reverse ? 0 : await firstPage(files, id, sealed, span);
  const numbers = span.reverse ? sealed.reverse() : sealed.slice(start);
  const chain = new Chain(id, span.reverse ? open : undefined, start > 0);
  for (const number of numbers) {
    const page = await passbooks.read(id, number);
    const rows = page?.rows.filter((row) => row.seq < first) ?? [];
    if (page && rows.length > 0) chain.add(page, number);
    if (span.reverse && isBefore(rows.at(-1), span)) return;
    if (!span.reverse && isBehind(rows[0], span)) return;
    yield* inSpan(span.reverse ? rows.reverse() : rows, span);
  }
  if (open) chain.end(open);
  if (!span.reverse) yield* inSpan(top, span);
}

/** Pages that are read from one end to the other: each goes on where the one before it ends. */
class Chain {
  readonly #id: AccountId;
  readonly #newest: Page | undefined;
  /** The page that was read last: the one behind, when it goes backwards. */
  #beside: Page | undefined;
  /** Pages before the first one that is read: what it must follow is not known. */
  #skipped: boolean;

  constructor(id: AccountId, newest: Page | undefined, skipped: boolean) {
    this.#id = id;
    this.#newest = newest;
    this.#beside = newest;
    this.#skipped = skipped;
  }

  /** @throws BankError BANK_DAMAGED */
  add(page: Page, number: number | undefined): void {
    const follows = this.#newest
      ? this.#beside?.prev === page.check
      : this.#skipped || page.prev === this.#beside?.check;
    const isOpen = this.#newest !== undefined && this.#beside === this.#newest;
    if (!follows) throw outOfOrder(this.#id, isOpen ? undefined : number);
    this.#beside = page;
    this.#skipped = false;
  }

  /** Nothing is left but the open page, or, backwards, nothing at all. */
  end(open: Page): void {
    if (!this.#newest) this.add(open, undefined);
    else if (this.#beside?.prev !== undefined) throw outOfOrder(this.#id, undefined);
  }
}

function outOfOrder(id: AccountId, number: number | undefined) {
  const file = pageFile(id, number);
  return damaged(file, 'the pages beside it do not go on from each other');
}

/** Numbers of the sealed pages before row `first`: all of them. @throws BankError BANK_DAMAGED */
export async function sealedBefore(
  { passbooks }: Pick<Files, 'passbooks'>,
  id: AccountId,
  first: number,
): Promise<number[]> {
  const sealed = await passbooks.sealedPages(id);
  const newest = sealed.length === 0 ? undefined : await passbooks.read(id, sealed.at(-1));
  const whole = sealed.every((number, index) => number === index + 1);
  if (whole && (newest?.rows.at(-1)?.seq ?? 0) >= first - 1) return sealed;
  throw damaged(pageFile(id), 'of the pages before it some are missing');
}

/** Index of the sealed page where a forward reading begins: found by halving, not by reading all. */
async function firstPage(
  files: Files,
  id: AccountId,
  sealed: number[],
  span: Span,
): Promise<number> {
  let low = 0;
  let high = sealed.length;
  if (span.from === undefined && span.after === undefined) return 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    const page = await files.passbooks.read(id, sealed[middle]);
    if (isBefore(page?.rows.at(-1), { ...span, reverse: false })) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether `row`, and so every row before it, lies before the span. */
function isBefore(row: PassbookRow | undefined, span: Span): boolean {
  if (row === undefined) return false;
  if (span.from !== undefined && row.bookedAt < span.from) return true;
  return !span.reverse && span.after !== undefined && row.seq <= span.after;
}

/** Whether `row`, and so every row behind it, lies behind the span. */
function isBehind(row: PassbookRow | undefined, span: Span): boolean {
  if (row === undefined) return false;
  if (span.to !== undefined && row.bookedAt >= span.to) return true;
  return span.reverse && span.after !== undefined && row.seq >= span.after;
}

function inSpan(rows: readonly PassbookRow[], span: Span): PassbookRow[] {
  return rows.filter((row) => !isBefore(row, span) && !isBehind(row, span));
}

/** Rows that the journal has and the passbook not yet. */
async function unpostedRows(
  files: Files,
  id: AccountId,
  posted: Account | undefined,
  from: Position,
  to: Position,
): Promise<PassbookRow[]> {
  const rows: PassbookRow[] = [];
  let account = posted;
  for await (const batch of files.log.read(from, to)) {
    for (const entry of batch.entries) {
      const leg = [entry.debit, entry.credit].find((side) => side?.account === id);
      const seq = account?.seq ?? 0;
      if (!leg || leg.seq <= seq) continue;
      if (leg.seq !== seq + 1) {
        const what = `it ends at row ${seq}, and the journal goes on with row ${leg.seq}`;
        throw damaged(pageFile(id), what);
      }
      account = afterEntry(account, entry, id);
      rows.push(rowOf(account, entry));
    }
  }
  return rows;
}
