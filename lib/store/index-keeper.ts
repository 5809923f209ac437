import { errorCode } from '../disk/disk.js';
import { checkOf } from '../format/check.js';
import { encodeIndexList, type NamedRun } from '../format/index-list.js';
import type { DigitsOf } from '../format/passbook-page.js';
import type { Checkpoint, Position } from '../format/position.js';
import { Breath } from './breath.js';
import { isDamageFound, named } from './damage.js';
import { isFull } from './disk-error.js';
import { type IndexKind, IndexWriter, type Staging } from './index-writer.js';
import { JOURNAL_START } from './journal.js';
import { INDEX_LINES_MAX } from './limits.js';
import type { Log } from './log.js';
import { type IndexPlace, isOfIndex, RunGone, SortedIndex } from './sorted-index.js';

/** What `work` answers; `undefined` where the index is missing or damaged, or cannot be read. */
export async function unlessUnfit<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const code = errorCode(error);
    const isUnfit = error instanceof RunGone || isIndexDamage(error);
    if (isUnfit || (code !== '' && !isFull(error))) return undefined;
    throw error;
  }
}

/** Damage of an index, which is no damage of the books. */
function isIndexDamage(error: unknown): boolean {
  return isDamageFound(error) && isOfIndex(String(error.details.file));
}

interface KeeperParts extends IndexPlace {
  readonly digitsOf: DigitsOf;
  readonly log: Pick<Log, 'read'>;
  readonly indexBlockBytes: number;
}

/** An index as it lies there, and its list's check. */
interface Known {
  readonly runs: readonly NamedRun[];
  readonly check: string;
}

/**
 * An index as the poster keeps it: brought up to date before each checkpoint, which names it. Missing, of an older
 * day or lacking a run, it is made anew.
 */
export class IndexKeeper {
  readonly #parts: KeeperParts;
  readonly #kind: IndexKind;
  readonly #writer: IndexWriter;
  readonly #staging: Staging;
  /** `undefined`: there is none that can be added to. */
  #known: Known | undefined;
  /** Lines behind it. */
  #added: string[] = [];
  #cleared = false;
  /** Something stands in its way, until somebody recovers the bank: there is no index then. */
  #isHopeless = false;

  private constructor(
    parts: KeeperParts,
    kind: IndexKind,
    staging: Staging,
    known: Known | undefined,
  ) {
    this.#parts = parts;
    this.#kind = kind;
    this.#writer = new IndexWriter(parts, kind, parts.indexBlockBytes);
    this.#staging = staging;
    this.#known = known;
  }

  static async begin(
    parts: KeeperParts,
    kind: IndexKind,
    staging: Staging,
    checkpoint: Checkpoint,
  ): Promise<IndexKeeper> {
    const index = new SortedIndex(parts, kind);
    const known = await unlessUnfit(async () => {
      const list = await index.list(checkpoint);
      if (list === undefined || !(await index.hasAll(list))) return undefined;
      return { runs: list.runs, check: checkOf(encodeIndexList(list)) };
    });
    return new IndexKeeper(parts, kind, staging, known);
  }

  /** Takes in what a batch adds. @throws FormatDamage */
  follow(batch: Buffer): void {
    for (const line of this.#kind.linesOf(batch, this.#parts.digitsOf)) this.#added.push(line);
  }

  /** Trusts nothing of the index that is there. */
  distrust(): void {
    this.#known = undefined;
  }

  /**
   * Brings the index up to `position`, which a checkpoint is about to name. Answers the check of the list that
   * goes with it, '' where there is none.
   */
  async advance(position: Position): Promise<string> {
    const known = this.#known;
    if (this.#isHopeless) return '';
    if (known && this.#added.length === 0) return known.check;
    const added = known && (await unlessUnfit(() => this.#add(known, position)));
    this.#known = added ?? (await unlessUnfit(() => this.#makeAnew(position)));
    this.#isHopeless = this.#known === undefined;
    this.#added = [];
    return this.#known?.check ?? '';
  }

  async #add(known: Known, position: Position): Promise<Known> {
    if (!this.#cleared) await this.#writer.clear(known.runs, this.#staging);
    this.#cleared = true;
    const { runs, taken } = await this.#writer.grow(known.runs, this.#added, this.#staging);
    const check = await this.#writer.publish({ position, runs }, this.#staging);
    await this.#writer.remove(taken);
    return { runs, check };
  }

  /** From the journal alone. */
  async #makeAnew(position: Position): Promise<Known> {
    const { log, digitsOf, system } = this.#parts;
    const breath = new Breath(system);
    let runs: readonly NamedRun[] = [];
    let added: string[] = [];
    const grow = async () => {
      ({ runs } = await this.#writer.grow(runs, added, this.#staging));
      added = [];
    };
    for await (const { lines, position: at } of log.read(JOURNAL_START, position)) {
      const found = named(`journal/${at.segment}`, () => this.#kind.linesOf(lines, digitsOf));
      for (const line of found) added.push(line);
      if (added.length >= INDEX_LINES_MAX) await grow();
      await breath.take();
    }
    if (added.length > 0) await grow();
    const check = await this.#writer.publish({ position, runs }, this.#staging);
    await this.#writer.clear(runs, this.#staging);
    this.#cleared = true;
    return { runs, check };
  }
}
