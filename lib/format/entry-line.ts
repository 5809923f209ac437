/**
 * The cells of an entry's line, where they lie in the journal's bytes. For who copies them into another book
 * and wants no more than a few of them as values: taking a line apart into strings, and putting it together
 * again, costs five times as much.
 */
import { type AccountId, isAccountId } from '../ledger/account-id.js';
import { parseMinor } from '../ledger/money.js';
import { decodeText, isTime, splitRow } from './csv.js';
import { undamaged } from './damage.js';
import type { RowWriter } from './row-writer.js';

/** Cells of a line, by their place in the journal's header. */
export const CELL = {
  type: 0,
  transfer: 1,
  bookedAt: 2,
  currency: 3,
  amount: 4,
  debit: 5,
  credit: 8,
  memo: 14,
  valueDate: 16,
  details: 17,
  key: 18,
} as const;
const CELLS = 22;
const [QUOTE, COMMA, LINE_BREAK, POINT, MINUS, ZERO] = [34, 44, 10, 46, 45, 48];
/** Numbers of so many digits are exact. */
const EXACT_DIGITS = 15;

/** A side of an entry: its first cell is the account, then its running number, then its balance. */
export type Side = typeof CELL.debit | typeof CELL.credit;

export class EntryLine {
  bytes: Buffer = Buffer.alloc(0);
  /** Where each cell begins; one more: behind the line break. */
  readonly #starts = new Int32Array(CELLS + 1);
  /** The last time that was read: all entries of a batch have one. */
  #time = '';

  /** Takes the line apart that begins at `at`. Answers where the next one begins. */
  read(bytes: Buffer, at: number): number {
    const starts = this.#starts;
    const { length } = bytes;
    this.bytes = bytes;
    starts[0] = at;
    let cell = 1;
    let quoted = false;
    let end = at;
    for (; end < length; end++) {
      const code = bytes[end] as number;
      if (code > COMMA) continue; // Most are: letters, digits, points.
      // A doubled quote ends one piece of the text, and begins the next.
      if (code === QUOTE) quoted = !quoted;
      else if (quoted) continue;
      else if (code === COMMA) starts[cell++] = end + 1;
      else if (code === LINE_BREAK) break;
    }
    undamaged(cell === CELLS && bytes[end] === LINE_BREAK, () => `a row has not ${CELLS} cells`);
    starts[CELLS] = end + 1;
    return end + 1;
  }

  start(cell: number): number {
    return this.#starts[cell] as number;
  }

  end(cell: number): number {
    return (this.#starts[cell + 1] as number) - 1;
  }

  isEmpty(cell: number): boolean {
    return this.start(cell) === this.end(cell);
  }

  /** The whole line, without its line break. */
  text(): string {
    return this.bytes.toString('utf8', this.start(0), this.end(CELLS - 1));
  }

  /** Copies the cells from `first` to `last` into another row, with the commas between them. */
  copy(to: RowWriter, first: number, last = first): void {
    to.copy(this.bytes, this.start(first), this.end(last));
  }

  /** The text of a cell that is ASCII, and has no quotes. */
  plain(cell: number): string {
    return this.bytes.toString('latin1', this.start(cell), this.end(cell));
  }

  /** The JSON text of the entry's details; '' if it has none. */
  details(): string {
    if (this.isEmpty(CELL.details)) return '';
    const cell = this.bytes.toString('utf8', this.start(CELL.details), this.end(CELL.details));
    return decodeText(splitRow(cell)?.[0] ?? '');
  }

  /** Whether a cell says `text`, which is ASCII. */
  says(cell: number, text: string): boolean {
    const start = this.start(cell);
    if (this.end(cell) - start !== text.length) return false;
    for (let at = 0; at < text.length; at++) {
      if (this.bytes[start + at] !== text.charCodeAt(at)) return false;
    }
    return true;
  }

  /** Whether the entry moves money, and changes nothing else of an account. */
  moves(): boolean {
    const type = CELL.type;
    return this.says(type, 'transfer') || this.says(type, 'deposit') || this.says(type, 'withdraw');
  }

  /** When the entry was booked. */
  bookedAt(): string {
    if (this.#time !== '' && this.says(CELL.bookedAt, this.#time)) return this.#time;
    const time = this.plain(CELL.bookedAt);
    undamaged(isTime(time), () => `"${time.slice(0, 80)}" is no time`);
    this.#time = time;
    return time;
  }

  /** An amount of a currency with `digits` decimals, in minor units. */
  minor(cell: number, digits: number): bigint {
    const [start, end] = [this.start(cell), this.end(cell)];
    const { bytes } = this;
    const first = bytes[start] === MINUS ? start + 1 : start;
    const point = digits === 0 ? end : end - digits - 1;
    // Whatever is out of the ordinary is looked at by the one who knows the rules.
    const odd = () => this.#oddMinor(cell, digits);
    if (point <= first || end - first > EXACT_DIGITS) return odd();
    if (bytes[first] === ZERO && point > first + 1) return odd();
    let units = 0;
    for (let at = first; at < end; at++) {
      if (at === point) {
        if (bytes[at] !== POINT) return odd();
        continue;
      }
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) return odd();
      units = units * 10 + digit;
    }
    if (first === start) return BigInt(units);
    return units === 0 ? odd() : BigInt(-units);
  }

  #oddMinor(cell: number, digits: number): bigint {
    const text = this.plain(cell);
    const minor = parseMinor(text, digits);
    undamaged(minor !== undefined, () => `"${text.slice(0, 80)}" is no amount`);
    return minor;
  }

  /** A count from 1 on. */
  count(cell: number): number {
    const [start, end] = [this.start(cell), this.end(cell)];
    let count = 0;
    for (let at = start; at < end; at++) {
      const digit = (this.bytes[at] as number) - ZERO;
      undamaged(digit >= 0 && digit <= 9, 'a row has an odd number');
      count = count * 10 + digit;
    }
    undamaged(count > 0 && Number.isSafeInteger(count), 'a row has an odd number');
    return count;
  }
}

/** One side of an entry's line. */
export interface LegLine {
  readonly line: EntryLine;
  readonly side: Side;
}

const SEEN_MAX = 1 << 16;

/**
 * Account ids in bytes, as strings. The same few thousand come again and again: one that was met lately is
 * found without making a string.
 */
export class IdReader {
  readonly #seen: (AccountId | undefined)[] = [];

  /** The id in a cell. */
  read(line: EntryLine, cell: number): AccountId {
    const [start, end] = [line.start(cell), line.end(cell)];
    let hash = 0;
    for (let at = start; at < end; at++)
      hash = (Math.imul(hash, 31) + (line.bytes[at] as number)) | 0;
    const place = (hash ^ (hash >>> 16)) & (SEEN_MAX - 1);
    const seen = this.#seen[place];
    if (seen !== undefined && line.says(cell, seen)) return seen;
    const id = line.plain(cell);
    undamaged(isAccountId(id), () => `"${id.slice(0, 80)}" is no account id`);
    this.#seen[place] = id;
    return id;
  }
}
