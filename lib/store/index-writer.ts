/**
 * Adds lines to an index, as the poster does before it moves its checkpoint:
 *
 *  X1 stage a run of the new lines, and of those of the runs that it takes in, durably
 *  X2 rename it into place, and make its name durable
 *  X3 stage the list that names it, durably, and rename it over the one before: from here on it counts
 *  X4 remove the runs that it took in
 *
 * After a crash at any step the list before or the one behind it stands, and all that it names is there. What
 * no list names is removed by whoever posts next.
 */
import { join } from 'node:path';
import { type Disk, mustBeThere, removeIfThere, writeAll, writeDurably } from '../disk/disk.js';
import { checkOf } from '../format/check.js';
import { encodeIndexList, type IndexList, type NamedRun } from '../format/index-list.js';
import { KeyFilter } from '../format/key-filter.js';
import type { DigitsOf } from '../format/passbook-page.js';
import { keyOf, RunBuilder, type RunFacts } from '../format/sorted-run.js';
import { unlessDamaged } from './damage.js';
import {
  INDEX_FOLDER,
  type IndexName,
  type IndexPlace,
  isIndexFile,
  SortedIndex,
} from './sorted-index.js';

/** What an index is of. */
export interface IndexKind extends IndexName {
  /** First line of each run. */
  readonly header: string;
  /** Its keys are digests, and each run has a filter of them. */
  readonly filtered: boolean;
  /**
   * Runs of about one length that are joined: with two, each line is written again each time that the index
   * doubles; with more, less often, and there are more runs to be looked at.
   */
  readonly joins: number;
  /** The lines that a batch of the journal adds. @throws FormatDamage */
  linesOf(batch: Buffer, digitsOf: DigitsOf): string[];
}

/** Where what is on its way is staged, as its owner has it: renamed from there, or not at all. */
export interface Staging {
  /** The path of another file, under a name that was never used there before. */
  next(): string;
  /** Of the owner: none that is alive has the same. */
  readonly epoch: number;
  /** What is thrown where that place has another owner by now. */
  readonly gone: () => Error;
}

/** Runs behind an addition, and those that they have taken in. */
export interface Grown {
  readonly runs: readonly NamedRun[];
  readonly taken: readonly NamedRun[];
}

export class IndexWriter {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #folder: string;
  readonly #kind: IndexKind;
  readonly #blockBytes: number;
  readonly #index: SortedIndex;
  /** Number of the newest run; `undefined`: nobody has looked yet. */
  #newest: number | undefined;

  constructor(place: IndexPlace, kind: IndexKind, blockBytes: number) {
    this.#disk = place.disk;
    this.#directory = place.directory;
    this.#folder = join(place.directory, INDEX_FOLDER);
    this.#kind = kind;
    this.#blockBytes = blockBytes;
    this.#index = new SortedIndex(place, kind);
  }

  /**
   * Removes runs that are not among `runs`: of a poster that died, or of an index that was made anew. Those of
   * a newer epoch stay: who slept, and has lost its desk to another one, does not know what that one's list names.
   */
  async clear(runs: readonly NamedRun[], { epoch }: Staging): Promise<void> {
    for (const name of await this.#runsThere()) {
      if (partsOf(name).epoch > epoch || runs.some((run) => run.name === name)) continue;
      // What is no file was put there by somebody else, who is told of it by `verify`.
      await unlessDamaged(() => removeIfThere(this.#disk, join(this.#folder, name)));
    }
  }

  /** Names of all runs that lie there. The folder is made where it is missing. */
  async #runsThere(): Promise<string[]> {
    if (await this.#disk.makeFolder(this.#folder)) await this.#disk.syncFolder(this.#directory);
    const names = await this.#disk.list(this.#folder);
    return names.filter((name) => name.startsWith(`${this.#kind.name}-`) && isIndexFile(name));
  }

  /** A number that no run there has, nor has had while this one writes. */
  async #nextNumber(): Promise<number> {
    this.#newest ??= Math.max(0, ...(await this.#runsThere()).map((name) => partsOf(name).number));
    return ++this.#newest;
  }

  /**
   * X1 and X2: adds a run with `lines`, of which the last with a key counts. No list names it yet.
   * @throws BankError BANK_DAMAGED, RunGone: of a run that is taken in
   */
  async grow(
    before: readonly NamedRun[],
    lines: readonly string[],
    staging: Staging,
  ): Promise<Grown> {
    const fresh = inOrder(lines);
    const kept = keptBehind(before, fresh.length, this.#kind.joins);
    const [runs, taken] = [before.slice(0, kept), before.slice(kept)];
    const count = taken.reduce((sum, run) => sum + run.lines, fresh.length);
    const path = staging.next();
    const joined = joinedWith(fresh, this.#index.lines(taken));
    const facts = await this.#stage(path, joined, count, staging);
    // Behind a power cut an epoch may come again, and while somebody sleeps a number: never both.
    const file = `${this.#kind.name}-${await this.#nextNumber()}-${staging.epoch}.csv`;
    const rename = () => this.#disk.rename(path, join(this.#folder, file));
    await mustBeThere(rename, staging.gone);
    await this.#disk.syncFolder(this.#folder);
    return { runs: [...runs, { ...facts, name: file }], taken };
  }

  /** X3: from here on the list counts. Answers its check, by which a checkpoint names it. */
  async publish(list: IndexList, staging: Staging): Promise<string> {
    const path = staging.next();
    const bytes = Buffer.from(encodeIndexList(list));
    await mustBeThere(async () => {
      await writeDurably(this.#disk, path, bytes);
      await this.#disk.rename(path, join(this.#folder, `${this.#kind.name}.csv`));
    }, staging.gone);
    await this.#disk.syncFolder(this.#folder);
    return checkOf(bytes);
  }

  /** X4. */
  async remove(runs: readonly NamedRun[]): Promise<void> {
    for (const { name } of runs) await removeIfThere(this.#disk, join(this.#folder, name));
  }

  /** X1. */
  async #stage(
    path: string,
    lines: AsyncIterable<string>,
    countMax: number,
    { gone }: Staging,
  ): Promise<RunFacts> {
    const { header, filtered } = this.#kind;
    const filter = filtered ? KeyFilter.for(countMax) : undefined;
    const builder = new RunBuilder(header, this.#blockBytes, filter);
    const file = await mustBeThere(() => this.#disk.open(path, 'create'), gone);
    try {
      let end = 0;
      const write = async (bytes: Buffer) => {
        await writeAll(file, bytes, end);
        end += bytes.length;
      };
      await write(Buffer.from(`${header}\n`));
      for await (const line of lines) {
        const block = builder.push(line);
        if (block) await write(block);
      }
      const { bytes, facts } = builder.end();
      await write(bytes);
      await file.sync();
      return facts;
    } finally {
      await file.close();
    }
  }
}

/**
 * How many of the runs stay when one of `count` lines is added. Those behind them are joined with it, where there
 * are `joins` of about one length, itself among them; and again, with what that has become.
 */
function keptBehind(runs: readonly NamedRun[], count: number, joins: number): number {
  let kept = runs.length;
  for (let sum = count; ; ) {
    // Runs at the end that are less than twice as long as what has come together.
    let first = kept;
    while (first > 0 && (runs[first - 1] as NamedRun).lines < sum * 2) first--;
    if (kept - first < joins - 1) return kept;
    for (const { lines } of runs.slice(first, kept)) sum += lines;
    kept = first;
  }
}

/** `roster-17-3.csv` → 17, 3. */
function partsOf(name: string): { readonly number: number; readonly epoch: number } {
  const [, number, epoch] = name.split(/[-.]/);
  return { number: Number(number), epoch: Number(epoch) };
}

/** Lines in the order of their keys; of those with one key the last. */
export function inOrder(lines: readonly string[]): string[] {
  const byKey = new Map(lines.map((line) => [keyOf(line), line]));
  const keys = [...byKey.keys()].sort((a, b) => (a < b ? -1 : 1));
  return keys.map((key) => byKey.get(key) as string);
}

/** Both in one order; of two lines with one key the one in `fresh`. */
export async function* joinedWith(
  fresh: readonly string[],
  older: AsyncIterable<string>,
): AsyncGenerator<string> {
  let at = 0;
  for await (const line of older) {
    const key = keyOf(line);
    for (; keyOf(fresh[at] ?? AFTER_ALL) < key; at++) yield fresh[at] as string;
    if (keyOf(fresh[at] ?? AFTER_ALL) !== key) yield line;
  }
  yield* fresh.slice(at);
}

/** Behind every key: none has such a letter. */
const AFTER_ALL = '\uffff';
