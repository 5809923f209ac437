/**
 * How a passbook can be put right from the journal. Plans only; nothing is written here.
 *
 * A row follows from its entry, the row before it, and where pages begin. Where they begin is told by
 * the pages that are whole, or by what is still to be read of the broken ones: then what is rebuilt is
 * what was there, byte for byte, and the next page's `prev` proves it. Where nothing tells it the pages
 * from there on are cut anew: the same rows, under other checks.
 */
import { pageFile, pageName } from '../format/account-path.js';
import {
  type DigitsOf,
  encodePage,
  encodeRow,
  PAGE_HEADER,
  type Page,
  type PassbookRow,
  rowOf,
} from '../format/passbook-page.js';
import { type Account, afterEntry } from '../ledger/account.js';
import type { AccountId } from '../ledger/account-id.js';
import type { Entry } from '../ledger/entry.js';
import { assert } from '../ledger/errors.js';
import { unlessDamaged } from './damage.js';
import { PAGE_ROWS_MAX } from './limits.js';
import type { Passbooks } from './passbooks.js';
import { rowDigest } from './replay.js';

/** A page as it should be: its rows from `first` to `last`. `number` absent: the open one. */
interface Cut {
  readonly number: number | undefined;
  readonly first: number;
  readonly last: number;
}

export interface NewPage extends Cut {
  readonly file: string;
  readonly text: string;
}

/** What makes one passbook whole. */
export interface PagePlan {
  readonly id: AccountId;
  /** The account as the journal tells it, at its end. */
  readonly account: Account;
  /** Its last balance by the open page that was there, where that could be read. */
  readonly before: bigint | undefined;
  /** Sealed pages first. */
  readonly pages: readonly NewPage[];
  /** Files of pages that the passbook does not have. */
  readonly aside: readonly string[];
}

/** A page that is there, and what could be read of it. */
interface Found {
  readonly number: number | undefined;
  readonly text: string;
  readonly page: Page | undefined;
}

/**
 * `entries` are all of the account's, in order; those up to entry `posted` must be on its pages.
 * Answers the reason where the books contradict each other.
 */
export async function planPassbook(
  passbooks: Passbooks,
  id: AccountId,
  entries: readonly Entry[],
  posted: number,
  digitsOf: DigitsOf,
): Promise<PagePlan | string> {
  const accounts = statesOf(id, entries);
  const account = accounts.at(-1);
  const found = await findPages(passbooks, id);
  if (account === undefined) return 'the journal knows nothing of it';
  const rows = entries.map((entry, index) => rowOf(accounts[index] ?? account, entry));
  for (const { number, page } of found) {
    const odd = page?.rows.find((row) => !tellsTheSame(row, rows[row.seq - 1]));
    if (odd) {
      const name = pageName(id, number);
      return `${name} is whole and tells row ${odd.seq} otherwise than the journal, which is whole as well: nobody can say which is right`;
    }
  }
  const must = entries.filter(({ transfer }) => transfer <= posted).length;
  const open = found.find(({ number, page }) => number === undefined && page)?.page;
  const shown = open?.rows.at(-1)?.seq ?? 0;
  // One that lacks rows which were posted is an older copy: it does not tell where the pages begin now.
  const cuts = cutPages(id, found, shown < must ? undefined : open, Math.max(must, shown));
  const pages = writePages(id, cuts, entries, accounts, digitsOf);
  const texts = new Map(found.map(({ number, text }) => [number, text]));
  const numbers = new Set(cuts.map(({ number }) => number));
  const aside = found.filter(({ number }) => !numbers.has(number));
  return {
    id,
    account,
    before: open?.account.balance,
    pages: pages.filter(({ number, text }) => texts.get(number) !== text),
    aside: aside.map(({ number }) => fileOf(id, number)),
  };
}

function fileOf(id: AccountId, number: number | undefined): string {
  return pageFile(id, number);
}

function statesOf(id: AccountId, entries: readonly Entry[]): Account[] {
  const states: Account[] = [];
  for (const entry of entries) states.push(afterEntry(states.at(-1), entry, id));
  return states;
}

function tellsTheSame(row: PassbookRow, told: PassbookRow | undefined): boolean {
  return told !== undefined && rowDigest('', row) === rowDigest('', told);
}

async function findPages(passbooks: Passbooks, id: AccountId): Promise<Found[]> {
  const found: Found[] = [];
  for (const number of [...(await passbooks.sealedPages(id)), undefined]) {
    const there = await unlessDamaged(async () => ({ text: await passbooks.readText(id, number) }));
    const { text } = there ?? { text: '' }; // What is no file tells as much as an empty one.
    if (text === undefined) continue;
    const page = await unlessDamaged(() => passbooks.decode(id, text, number));
    found.push({ number, text, page });
  }
  return found;
}

/** Where each page begins and ends, so that rows 1 to `last` are on pages. */
function cutPages(id: AccountId, found: readonly Found[], open: Page | undefined, last: number) {
  const firstOpen = open?.rows[0].seq;
  const cuts: Cut[] = [];
  let next = 1;
  let number = 1;
  /** Rows `next` to `upTo` on pages of their own, before page `before`, or before the open one. */
  const fill = (upTo: number, before: number | undefined) => {
    if (upTo < next) return;
    const broken = found.filter((page) => page.number !== undefined && page.number >= number);
    const count = before === undefined ? Math.max(1, broken.length) : Math.max(1, before - number);
    for (const [first, end] of parts(next, upTo, hintsOf(id, broken, next, upTo), count)) {
      cuts.push({ number, first, last: end });
      number++;
    }
    next = upTo + 1;
  };
  for (const { number: known, page } of found) {
    const first = page?.rows[0].seq ?? 0;
    const end = page?.rows.at(-1)?.seq ?? 0;
    if (known === undefined || !page || first < next || end >= (firstOpen ?? last)) continue;
    if (known < number || (first === next) !== (known === number)) continue; // Not in its place.
    fill(first - 1, known);
    cuts.push({ number, first, last: end });
    number++;
    next = end + 1;
  }
  if (firstOpen !== undefined && firstOpen >= next) {
    fill(firstOpen - 1, undefined);
    cuts.push({ number: undefined, first: firstOpen, last });
    return cuts;
  }
  return [...cuts, ...openCuts(id, found, next, number, last)];
}

/** The rows from `next` on where no open page tells where it begins. */
function openCuts(
  id: AccountId,
  found: readonly Found[],
  next: number,
  number: number,
  last: number,
): Cut[] {
  if (last < next) return [];
  const broken = found.filter((page) => page.number !== undefined && page.number >= number);
  const openText = found.filter((page) => page.number === undefined);
  const hints = hintsOf(id, [...broken, ...openText], next, last);
  const starts = [next, ...hints];
  // An open page has at most so many rows: all but the newest are sealed.
  const newest = starts.at(-1) ?? next;
  for (let first = newest + PAGE_ROWS_MAX; first <= last; first += PAGE_ROWS_MAX)
    starts.push(first);
  return starts.map((first, index) => {
    const following = starts[index + 1];
    if (following === undefined) return { number: undefined, first, last };
    return { number: number + index, first, last: following - 1 };
  });
}

/** Rows with which broken pages say that they begin, where that can still be read. */
function hintsOf(id: AccountId, broken: readonly Found[], from: number, to: number): number[] {
  const hints = new Set<number>();
  for (const { text } of broken) {
    const [account = '', seq = ''] = text.slice(PAGE_HEADER.length + 1).split(',', 2);
    if (account === id && Number(seq) > from && Number(seq) <= to) hints.add(Number(seq));
  }
  return [...hints].sort((a, b) => a - b);
}

/** `from` to `to` in `count` parts: at the hints if there are as many as needed, else evenly. */
function parts(from: number, to: number, hints: readonly number[], count: number) {
  const all = Math.min(count, to - from + 1);
  const size = Math.ceil((to - from + 1) / all);
  const starts =
    hints.length === all - 1
      ? [from, ...hints]
      : Array.from({ length: all }, (_, index) => from + index * size).filter((at) => at <= to);
  return starts.map((start, index): [number, number] => [start, (starts[index + 1] ?? to + 1) - 1]);
}

/** Every page's bytes, from the first row on: each check holds the one before. */
function writePages(
  id: AccountId,
  cuts: readonly Cut[],
  entries: readonly Entry[],
  accounts: readonly Account[],
  digitsOf: DigitsOf,
): NewPage[] {
  const pages: NewPage[] = [];
  let check = '';
  for (const cut of cuts) {
    const rows: string[] = [];
    for (let seq = cut.first; seq <= cut.last; seq++) {
      const [entry, account] = [entries[seq - 1], accounts[seq - 1]];
      assert(entry !== undefined && account !== undefined, `${id} has no row ${seq}`);
      const prev = seq === 1 ? undefined : check;
      const opening = seq === cut.first ? { prev, terms: account.terms } : undefined;
      const digits = digitsOf(account.currency) ?? 0;
      const encoded = encodeRow(account, entry, digits, check, opening);
      check = encoded.check;
      rows.push(encoded.row);
    }
    pages.push({ ...cut, file: fileOf(id, cut.number), text: encodePage(rows) });
  }
  return pages;
}
