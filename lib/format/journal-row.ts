import { createHash } from 'node:crypto';
import { isAccountId } from '../ledger/account-id.js';
import { ENTRY_TYPES, type Entry, type EntryType, type Leg, setsLimit } from '../ledger/entry.js';
import { parseMinor } from '../ledger/money.js';
import { decodeText, encodeText, isTime, parseCount, splitRow } from './csv.js';
import { undamaged } from './damage.js';
import { decodeEntryDetails, encodeDetails } from './details.js';
import type { DigitsOf } from './passbook-page.js';
import { RowWriter } from './row-writer.js';

/** First line of every journal segment. */
export const JOURNAL_HEADER =
  'type,transfer,booked_at,currency,amount,debit,debit_seq,debit_balance,credit,credit_seq,' +
  'credit_balance,limit,first_name,last_name,memo,reference,value_date,details,key,epoch,count,seal';
const JOURNAL_CELLS = JOURNAL_HEADER.split(',').length;
/** Empty cells of a control row between `transfer` and `epoch`. */
const SKIPPED = ','.repeat(JOURNAL_HEADER.split(',').indexOf('epoch') - 2);

/** The seal before the first segment's pin. */
export const FIRST_SEAL = '0'.repeat(64);

/** What a segment goes on from. */
export interface Pin {
  /** File name of the segment before; '' for the bank's first. */
  readonly segment: string;
  /** Its bytes that count: whatever lies behind them is void. */
  readonly length: number;
  /** Its seal at that length. */
  readonly seal: string;
}

/**
 * The rows that are not entries. Each carries, in its last cell, SHA-256 over the control row's hash
 * before it and all bytes since up to that cell: one chain through all segments.
 *  - `pin`   first row of a segment
 *  - `seal`  ends a batch; without it the batch does not exist
 *  - `leave` the writer left cleanly, and nothing of its comes behind
 */
export interface ControlRow {
  readonly type: 'pin' | 'seal' | 'leave';
  /** Number of the last entry before this row; 0 before the first. */
  readonly transfer: number;
  /** The epoch of the writer who decided the batch, or who wrote the pin or the leave. */
  readonly epoch: number;
  /** Entries in the batch (`seal`), 0 otherwise. */
  readonly count: number;
  readonly pin: Pin | undefined;
  readonly seal: string;
}

/** SHA-256 of the seal before, followed by `bytes`, one part behind the other, in hex. */
export function sealOf(previousSeal: string, ...bytes: readonly (Buffer | string)[]): string {
  const hash = createHash('sha256').update(previousSeal);
  for (const part of bytes) hash.update(part);
  return hash.digest('hex');
}

/** One entry as a line with its line break. */
export function encodeEntry(entry: Entry, digits: number): string {
  const writer = new RowWriter();
  writeEntry(writer, entry, digits);
  return writer.bytes.toString('utf8');
}

/** Writes one entry as a line with its line break. */
export function writeEntry(writer: RowWriter, entry: Entry, digits: number): void {
  writer.text(entry.type);
  writer.text(',');
  writer.count(entry.transfer);
  writer.text(',');
  writer.text(entry.bookedAt);
  writer.text(',');
  writer.text(entry.currency);
  writer.text(',');
  if (entry.amount !== 0n) writer.minor(entry.amount, digits);
  writeLeg(writer, entry.debit, digits);
  writeLeg(writer, entry.credit, digits);
  writer.text(',');
  if (setsLimit(entry.type)) writer.minor(entry.limit, digits);
  if (hasTexts(entry)) writeTexts(writer, entry, digits);
  else writer.text(PLAIN_END);
}

function writeLeg(writer: RowWriter, leg: Leg | undefined, digits: number): void {
  if (leg === undefined) {
    writer.text(',,,');
    return;
  }
  writer.text(',');
  writer.text(leg.account);
  writer.text(',');
  writer.count(leg.seq);
  writer.text(',');
  writer.minor(leg.balance, digits);
}

function hasTexts(entry: Entry): boolean {
  const { firstName, lastName, memo, reference, valueDate, key, details } = entry;
  const texts = firstName || lastName || memo || reference || valueDate || key;
  return texts !== '' || details !== undefined;
}

function writeTexts(writer: RowWriter, entry: Entry, digits: number): void {
  const { firstName, lastName, memo, reference, valueDate, key } = entry;
  for (const text of [firstName, lastName, memo, reference]) writeText(writer, text);
  writer.text(',');
  writer.text(valueDate);
  writeText(writer, encodeDetails(entry.details, digits));
  writeText(writer, key);
  writer.text(',,,\n');
}

function writeText(writer: RowWriter, text: string): void {
  writer.text(',');
  if (text !== '') writer.text(encodeText(text));
}

/** The bytes of a batch: its entries' lines and the seal row. */
export function encodeBatch(
  lines: Buffer | string,
  seal: { transfer: number; epoch: number; count: number; previous: string },
): { bytes: Buffer; seal: string } {
  const row = `seal,${seal.transfer}${SKIPPED},${seal.epoch},${seal.count},`;
  return sealed(seal.previous, lines, row);
}

/** The last row of a writer that goes. */
export function encodeLeave(leave: { transfer: number; epoch: number; previous: string }) {
  const row = `leave,${leave.transfer}${SKIPPED},${leave.epoch},,`;
  return sealed(leave.previous, row);
}

/** The head of a segment: header line and pin. */
export function encodeSegmentHead(pin: Pin & { transfer: number; epoch: number }) {
  const row = `pin,${pin.transfer}${','.repeat(14)}${encodeText(pin.segment)},,${encodeText(pin.seal)},,`;
  return sealed(pin.seal, `${JOURNAL_HEADER}\n${row}${pin.epoch},${pin.length},`);
}

/** A batch is long: it is copied once, behind its seal's making. */
function sealed(previous: string, ...covered: readonly (Buffer | string)[]) {
  const parts = covered.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
  const seal = sealOf(previous, ...parts);
  return { bytes: Buffer.concat([...parts, Buffer.from(`${seal}\n`)]), seal };
}

/** Whether a line is a control row, by its first letters alone. */
export function isControlLine(line: string): boolean {
  return line.startsWith('seal,') || line.startsWith('pin,') || line.startsWith('leave,');
}

/** Reads a control row; its seal is not yet held against the bytes. `undefined` when it is none. */
export function decodeControl(line: string): ControlRow | undefined {
  const cells = splitRow(line);
  if (cells?.length !== JOURNAL_CELLS) return undefined;
  const type = cells[0];
  const transfer = parseCount(cells[1] ?? '');
  const epoch = parseCount(cells[19] ?? '');
  const number = cells[20] === '' ? 0 : parseCount(cells[20] ?? '');
  const seal = cells[21] ?? '';
  if (transfer === undefined || epoch === undefined || number === undefined) return undefined;
  if (!/^[0-9a-f]{64}$/.test(seal)) return undefined;
  if (type === 'seal' || type === 'leave') {
    return { type, transfer, epoch, count: type === 'seal' ? number : 0, pin: undefined, seal };
  }
  if (type !== 'pin') return undefined;
  const pin = { segment: cells[15] ?? '', length: number, seal: cells[17] ?? '' };
  return { type, transfer, epoch, count: 0, pin, seal };
}

/** What follows the plain cells of most entries: no names, no texts, no key. */
const NOTHING_MORE = ','.repeat(JOURNAL_CELLS - 13);
const PLAIN_END = `,${NOTHING_MORE}\n`;
/** Cells before the first one that may be quoted. */
const PLAIN_CELLS = 12;
const NO_TEXTS: readonly string[] = new Array(JOURNAL_CELLS - PLAIN_CELLS).fill('');
let lastTime = '';

/**
 * Reads an entry's line (without line break). Its batch's seal has been held against the bytes. Each
 * process reads all that the others wrote, so this is written for speed: the plain cells are cut one by
 * one, and the texts are looked at only where there are any.
 */
export function decodeEntry(line: string, digitsOf: DigitsOf): Entry {
  const cells = plainCells(line);
  const [type = '', transferText = '', bookedAt = '', currency = '', amount = ''] = cells;
  const texts = textCells(line, cells[PLAIN_CELLS] ?? '');
  const digits = digitsOf(currency);
  const transfer = parseCount(transferText);
  undamaged(ENTRY_TYPES.includes(type), () => `the type "${type}" is unknown`);
  undamaged(transfer !== undefined, () => `"${transferText}" is no number of an entry`);
  // All entries of a batch have one time.
  undamaged(bookedAt === lastTime || isTime(bookedAt), () => `entry ${transfer} has no time`);
  lastTime = bookedAt;
  undamaged(digits !== undefined, () => `entry ${transfer} has the unknown currency "${currency}"`);
  return {
    type: type as EntryType,
    transfer,
    bookedAt,
    currency,
    amount: decodeAmount(amount, digits),
    debit: decodeLeg(cells, 5, digits),
    credit: decodeLeg(cells, 8, digits),
    limit: decodeAmount(cells[11] ?? '', digits),
    firstName: decodeText(texts[0] ?? ''),
    lastName: decodeText(texts[1] ?? ''),
    memo: decodeText(texts[2] ?? ''),
    reference: decodeText(texts[3] ?? ''),
    valueDate: texts[4] ?? '',
    key: decodeText(texts[6] ?? ''),
    details: decodeEntryDetails(decodeText(texts[5] ?? ''), digits, `entry ${transfer}`),
  };
}

/** The entries of one type among the lines of a batch; the others are not taken apart. @throws FormatDamage */
export function* entriesOfType(
  type: EntryType,
  lines: Buffer,
  digitsOf: DigitsOf,
): Generator<Entry> {
  const start = Buffer.from(`\n${type},`);
  for (let at = nextLine(start, lines, 0); at !== -1; ) {
    const end = lines.indexOf(10, at);
    yield decodeEntry(lines.toString('utf8', at, end), digitsOf);
    at = nextLine(start, lines, end);
  }
}

/** Where the next line begins that begins with `start`, a line break in front; at or behind `from`. */
function nextLine(start: Buffer, lines: Buffer, from: number): number {
  const first = start.length - 1;
  if (from === 0 && lines.subarray(0, first).equals(start.subarray(1))) return 0;
  const at = lines.indexOf(start, from);
  return at === -1 ? -1 : at + 1;
}

/** The cells that are never quoted, and the rest of the line behind them. */
function plainCells(line: string): string[] {
  const cells: string[] = [];
  let start = 0;
  for (let cell = 0; cell < PLAIN_CELLS; cell++) {
    const end = line.indexOf(',', start);
    undamaged(end !== -1, () => `a row has not ${JOURNAL_CELLS} cells: ${line.slice(0, 60)}`);
    cells.push(line.slice(start, end));
    start = end + 1;
  }
  cells.push(line.slice(start));
  return cells;
}

function textCells(line: string, rest: string): readonly string[] {
  if (rest === NOTHING_MORE) return NO_TEXTS;
  const cells = splitRow(rest);
  undamaged(
    cells?.length === NO_TEXTS.length,
    () => `a row has not ${JOURNAL_CELLS} cells: ${line.slice(0, 60)}`,
  );
  return cells;
}

function decodeAmount(text: string, digits: number): bigint {
  if (text === '') return 0n;
  const minor = parseMinor(text, digits);
  undamaged(minor !== undefined, () => `"${text}" is no amount`);
  return minor;
}

function decodeLeg(cells: readonly string[], at: number, digits: number): Leg | undefined {
  const account = cells[at] ?? '';
  if (account === '') return undefined;
  undamaged(isAccountId(account), () => `"${account.slice(0, 80)}" is no account id`);
  const seq = parseCount(cells[at + 1] ?? '');
  undamaged(seq !== undefined && seq > 0, () => `the number of a row of ${account} is odd`);
  const balance = parseMinor(cells[at + 2] ?? '', digits);
  undamaged(balance !== undefined, () => `a row of ${account} has no balance`);
  return { account, seq, balance };
}

/** `(3, 17)` → `000003-17.csv`. */
export function segmentName(number: number, epoch: number): string {
  return `${String(number).padStart(6, '0')}-${epoch}.csv`;
}

/** Takes a segment's file name apart; `undefined` for a name that no segment has. */
export function parseSegmentName(name: string): { number: number; epoch: number } | undefined {
  const match = /^([0-9]{6,12})-([0-9]{1,15})\.csv$/.exec(name);
  if (!match) return undefined;
  const [number, epoch] = [Number(match[1]), Number(match[2])];
  // One segment, one name: not 0000003 for 000003.
  return segmentName(number, epoch) === name ? { number, epoch } : undefined;
}
