/**
 * The pages that the poster works on, in memory: what an account's open page says, and how new rows
 * change it. What goes to the disk, and in which order, is posting.ts's.
 */

import { accountFolder, pageName } from '../format/account-path.js';
import type { DigitsOf, PassbookRow } from '../format/passbook-page.js';
import { encodePage, encodeRow, PAGE_HEADER } from '../format/passbook-page.js';
import type { Account } from '../ledger/account.js';
import { afterEntry, legOf } from '../ledger/account.js';
import type { AccountId } from '../ledger/account-id.js';
import type { Entry } from '../ledger/entry.js';
import { assert } from '../ledger/errors.js';
import { damaged } from './damage.js';
import type { Passbooks } from './passbooks.js';

/** An account's open page, as it stands on the disk or is about to. */
export interface OpenPage {
  readonly account: Account;
  readonly rows: readonly string[];
  /** Check of the last row. */
  readonly check: string;
  /** Pages sealed before this one. */
  readonly sealed: number;
}

/** What a posting does to one account: the new open page, and the page that it seals, if any. */
export interface PageChange {
  readonly id: AccountId;
  readonly page: OpenPage;
  readonly sealed: { readonly number: number; readonly rows: readonly string[] } | undefined;
}

/** Reads an account's open page for posting; `undefined` for one without a passbook yet. */
export async function openPageOf(
  passbooks: Passbooks,
  id: AccountId,
): Promise<OpenPage | undefined> {
  const text = await passbooks.readText(id);
  if (text === undefined) return undefined;
  const { account, rows: decoded, prev, check } = passbooks.decode(id, text);
  const rows = text.slice(PAGE_HEADER.length + 1, -2).split('\n');
  return { account, rows, check, sealed: await sealedBefore(passbooks, id, decoded[0], prev) };
}

/**
 * How many sealed pages come before the open one. The newest may be a page turn that was cut short:
 * sealed already, while its rows still stand on the open page. It is turned again, under its number.
 */
async function sealedBefore(
  passbooks: Passbooks,
  id: AccountId,
  first: PassbookRow,
  prev: string | undefined,
): Promise<number> {
  const pages = await passbooks.sealedPages(id);
  const newest = pages.at(-1) ?? 0;
  const file = `${accountFolder(id)}/${pageName(id)}`;
  if (newest !== pages.length) throw damaged(file, `of ${newest} earlier pages some are missing`);
  for (const number of [newest, newest - 1]) {
    if (number === 0 && first.seq === 1) return 0;
    if (number < 1) break;
    const page = await passbooks.read(id, number);
    if (page?.check === prev) return number;
  }
  throw damaged(file, `the page before it is not page ${newest}`);
}

/** The page after `entries`; those that it holds already change nothing. */
export function postEntries(
  id: AccountId,
  page: OpenPage | undefined,
  entries: readonly Entry[],
  { digitsOf, pageRowsMax }: { readonly digitsOf: DigitsOf; readonly pageRowsMax: number },
): PageChange {
  let account = page?.account;
  let check = page?.check ?? '';
  const rows = page ? [...page.rows] : [];
  const fresh = entries.filter((entry) => legOf(entry, id).seq > (account?.seq ?? 0));
  const turns = fresh.length > 0 && rows.length + fresh.length > pageRowsMax;
  const last = fresh.at(-1);
  for (const entry of fresh) {
    const leg = legOf(entry, id);
    const seq = account?.seq ?? 0;
    if (leg.seq !== seq + 1) {
      const file = `${accountFolder(id)}/${pageName(id)}`;
      throw damaged(file, `it ends at row ${seq}, and the journal goes on with row ${leg.seq}`);
    }
    account = afterEntry(account, entry, id);
    const digits = digitsOf(account.currency) ?? 0;
    // The newest row begins the new page: all rows before it are sealed.
    const turn = turns && entry === last;
    const opening = seq === 0 ? {} : turn ? { prev: check } : undefined;
    const encoded = encodeRow(account, entry, digits, check, opening);
    check = encoded.check;
    rows.push(encoded.row);
  }
  assert(account !== undefined, `${id} has neither page nor entries`);
  const before = page?.sealed ?? 0;
  if (!turns) return { id, page: { account, rows, check, sealed: before }, sealed: undefined };
  const open = { account, rows: rows.slice(-1), check, sealed: before + 1 };
  return { id, page: open, sealed: { number: before + 1, rows: rows.slice(0, -1) } };
}

/** The bytes of a page. */
export function pageBytes(rows: readonly string[]): Buffer {
  return Buffer.from(encodePage(rows));
}
