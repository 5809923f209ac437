/** One passbook held against the journal: all its pages, in order, and each row. Reads only. */
import { relative } from 'node:path';
import { errorCode } from '../disk/disk.js';
import { pageFile } from '../format/account-path.js';
import { encodeOpening } from '../format/details.js';
import type { Page, PassbookRow } from '../format/passbook-page.js';
import type { Account } from '../ledger/account.js';
import type { AccountId } from '../ledger/account-id.js';
import { BankError } from '../ledger/errors.js';
import { type Replay, rowDigest } from './replay.js';
import type { BankFiles } from './store.js';
import type { Problem } from './verify.js';

/** What was found in one passbook. */
export interface Walked {
  readonly id: AccountId;
  readonly rows: number;
  readonly pages: number;
  /** Number of the newest entry on it, be it booked after the journal was read. */
  readonly newest: number;
  readonly problem: Problem | undefined;
}

export function openFile(id: string): string {
  return pageFile(id);
}

/** Damage as a problem; anything else is thrown. */
export function problemOf(error: unknown, file: string): Problem {
  if (!(error instanceof BankError) || error.code !== 'BANK_DAMAGED') throw error;
  const { details } = error;
  return { file: String(details.file ?? file), what: String(details.what ?? error.message) };
}

/** How what came in the way is told. @throws what is no problem of the files */
export type Report = (error: unknown, file: string) => Problem;

/** With these a disk says that it has lost what was there; the last two where the file system has checks. */
const LOST = ['EIO', 'EBADMSG', 'EUCLEAN'];

/** Damage as a problem, and what the disk does not give as well: of that nobody knows what it says. */
export function unreadToo(directory: string): Report {
  return (error, file) => {
    const code = errorCode(error);
    if (!LOST.includes(code)) return problemOf(error, file);
    const { path = '' } = error as { path?: string };
    const own = relative(directory, path);
    const what = `the disk does not give it (${code})`;
    return { file: path === '' || own.startsWith('..') ? file : own, what, unread: true };
  };
}

/** Walks all pages of one passbook, and holds its rows against the journal's. */
export async function walkPassbook(
  { passbooks }: Pick<BankFiles, 'passbooks'>,
  replay: Replay,
  id: AccountId,
  report: Report = problemOf,
): Promise<Walked> {
  const file = openFile(id);
  const walk = new Walk(replay, id);
  const told = (problem?: Problem): Walked => {
    const { seq, pages, newest } = walk;
    return { id, rows: seq, pages, newest, problem };
  };
  try {
    const open = await passbooks.read(id);
    const numbers = await passbooks.sealedPages(id);
    if (!open) {
      // Perhaps it was being listed while somebody removed it: who is missing shows at the end.
      const what = `the open page is missing; there are ${numbers.length} earlier ones`;
      return told(numbers.length > 0 ? { file, what } : undefined);
    }
    for (const number of numbers) {
      const page = await passbooks.read(id, number);
      if (!page) continue;
      const twice = page.rows[0].seq >= open.rows[0].seq;
      const gap = twice ? undefined : walk.number(number);
      if (gap) return told({ file, what: gap });
      const what = twice
        ? whyNoTurn(page, open, number === numbers.at(-1))
        : walk.page(page, page.rows);
      if (what) return told({ file: pageFile(id, number), what });
    }
    const what = walk.page(open, open.rows) ?? walk.end(open);
    return told(what === undefined ? undefined : { file, what });
  } catch (error) {
    return told(report(error, file));
  }
}

/**
 * Rows that stand on the open page too may stand on the newest sealed one: a page turn that was cut
 * short, no damage. They are the same rows, and it will be sealed anew under its number.
 */
function whyNoTurn(page: Page, open: Page, isNewest: boolean): string | undefined {
  const same = page.rows.every((row) => {
    const twin = open.rows[row.seq - open.rows[0].seq];
    return twin === undefined || twin.check === row.check;
  });
  const isTurn = isNewest && page.prev === open.prev && same;
  return isTurn ? undefined : 'its rows stand on the open page as well';
}

class Walk {
  seq = 0;
  pages = 0;
  newest = 0;
  readonly #replay: Replay;
  readonly #id: AccountId;
  #digest = '';
  #before: Page | undefined;

  constructor(replay: Replay, id: AccountId) {
    this.#replay = replay;
    this.#id = id;
  }

  number(number: number): string | undefined {
    return number === this.pages + 1
      ? undefined
      : `of ${number - 1} earlier pages some are missing`;
  }

  /** Follows a page; answers what is wrong with it. */
  page(page: Page, rows: readonly PassbookRow[]): string | undefined {
    const before = this.#before;
    const first = rows[0]?.seq ?? 0;
    if (page.prev !== before?.check)
      return `the page of row ${first} does not follow the one before`;
    for (const row of rows) {
      this.newest = Math.max(this.newest, row.transfer);
      if (row.transfer > this.#replay.transfer) break; // Booked after the journal was read.
      if (row.seq !== this.seq + 1) return `row ${row.seq} follows row ${this.seq}`;
      this.#digest = rowDigest(this.#digest, row);
      this.seq = row.seq;
    }
    this.#before = page;
    this.pages++;
    return undefined;
  }

  /** Whether what was followed is what the journal tells. */
  end({ account: page }: Page): string | undefined {
    if (this.seq === 0) return undefined;
    const told = this.#replay.accounts.get(this.#id);
    if (!told) return 'the journal knows nothing of it';
    const { account, digest, recent } = told;
    const expected = account.seq === this.seq ? digest : recent.get(this.seq);
    if (expected !== this.#digest)
      return `it has ${this.seq} rows, and they are not what the journal tells (${account.seq} rows)`;
    // Of one that is behind the journal, or has come further, its rows tell all that can be held against it.
    if (page.seq !== account.seq || isSameStanding(page, account)) return undefined;
    return 'its names, limits, holds or status are not what the journal tells';
  }
}

function isSameStanding(page: Account, told: Account): boolean {
  const agreed = ({ terms }: Account) => encodeOpening('', { prev: undefined, terms }, 0);
  return (
    page.firstName === told.firstName &&
    page.lastName === told.lastName &&
    page.currency === told.currency &&
    agreed(page) === agreed(told)
  );
}
