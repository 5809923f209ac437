/**
 * A run: a file of lines in order, each beginning with a key of its own, that is searched without being read
 * whole. Its lines stand in blocks, and behind them a table tells where each block lies, its check and its
 * first key. Lines are told as Latin-1 of their bytes, so that texts compare as the bytes do.
 */
import { checkOf } from './check.js';
import { parseCount } from './csv.js';
import { undamaged } from './damage.js';
import { digestOf, KeyFilter } from './key-filter.js';

/** What is said of a run by whoever names it: enough to read its table, and to hold that against its check. */
export interface RunFacts {
  readonly lines: number;
  /** Where its table begins. */
  readonly table: number;
  readonly bytes: number;
  /** Of its table, which has the checks of all else. */
  readonly check: string;
}

/** Where a block of a run lies, or its filter. */
export interface RunPart {
  readonly start: number;
  readonly end: number;
  readonly check: string;
}

/** What the table of a run tells. */
export interface RunTable {
  /** A row for each block, still one text: there may be thousands, and a few are wanted ({@link rowsFrom}). */
  readonly blocks: string;
  /** Where the filter lies, if there is one. */
  readonly filter: RunPart | undefined;
}

const TABLE_HEADER = 'block,start,end,check,first\n';
/** Instead of a block's number: the row of the filter. */
const FILTER = 'filter';

/** The key of a line: its first cell, which is no text of people's. */
export function keyOf(line: string): string {
  const end = line.indexOf(',');
  return end === -1 ? line : line.slice(0, end);
}

/** Puts a run together, line by line, in order. */
export class RunBuilder {
  readonly #blockBytes: number;
  #table = TABLE_HEADER;
  #block = '';
  #first = '';
  #start: number;
  #lines = 0;
  #blocks = 0;
  readonly #filter: KeyFilter | undefined;

  /**
   * `header` is the run's first line, without its line break, and none of its lines. With a `filter` its keys are
   * digests, and are added there.
   */
  constructor(header: string, blockBytes: number, filter?: KeyFilter) {
    this.#blockBytes = blockBytes;
    this.#start = header.length + 1;
    this.#filter = filter;
  }

  /** Takes one line, without its line break. Answers the bytes of a block that it filled. */
  push(line: string): Buffer | undefined {
    if (this.#block === '') this.#first = keyOf(line);
    this.#filter?.add(digestOf(keyOf(line)));
    this.#block += `${line}\n`;
    this.#lines++;
    return this.#block.length < this.#blockBytes ? undefined : this.#endBlock();
  }

  #endBlock(): Buffer {
    const bytes = Buffer.from(this.#block, 'latin1');
    const end = this.#start + bytes.length;
    this.#table += `${++this.#blocks},${this.#start},${end},${checkOf(bytes)},${this.#first}\n`;
    this.#start = end;
    this.#block = '';
    return bytes;
  }

  /** The bytes that are left, the table last, and what is to be said of the run. */
  end(): { readonly bytes: Buffer; readonly facts: RunFacts } {
    const rest = this.#block === '' ? Buffer.alloc(0) : this.#endBlock();
    const filter = this.#endFilter();
    const table = Buffer.from(this.#table, 'latin1');
    const facts = {
      lines: this.#lines,
      table: this.#start,
      bytes: this.#start + table.length,
      check: checkOf(table),
    };
    return { bytes: Buffer.concat([rest, filter, table]), facts };
  }

  #endFilter(): Buffer {
    if (this.#filter === undefined) return Buffer.alloc(0);
    const bytes = Buffer.from(`${Buffer.from(this.#filter.bytes).toString('base64')}\n`);
    const end = this.#start + bytes.length;
    this.#table += `${FILTER},${this.#start},${end},${checkOf(bytes)},\n`;
    this.#start = end;
    return bytes;
  }
}

/** Reads the table of a run. @throws FormatDamage */
export function decodeTable(bytes: Buffer, { check }: RunFacts): RunTable {
  undamaged(checkOf(bytes) === check, 'its table is not the one that it was made with');
  const rows = wholeLines(bytes).slice(TABLE_HEADER.length);
  const last = rows.lastIndexOf('\n', rows.length - 2) + 1;
  if (!rows.startsWith(`${FILTER},`, last)) return { blocks: rows, filter: undefined };
  return { blocks: rows.slice(0, last), filter: partOf(rows.slice(last, -1)) };
}

/** Rows of the table from the place `at` on, as {@link blockFor} tells it. */
export function* rowsFrom({ blocks }: RunTable, at: number): Generator<string, undefined> {
  for (let start = at; start < blocks.length; ) {
    const end = blocks.indexOf('\n', start);
    yield blocks.slice(start, end);
    start = end + 1;
  }
}

/** What a row of the table tells. @throws FormatDamage */
export function partOf(row: string): RunPart {
  const [, from = '', to = '', check = ''] = row.split(',');
  const [start, end] = [parseCount(from), parseCount(to)];
  undamaged(start !== undefined && end !== undefined, 'its table has an odd row');
  return { start, end, check };
}

/** Key of the first line of the block that a row is of. */
const firstKeyOf = (row: string) => row.slice(row.lastIndexOf(',') + 1);

/** Reads the filter of a run. @throws FormatDamage */
export function decodeFilter(bytes: Buffer, { check }: RunPart): KeyFilter {
  undamaged(checkOf(bytes) === check, 'its filter was changed');
  return new KeyFilter(Buffer.from(bytes.toString('latin1'), 'base64'));
}

/** The first line of a block that begins so. */
export function lineBeginning(block: string, start: string): string | undefined {
  const at = block.startsWith(start) ? 0 : block.indexOf(`\n${start}`) + 1;
  if (at === 0 && !block.startsWith(start)) return undefined;
  return block.slice(at, block.indexOf('\n', at));
}

/** Lines of a block, still one text, each with its line break. @throws FormatDamage */
export function decodeBlock(bytes: Buffer, { start, check }: RunPart): string {
  undamaged(checkOf(bytes) === check, () => `the block at byte ${start} was changed`);
  return wholeLines(bytes);
}

/** Whoever walks through lines goes from one line break to the next. */
function wholeLines(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  undamaged(text.endsWith('\n'), 'its last line has no end');
  return text;
}

/** Place in the table of the row whose block may have a line with `key`, or the next behind it. */
export function blockFor({ blocks }: RunTable, key: string): number {
  const next = startBehind(blocks, key, firstKeyOf);
  return next === 0 ? 0 : blocks.lastIndexOf('\n', next - 2) + 1;
}

/**
 * Lines of `block` behind the key `behind` that have all of `words` in them; without words all lines. Each is made when
 * it is asked for.
 */
export function* linesIn(
  block: string,
  behind: string,
  words: readonly string[],
): Generator<string, undefined> {
  const from = startBehind(block, behind, keyOf);
  // The longest is the rarest, most of the time.
  const [rare = '', ...others] = [...words].sort((a, b) => b.length - a.length);
  for (let hit = block.indexOf(rare, from); hit !== -1; ) {
    if (hit === block.length) break; // Without a word that would go on for ever.
    const start = block.lastIndexOf('\n', hit - 1) + 1;
    const end = block.indexOf('\n', hit);
    const line = block.slice(start, end);
    if (others.every((word) => line.includes(word))) yield line;
    hit = block.indexOf(rare, end + 1);
  }
}

/** Where the first of some lines begins whose key is behind `behind`; the length of all where none is. */
function startBehind(lines: string, behind: string, keyIn: (line: string) => string): number {
  let [low, high] = [0, behind === '' ? 0 : lines.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = lines.lastIndexOf('\n', middle - 1) + 1;
    const end = lines.indexOf('\n', middle);
    if (keyIn(lines.slice(start, end)) > behind) high = start;
    else low = end + 1;
  }
  return low;
}
