import { hash } from 'node:crypto';
import type { Account, AccountStatus, Standing } from '../ledger/account.js';
import { afterEntry, afterMove, legOf } from '../ledger/account.js';
import { type AccountId, isAccountId } from '../ledger/account-id.js';
import { ENTRY_TYPES, type Entry, type EntryDetails, type EntryType } from '../ledger/entry.js';
import { formatMinor, parseMinor } from '../ledger/money.js';
import { decodeText, encodeText, isTime, parseCount, splitRow } from './csv.js';
import { undamaged } from './damage.js';
import {
  decodeDetails,
  encodeOpening,
  isNoOpening,
  NO_OPENING,
  type PageOpening,
} from './details.js';
import { CELL, EntryLine, type LegLine } from './entry-line.js';
import { encodeEntry } from './journal-row.js';
import { RowWriter } from './row-writer.js';

/** First line of every page. */
export const PAGE_HEADER =
  'account,seq,booked_at,type,transfer,counterparty,in,out,balance,held,limit,currency,status,' +
  'first_name,last_name,memo,reference,value_date,details,key,check';
const PAGE_HEAD = `${PAGE_HEADER}\n`;
const PAGE_START = Buffer.from(PAGE_HEAD);
/** The `.` shows that nothing was cut. */
const PAGE_END = Buffer.from('.\n');
const PAGE_CELLS = PAGE_HEADER.split(',').length;
const STATUSES: readonly AccountStatus[] = ['open', 'frozen', 'closed'];

/** Hex digits of a row's check, and of the one before it in the hash. */
const CHECK_DIGITS = 16;

/** Minor-unit digits of a currency of this bank. */
export type DigitsOf = (currency: string) => number | undefined;

/** One row of a passbook, as it stands on a page. */
export interface PassbookRow {
  readonly account: AccountId;
  readonly seq: number;
  readonly bookedAt: string;
  readonly type: EntryType;
  readonly transfer: number;
  readonly counterparty: string;
  readonly direction: 'in' | 'out' | undefined;
  readonly amount: bigint;
  readonly balance: bigint;
  readonly held: bigint;
  readonly limit: bigint | undefined;
  readonly currency: string;
  readonly status: AccountStatus;
  readonly firstName: string;
  readonly lastName: string;
  readonly memo: string;
  readonly reference: string;
  readonly valueDate: string;
  readonly details: EntryDetails | undefined;
  /** What the first row of a page says besides; nothing on the others. */
  readonly opening: PageOpening;
  readonly key: string;
  readonly check: string;
}

/** What a page that is whole says of its account. */
export interface PageSummary {
  /** The account as it stands after the page's last row. */
  readonly account: Account;
  /** Number of its first row within the account. */
  readonly firstSeq: number;
  /** How many rows it has. */
  readonly count: number;
  /** Last check of the page before; absent on the first page. */
  readonly prev: string | undefined;
  /** Check of its last row. */
  readonly check: string;
}

/** A page that was read and found whole, row by row. */
export interface Page extends PageSummary {
  readonly rows: readonly [PassbookRow, ...PassbookRow[]];
}

/** A row's check: SHA-256 over the check before it and the row's bytes up to the last comma. */
export function rowCheck(previous: string, row: string): string {
  return hash('sha256', previous + row).slice(0, CHECK_DIGITS);
}

/** The check of the last one of `rows`. */
export function checkOf(rows: Buffer): string {
  return rows.toString('latin1', rows.length - CHECK_DIGITS);
}

/** What rows say of an account besides its entries, as cells. */
export interface StandingCells {
  /** `held,limit,currency,status` */
  readonly standing: string;
  /** `first_name,last_name` */
  readonly names: string;
  /** Decimals of the currency. */
  readonly digits: number;
}

export function standingCells(account: Standing, digits: number): StandingCells {
  const { held, limit, currency, status, firstName, lastName } = account;
  const limited = limit === undefined ? 'none' : formatMinor(limit, digits);
  return {
    standing: `${formatMinor(held, digits)},${limited},${currency},${status}`,
    names: `${encodeText(firstName)},${encodeText(lastName)}`,
    digits,
  };
}

/**
 * Writes rows of one passbook, from the lines of their entries: amounts, texts and times have one spelling in
 * both books, and go from one to the other as the bytes that they are.
 */
export class RowEncoder {
  /** The check before the row, and the row: what its own check is made of. */
  readonly #covered = new RowWriter();
  check: string;

  /** `check` is that of the row before; '' if there is none. */
  constructor(check: string) {
    this.check = check;
  }

  /**
   * Writes the row (with its check, without line break) of one side of an entry. `opening` makes it the first
   * row of a page: with names, and what the page must know without those before.
   */
  write(
    to: RowWriter,
    { line, side }: LegLine,
    { standing, names, digits }: StandingCells,
    opening?: PageOpening,
  ): void {
    const row = this.#covered;
    const debited = side === CELL.debit;
    const moved = !line.isEmpty(CELL.amount);
    row.cut(0);
    row.text(this.check);
    const start = row.length;
    // Account and running number.
    line.copy(row, side, side + 1);
    row.text(',');
    line.copy(row, CELL.bookedAt);
    row.text(',');
    // Type and number of the entry.
    line.copy(row, CELL.type);
    row.text(',');
    line.copy(row, CELL.transfer);
    row.text(',');
    if (moved) line.copy(row, debited ? CELL.credit : CELL.debit);
    row.text(',');
    if (moved && !debited) line.copy(row, CELL.amount);
    row.text(',');
    if (moved && debited) line.copy(row, CELL.amount);
    row.text(',');
    line.copy(row, side + 2);
    row.text(',');
    row.text(standing);
    row.text(',');
    row.text(opening || line.says(CELL.type, 'rename') ? names : ',');
    row.text(',');
    // Memo, reference and value date.
    line.copy(row, CELL.memo, CELL.valueDate);
    row.text(',');
    if (opening) row.text(encodeText(encodeOpening(line.details(), opening, digits)));
    else line.copy(row, CELL.details);
    row.text(',');
    line.copy(row, CELL.key);
    row.text(',');
    this.check = hash('sha256', row.bytes).slice(0, CHECK_DIGITS);
    to.copy(row.bytes, start, row.length);
    to.text(this.check);
  }
}

/**
 * One row (with its check, without line break) for `entry` in the passbook of `after.id`, as
 * {@link RowEncoder} writes it.
 */
export function encodeRow(
  after: Account,
  entry: Entry,
  digits: number,
  previousCheck: string,
  opening?: PageOpening,
): { row: string; check: string } {
  const line = new EntryLine();
  line.read(Buffer.from(encodeEntry(entry, digits)), 0);
  const side = legOf(entry, after.id) === entry.debit ? CELL.debit : CELL.credit;
  const encoder = new RowEncoder(previousCheck);
  const row = new RowWriter();
  encoder.write(row, { line, side }, standingCells(after, digits), opening);
  return { row: row.bytes.toString('utf8'), check: encoder.check };
}

/** The row of `entry` in the passbook of `after.id`, as a page that is not written yet would have it. */
export function rowOf(after: Account, entry: Entry): PassbookRow {
  const leg = legOf(entry, after.id);
  const debited = leg === entry.debit;
  const moved = entry.amount !== 0n;
  return {
    account: after.id,
    seq: leg.seq,
    bookedAt: entry.bookedAt,
    type: entry.type,
    transfer: entry.transfer,
    counterparty: moved ? ((debited ? entry.credit : entry.debit)?.account ?? '') : '',
    direction: moved ? (debited ? 'out' : 'in') : undefined,
    amount: entry.amount,
    balance: leg.balance,
    held: after.held,
    limit: after.limit,
    currency: after.currency,
    status: after.status,
    firstName: after.firstName,
    lastName: after.lastName,
    memo: entry.memo,
    reference: entry.reference,
    valueDate: entry.valueDate,
    details: entry.details,
    opening: NO_OPENING,
    key: entry.key,
    check: '',
  };
}

/** The bytes of a page; `rows` are as {@link RowEncoder} writes them, with line breaks between them. */
export function pageBytes(rows: Buffer): Buffer {
  return Buffer.concat([PAGE_START, rows, PAGE_END]);
}

/** A page of rows as {@link encodeRow} makes them. */
export function encodePage(rows: readonly string[]): string {
  return pageBytes(Buffer.from(rows.join('\n'))).toString('utf8');
}

/** Reads a page and checks its form, its chain and that the rows follow each other. */
export function decodePage(text: string, digitsOf: DigitsOf): Page {
  const lines = linesOf(text);
  const summary = summaryOf(lines, digitsOf);
  const rows = lines.map((line) => decodeRow(line, digitsOf));
  rows.forEach((row, index) => {
    const before = rows[index - 1];
    undamaged(
      !before || follows(before, row),
      () => `row ${row.seq} does not follow row ${before?.seq}`,
    );
  });
  return { ...summary, rows: rows as [PassbookRow, ...PassbookRow[]] };
}

/**
 * Reads what a page says of its account. All of its bytes are held against its checks; of its rows only the
 * last one, and those with names, are taken apart: a balance is asked for far more often than its history.
 */
export function summarizePage(text: string, digitsOf: DigitsOf): PageSummary {
  return summaryOf(linesOf(text), digitsOf);
}

function summaryOf(lines: readonly [string, ...string[]], digitsOf: DigitsOf): PageSummary {
  const first = decodeRow(lines[0], digitsOf);
  const { prev } = first.opening;
  undamaged(
    first.opening !== NO_OPENING,
    () => `row ${first.seq} begins a page but says nothing of the one before`,
  );
  undamaged(
    (prev === undefined) === (first.seq === 1),
    'the check of the page before is missing, or stands where there is none',
  );
  let account = openingAccount(first);
  let check = prev ?? '';
  lines.forEach((line, index) => {
    const own = line.slice(-CHECK_DIGITS);
    undamaged(own === rowCheck(check, bodyOf(line)), () => `row ${first.seq + index} was changed`);
    check = own;
    if (index === 0) return;
    if (PLAIN.test(line) && account.terms.dayLimit === undefined) return;
    account = afterRow(account, decodeRow(line, digitsOf));
  });
  const last = lines.length === 1 ? first : decodeRow(lines.at(-1) ?? '', digitsOf);
  undamaged(
    last.account === first.account && last.seq === first.seq + lines.length - 1,
    () =>
      `row ${last.seq} of ${last.account} ends a page of ${lines.length} that row ${first.seq} of ${first.account} begins`,
  );
  const { status, held, limit } = account;
  undamaged(
    last.status === status && last.held === held && last.limit === limit,
    () => `row ${last.seq} of ${last.account} is not what the rows before it lead to`,
  );
  const { seq, balance, transfer, bookedAt } = last;
  // With a limit of a day each row was followed.
  if (account.terms.dayLimit === undefined) {
    account = afterMove(account, seq, balance, transfer, ownText(bookedAt));
  }
  return { account, firstSeq: first.seq, count: lines.length, prev, check };
}

/** A row that moves money and changes nothing else; the fourteen cells before the names are no free text. */
const PLAIN = /^[^,]*,[^,]*,[^,]*,(?:deposit|withdraw|transfer|reverse),(?:[^,]*,){9},,/;

/** The account behind the first row of a page. */
function openingAccount(row: PassbookRow): Account {
  const { account, currency, status, seq, balance, held, limit, transfer, bookedAt } = row;
  const id = ownText(account) as AccountId;
  const [firstName, lastName] = [ownText(row.firstName), ownText(row.lastName)];
  const own = { id, currency, status, firstName, lastName, seq, balance, held, limit };
  return { ...own, terms: row.opening.terms, transfer, bookedAt };
}

/** The engine makes a longer part of a text by keeping all of it. */
const KEPT_WHOLE_MIN = 13;

/** The same text by itself: accounts stay in memory, and must not keep their pages there. */
function ownText(text: string): string {
  return text.length < KEPT_WHOLE_MIN ? text : Buffer.from(text).toString();
}

/** The account behind one row more: by the same rule as behind an entry. */
function afterRow(before: Account, row: PassbookRow): Account {
  const leg = { account: row.account, seq: row.seq, balance: row.balance };
  const other = { account: row.counterparty as AccountId, seq: 0, balance: 0n };
  const [debit, credit] =
    row.direction === 'out' ? [leg, other] : [row.direction === 'in' ? other : undefined, leg];
  return afterEntry(before, { ...row, limit: row.limit ?? 0n, debit, credit }, row.account);
}

function linesOf(text: string): [string, ...string[]] {
  undamaged(text.startsWith(PAGE_HEAD), 'the header line is not that of a passbook');
  undamaged(text.endsWith('.\n'), 'the page was cut: the "." behind its last row is missing');
  return text.slice(PAGE_HEAD.length, -2).split('\n') as [string, ...string[]];
}

/** The part of a row that its check covers. */
function bodyOf(line: string): string {
  return line.slice(0, -CHECK_DIGITS);
}

function follows(before: PassbookRow, row: PassbookRow): boolean {
  const change = row.direction === 'out' ? -row.amount : row.amount;
  return (
    row.account === before.account &&
    row.seq === before.seq + 1 &&
    row.transfer > before.transfer &&
    row.bookedAt >= before.bookedAt &&
    row.currency === before.currency &&
    row.balance === before.balance + change &&
    isNoOpening(row.opening)
  );
}

function decodeRow(line: string, digitsOf: DigitsOf): PassbookRow {
  const cells = splitRow(line);
  undamaged(
    cells?.length === PAGE_CELLS,
    () => `a row has not ${PAGE_CELLS} cells: ${line.slice(0, 60)}`,
  );
  const [
    account = '',
    seqText = '',
    bookedAt = '',
    type = '',
    transferText = '',
    counterparty = '',
    inText = '',
    outText = '',
    balanceText = '',
    heldText = '',
    limitText = '',
    currency = '',
    status = '',
    firstName = '',
    lastName = '',
    memo = '',
    reference = '',
    valueDate = '',
    details = '',
    key = '',
    check = '',
  ] = cells;
  undamaged(isAccountId(account), () => `"${account.slice(0, 80)}" is no account id`);
  const digits = digitsOf(currency);
  undamaged(digits !== undefined, () => `currency ${currency} is unknown`);
  const money = (text: string) => {
    const minor = parseMinor(text, digits);
    undamaged(minor !== undefined, () => `"${text}" is no amount of ${currency}`);
    return minor;
  };
  const seq = parseCount(seqText);
  const transfer = parseCount(transferText);
  undamaged(
    seq !== undefined && seq > 0 && transfer !== undefined,
    () => `row "${seqText}" has an odd number`,
  );
  undamaged(isTime(bookedAt), () => `row ${seq} has no time`);
  undamaged(ENTRY_TYPES.includes(type), () => `row ${seq} has the unknown type "${type}"`);
  const known = STATUSES.find((one) => one === status);
  undamaged(known !== undefined, () => `row ${seq} has the unknown status "${status}"`);
  undamaged(inText === '' || outText === '', () => `row ${seq} goes in and out at once`);
  const said = decodeDetails(decodeText(details), digits, `row ${seq}`);
  return {
    account,
    seq,
    bookedAt,
    type: type as EntryType,
    transfer,
    counterparty,
    direction: inText !== '' ? 'in' : outText !== '' ? 'out' : undefined,
    amount: inText + outText === '' ? 0n : money(inText + outText),
    balance: money(balanceText),
    held: money(heldText),
    limit: limitText === 'none' ? undefined : money(limitText),
    currency,
    status: known,
    firstName: decodeText(firstName),
    lastName: decodeText(lastName),
    memo: decodeText(memo),
    reference: decodeText(reference),
    valueDate,
    details: said.entry,
    opening: said.opening,
    key: decodeText(key),
    check,
  };
}
