/**
 * The pages that the poster works on, in memory: what an account's open page says, and how new rows
 * change it. What goes to the disk, and in which order, is posting.ts's.
 */

import { pageFile } from '../format/account-path.js';
import type { LegLine } from '../format/entry-line.js';
import { decodeEntry } from '../format/journal-row.js';
import {
  checkOf,
  type DigitsOf,
  PAGE_HEADER,
  RowEncoder,
  type StandingCells,
  standingCells,
} from '../format/passbook-page.js';
import { RowWriter } from '../format/row-writer.js';
import { type Account, afterEntry } from '../ledger/account.js';
import type { AccountId } from '../ledger/account-id.js';
import { assert } from '../ledger/errors.js';
import { damaged } from './damage.js';
import type { Passbooks } from './passbooks.js';

/** An account's open page, as it stands on the disk or is about to. */
export interface OpenPage {
  /** What holds for its last row: of an account that only moves money, the rest is not kept up to date. */
  readonly account: Account;
  /** Its rows, with line breaks between them. */
  readonly rows: Buffer;
  readonly count: number;
  /** Number of the last row within the account. */
  readonly seq: number;
  /** Pages sealed before this one. */
  readonly sealed: number;
}

/** What a posting does to one account: the new open page, and the page that it seals, if any. */
export interface PageChange {
  readonly id: AccountId;
  readonly page: OpenPage;
  readonly sealed: { readonly number: number; readonly rows: Buffer } | undefined;
}

/** Reads an account's open page for posting; `undefined` for one without a passbook yet. */
export async function openPageOf(
  passbooks: Passbooks,
  id: AccountId,
): Promise<OpenPage | undefined> {
  const text = await passbooks.readText(id);
  if (text === undefined) return undefined;
  const { account, firstSeq, count, prev } = passbooks.summarize(id, text);
  return {
    account,
    rows: ownCopy(Buffer.from(text.slice(PAGE_HEADER.length + 1, -2))),
    count,
    seq: account.seq,
    sealed: await sealedBefore(passbooks, id, firstSeq, prev),
  };
}

/**
 * How many sealed pages come before the open one. The newest may be a page turn that was cut short:
 * sealed already, while its rows still stand on the open page. It is turned again, under its number.
 */
async function sealedBefore(
  passbooks: Passbooks,
  id: AccountId,
  firstSeq: number,
  prev: string | undefined,
): Promise<number> {
  const pages = await passbooks.sealedPages(id);
  const newest = pages.at(-1) ?? 0;
  const file = pageFile(id);
  if (newest !== pages.length) throw damaged(file, `of ${newest} earlier pages some are missing`);
  for (const number of [newest, newest - 1]) {
    if (number === 0 && firstSeq === 1) return 0;
    if (number < 1) break;
    const page = await passbooks.summary(id, number);
    if (page?.check === prev) return number;
  }
  throw damaged(file, `the page before it is not page ${newest}`);
}

/** Rows are put together here, one account after the other; what is kept is copied. */
const SCRATCH = new RowWriter();

/** The page after `legs`; those that it holds already change nothing. */
export function postLegs(
  id: AccountId,
  page: OpenPage | undefined,
  lastSeq: number,
  legs: Iterable<LegLine>,
  { digitsOf, pageRowsMax }: { readonly digitsOf: DigitsOf; readonly pageRowsMax: number },
): PageChange {
  let seq = page?.seq ?? 0;
  let account = page?.account;
  let cells = account && cellsOf(account, digitsOf);
  const before = page?.count ?? 0;
  const turns = before + lastSeq - seq > pageRowsMax;
  const encoder = new RowEncoder(page ? checkOf(page.rows) : '');
  const rows = SCRATCH;
  rows.cut(0);
  if (page) rows.copy(page.rows, 0, page.rows.length);
  let sealed: Buffer | undefined;
  for (const leg of legs) {
    const next = leg.line.count(leg.side + 1);
    if (next <= seq) continue;
    if (next !== seq + 1) {
      const file = pageFile(id);
      throw damaged(file, `it ends at row ${seq}, and the journal goes on with row ${next}`);
    }
    if (!leg.line.moves() || account?.terms.dayLimit !== undefined) {
      account = afterEntry(account, decodeEntry(leg.line.text(), digitsOf), id);
      cells = cellsOf(account, digitsOf);
    }
    assert(account !== undefined && cells !== undefined, `${id} has neither page nor opening`);
    // The newest row begins the new page: all rows before it are sealed.
    const turn = turns && next === lastSeq;
    if (turn) {
      sealed = Buffer.from(rows.bytes);
      rows.cut(0);
    }
    const { terms } = account;
    const first = seq === 0 || turn;
    const opening = first ? { prev: turn ? encoder.check : undefined, terms } : undefined;
    if (rows.length > 0) rows.text('\n');
    encoder.write(rows, leg, cells, opening);
    seq = next;
  }
  assert(account !== undefined, `${id} has neither page nor entries`);
  const count = sealed ? 1 : before + seq - (page?.seq ?? 0);
  const number = (page?.sealed ?? 0) + (sealed ? 1 : 0);
  return {
    id,
    page: {
      account,
      rows: ownCopy(rows.bytes),
      count,
      seq,
      sealed: number,
    },
    sealed: sealed && { number, rows: sealed },
  };
}

/** In memory of its own: small buffers share larger pieces, and one that is kept keeps them all. */
function ownCopy(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

function cellsOf(account: Account, digitsOf: DigitsOf): StandingCells {
  return standingCells(account, digitsOf(account.currency) ?? 0);
}
