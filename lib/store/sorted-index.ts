/**
 * An index: lines in order, in a few runs that never change, and a list that names them. Who looks for
 * something reads a block or two of each run. An index is derived from the journal, and is made anew from it
 * where it is missing or damaged. Who decides about money by one (keys.ts) holds it against the journal first.
 *
 * Runs grow as they are joined (index-writer.ts), so that there are never more than a few for each doubling of
 * the number of lines.
 */
import { join } from 'node:path';
import { type Disk, type DiskFile, errorCode, ifThere, readRange } from '../disk/disk.js';
import type { System } from '../disk/system.js';
import { checkOf } from '../format/check.js';
import { decodeIndexList, type IndexList, type NamedRun } from '../format/index-list.js';
import type { KeyDigest, KeyFilter } from '../format/key-filter.js';
import type { Checkpoint } from '../format/position.js';
import {
  blockFor,
  decodeBlock,
  decodeFilter,
  decodeTable,
  keyOf,
  lineBeginning,
  linesIn,
  partOf,
  type RunTable,
  rowsFrom,
} from '../format/sorted-run.js';
import { Breath } from './breath.js';
import { named } from './damage.js';

export const INDEX_FOLDER = 'index';

/** What an index is of: the name of its files, and the cell of the checkpoint that names its list. */
export interface IndexName {
  readonly name: 'roster' | 'keys';
  readonly cell: 'index' | 'keys';
}

/** `roster.csv`, a list, or `roster-17-3.csv`, a run: its number, and the epoch of the poster that made it. */
export function isIndexFile(name: string): boolean {
  return /^(?:roster|keys)(?:-[1-9][0-9]*-[1-9][0-9]*)?\.csv$/.test(name);
}

/** Whether a file, relative to the bank's directory, is one of an index, or the folder of all of them. */
export function isOfIndex(file: string): boolean {
  return file === INDEX_FOLDER || file.startsWith(`${INDEX_FOLDER}/`);
}

/** How many lists are read at most because a run of the one before was gone: somebody joins runs all the time, it seems. */
export const LISTS_READ_MAX = 20;

/** Where a bank's indexes lie. */
export interface IndexPlace {
  readonly disk: Disk;
  readonly system: Pick<System, 'monotonic' | 'turn'>;
  readonly directory: string;
}

/** The list of an index and its runs, as files under the bank's directory. */
export class SortedIndex {
  readonly listFile: string;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #breath: Breath;
  /** Tables of runs, by their names: a run never changes. */
  #tables = new Map<string, RunTable>();
  /** Their filters, as far as somebody wanted them. */
  readonly #filters = new Map<string, KeyFilter>();
  readonly #cell: IndexName['cell'];

  constructor({ disk, system, directory }: IndexPlace, { name, cell }: IndexName) {
    this.#cell = cell;
    this.listFile = `${INDEX_FOLDER}/${name}.csv`;
    this.#disk = disk;
    this.#directory = directory;
    this.#breath = new Breath(system);
  }

  /**
   * The list; `undefined` where there is none that goes with a checkpoint which was read before: one of an older
   * day lacks what has been posted since. @throws BankError BANK_DAMAGED
   */
  async list(checkpoint: Checkpoint): Promise<IndexList | undefined> {
    const bytes = await ifThere(() => this.#disk.read(join(this.#directory, this.listFile)));
    if (bytes === undefined) return undefined;
    const list = named(this.listFile, () => decodeIndexList(bytes.toString('utf8')));
    const isAhead = list.position.transfer >= checkpoint.position.transfer;
    return isAhead || checkOf(bytes) === checkpoint[this.#cell] ? list : undefined;
  }

  /** Whether all runs of a list are there, as long as they were made. */
  async hasAll({ runs }: IndexList): Promise<boolean> {
    for (const { name, bytes } of runs) {
      const facts = await this.#disk.facts(join(this.#directory, INDEX_FOLDER, name));
      if (facts?.size !== bytes || facts.folder) return false;
    }
    return true;
  }

  /**
   * Lines behind the key `behind` that have all of `words` in them, in order, each key once. Words are given as
   * they stand in the lines. @throws BankError BANK_DAMAGED; RunGone where the list was replaced meanwhile
   */
  async *lines(
    runs: readonly NamedRun[],
    behind = '',
    words: readonly string[] = [],
  ): AsyncGenerator<string> {
    const readers: RunReader[] = [];
    try {
      // The youngest first: of two lines with one key its counts.
      for (const run of [...runs].reverse()) readers.push(await this.#open(run, behind, words));
      this.#tables = new Map([...this.#tables].filter(([name]) => isNamed(runs, name)));
      yield* joined(readers);
    } finally {
      for (const reader of readers) await reader.close();
    }
  }

  async #open(run: NamedRun, behind: string, words: readonly string[]): Promise<RunReader> {
    const open = await this.#openFile(run);
    try {
      const table = await this.#table(run, open);
      return new RunReader(fileOf(run), open, table, this.#breath, behind, words);
    } catch (error) {
      await open.close();
      throw error;
    }
  }

  async #openFile(run: NamedRun): Promise<DiskFile> {
    try {
      return await this.#disk.open(join(this.#directory, fileOf(run)), 'read');
    } catch (error) {
      throw errorCode(error) === 'ENOENT' ? new RunGone(fileOf(run)) : error;
    }
  }

  async #table(run: NamedRun, open: DiskFile): Promise<RunTable> {
    const known = this.#tables.get(run.name);
    if (known) return known;
    const bytes = await readRange(open, run.table, run.bytes);
    const table = named(fileOf(run), () => decodeTable(bytes, run));
    this.#tables.set(run.name, table);
    return table;
  }

  /**
   * Reads the filters of runs that have one, so that keys that are not there are looked up without the disk.
   * @throws BankError BANK_DAMAGED; RunGone
   */
  async loadFilters(runs: readonly NamedRun[]): Promise<void> {
    for (const name of this.#filters.keys()) if (!isNamed(runs, name)) this.#filters.delete(name);
    for (const run of runs) {
      if (this.#filters.has(run.name)) continue;
      const open = await this.#openFile(run);
      try {
        const { filter } = await this.#table(run, open);
        if (filter === undefined) continue;
        const bytes = await readRange(open, filter.start, filter.end);
        this.#filters.set(
          run.name,
          named(fileOf(run), () => decodeFilter(bytes, filter)),
        );
      } finally {
        await open.close();
      }
      await this.#breath.take();
    }
  }

  /** Whether any of the runs may have a key, by the filters that are loaded. */
  mayHave(runs: readonly NamedRun[], key: KeyDigest): boolean {
    return runs.some(({ name }) => this.#filters.get(name)?.mayHave(key) !== false);
  }

  /** The line with a digest, of the youngest run that has one. @throws BankError BANK_DAMAGED; RunGone */
  async lineOf(runs: readonly NamedRun[], key: KeyDigest): Promise<string | undefined> {
    for (let at = runs.length - 1; at >= 0; at--) {
      const run = runs[at] as NamedRun;
      if (this.#filters.get(run.name)?.mayHave(key) === false) continue;
      const open = await this.#openFile(run);
      try {
        const table = await this.#table(run, open);
        const place = blockFor(table, `${key.hex}${BEHIND_NUMBERS}`);
        const row = rowsFrom(table, place).next().value;
        if (row === undefined) continue;
        const part = named(fileOf(run), () => partOf(row));
        const bytes = await readRange(open, part.start, part.end);
        const text = named(fileOf(run), () => decodeBlock(bytes, part));
        const line = lineBeginning(text, `${key.hex}-`);
        if (line !== undefined) return line;
      } finally {
        await open.close();
      }
    }
    return undefined;
  }
}

/** Behind every number that may follow a digest. */
const BEHIND_NUMBERS = '~';

const fileOf = ({ name }: NamedRun) => `${INDEX_FOLDER}/${name}`;

/** A run that the list names is not there: the list may be another one by now. */
export class RunGone extends Error {
  override readonly name = 'RunGone';
  readonly file: string;

  constructor(file: string) {
    super(`${file} is not there`);
    this.file = file;
  }
}

const isNamed = (runs: readonly NamedRun[], name: string) => runs.some((run) => run.name === name);

/** One run, read on block by block. */
class RunReader {
  readonly #file: string;
  readonly #open: DiskFile;
  readonly #table: RunTable;
  readonly #breath: Breath;
  readonly #behind: string;
  readonly #words: readonly string[];
  #next: number;
  /** Room for a block: who searches all of them would have the system find as much memory as the run is long. */
  #bytes: Buffer = Buffer.alloc(0);
  #lines: Iterator<string, undefined> = [].values();
  /** The line that it stands at, and its key; `undefined` behind the last. */
  line: string | undefined;
  key = '';

  constructor(
    file: string,
    open: DiskFile,
    table: RunTable,
    breath: Breath,
    behind: string,
    words: readonly string[],
  ) {
    this.#file = file;
    this.#open = open;
    this.#table = table;
    this.#breath = breath;
    this.#behind = behind;
    this.#words = words;
    this.#next = blockFor(table, behind);
  }

  /** Goes on to the next wanted line of its block. Answers whether there was one. */
  step(): boolean {
    const line = this.#lines.next().value;
    this.line = line;
    if (line !== undefined) this.key = keyOf(line);
    return line !== undefined;
  }

  /** Goes on to the next wanted line of the blocks that are left. */
  async turn(): Promise<void> {
    for (const row of rowsFrom(this.#table, this.#next)) {
      this.#next += row.length + 1;
      const part = named(this.#file, () => partOf(row));
      const bytes = await readRange(this.#open, part.start, part.end, this.#bytes);
      if (bytes.length > this.#bytes.length) this.#bytes = bytes;
      const text = named(this.#file, () => decodeBlock(bytes, part));
      this.#lines = linesIn(text, this.#behind, this.#words);
      await this.#breath.take();
      if (this.step()) return;
    }
  }

  async close(): Promise<void> {
    await this.#open.close();
  }
}

/** The lines of several runs in one order; of those with one key the first reader's. */
async function* joined(readers: readonly RunReader[]): AsyncGenerator<string> {
  for (const reader of readers) await reader.turn();
  for (;;) {
    let first: RunReader | undefined;
    for (const reader of readers) {
      if (reader.line === undefined) continue;
      if (first?.line === undefined || reader.key < first.key) first = reader;
    }
    if (first?.line === undefined) return;
    const { line, key } = first;
    yield line;
    for (const reader of readers) {
      if (reader.line === undefined || reader.key !== key) continue;
      if (!reader.step()) await reader.turn();
    }
  }
}
