/**
 * A run: a file of lines in order, each beginning with a key of its own, that is searched without being read
 * whole. Its lines stand in blocks, and behind them a table tells where each block lies, its check and its
 * first key. Lines are told as Latin-1 of their bytes, so that texts compare as the bytes do.
 */
import { checkOf } from './check.js';
import { parseCount, splitRow } from './csv.js';
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

/** Where a block lies in a run. */
export interface RunBlock {
  readonly start: number;
  readonly end: number;
  readonly check: string;
  /** Key of its first line. */
  readonly first: string;
}

/** Where the filter of a run lies, if it has one. */
export type FilterPlace = Omit<RunBlock, 'first'>;

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
export function decodeTable(
  bytes: Buffer,
  { check }: RunFacts,
): { readonly blocks: RunBlock[]; readonly filter: FilterPlace | undefined } {
  undamaged(checkOf(bytes) === check, 'its table is not the one that it was made with');
  const lines = bytes.toString('latin1').slice(TABLE_HEADER.length).split('\n');
  const blocks: RunBlock[] = [];
  let filter: FilterPlace | undefined;
  for (const line of lines.slice(0, -1)) {
    const [name, from = '', to = '', block = '', first = ''] = splitRow(line) ?? [];
    const [start, end] = [parseCount(from), parseCount(to)];
    undamaged(start !== undefined && end !== undefined, 'its table has an odd row');
    if (name === FILTER) filter = { start, end, check: block };
    else blocks.push({ start, end, check: block, first });
  }
  return { blocks, filter };
}

/** Reads the filter of a run. @throws FormatDamage */
export function decodeFilter(bytes: Buffer, { check }: FilterPlace): KeyFilter {
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
export function decodeBlock(bytes: Buffer, { start, check }: RunBlock): string {
  undamaged(checkOf(bytes) === check, () => `the block at byte ${start} was changed`);
  return bytes.toString('latin1');
}

/** Place of the block in which a line with `key`, or the next behind it, may lie. */
export function blockFor(table: readonly RunBlock[], key: string): number {
  let [low, high] = [0, table.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((table[middle] as RunBlock).first <= key) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** Lines of `block` behind the key `behind` that have all of `words` in them; without words all lines. */
export function linesIn(block: string, behind: string, words: readonly string[]): string[] {
  const found: string[] = [];
  // The longest is the rarest, most of the time.
  const [rare = '', ...others] = [...words].sort((a, b) => b.length - a.length);
  const next = (at: number) => (rare === '' && at === block.length ? -1 : block.indexOf(rare, at));
  for (let hit = next(0); hit !== -1; ) {
    const start = hit === 0 ? 0 : block.lastIndexOf('\n', hit - 1) + 1;
    const end = block.indexOf('\n', hit);
    const line = block.slice(start, end);
    if (keyOf(line) > behind && others.every((word) => line.includes(word))) found.push(line);
    hit = next(end + 1);
  }
  return found;
}
