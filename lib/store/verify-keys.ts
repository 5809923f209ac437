/** The index of keys, held against the keys that the journal tells. Reads only. */
import { hash } from 'node:crypto';
import type { Checkpoint } from '../format/position.js';
import type { Entry } from '../ledger/entry.js';
import { damaged } from './damage.js';
import { KEYS, KEYS_FILE, termLine, termsOf } from './key-index.js';
import { type IndexPlace, LISTS_READ_MAX, RunGone, SortedIndex } from './sorted-index.js';
import type { Problem, VerifyStep } from './verify.js';
import type { Report } from './verify-passbook.js';

/** What of the keys was told, to be held against their index: one sum, however many there are. */
class KeySum {
  #sums: [number, number, number] = [0, 0, 0];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(line: string): void {
    const digest = hash('sha256', line);
    this.#count++;
    for (const at of [0, 1, 2] as const) {
      this.#sums[at] ^= Number.parseInt(digest.slice(at * 8, at * 8 + 8), 16);
    }
  }

  isSame(other: KeySum): boolean {
    return this.#count === other.#count && this.#sums.every((sum, at) => sum === other.#sums[at]);
  }
}

/** The index of keys as it was found. */
interface FoundKeys {
  readonly sum: KeySum;
  /** Number of the last entry that it covers. */
  readonly reached: number;
}

/**
 * Reads the index of keys that goes with a checkpoint, or with one behind it: `undefined`: there is none. `quick`: only
 * what is needed to search it. @throws BankError BANK_DAMAGED, of one of its files
 */
async function readKeyIndex(
  place: IndexPlace,
  checkpoint: Checkpoint,
  quick: boolean,
): Promise<FoundKeys | undefined> {
  const index = new SortedIndex(place, KEYS);
  let gone = '';
  for (let looks = 0; looks < LISTS_READ_MAX; looks++) {
    const list = await index.list(checkpoint);
    if (list === undefined) return undefined;
    const sum = new KeySum();
    try {
      for await (const line of index.lines(list.runs, quick ? BEHIND_ALL : '')) sum.add(line);
      await index.loadFilters(list.runs);
      return { sum, reached: list.position.transfer };
    } catch (error) {
      if (!(error instanceof RunGone)) throw error;
      gone = error.file; // Whoever posts may have put another list in its place.
    }
  }
  throw damaged(gone, 'the file is missing');
}

/** Behind every digest. */
const BEHIND_ALL = '~';

export class KeysStep {
  readonly #report: Report;
  readonly #told = new KeySum();
  readonly #problems: Problem[] = [];
  #found: FoundKeys | undefined;
  #quick = false;
  /** The last entry that was followed: a batch that was copied into the next segment comes twice. */
  #transfer = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  async look(place: IndexPlace, checkpoint: Checkpoint, quick: boolean): Promise<void> {
    this.#quick = quick;
    try {
      this.#found = await readKeyIndex(place, checkpoint, quick);
    } catch (error) {
      this.#problems.push(this.#report(error, KEYS_FILE));
    }
  }

  follow(entries: readonly Entry[]): void {
    const reached = this.#found?.reached ?? 0;
    for (const entry of entries) {
      if (entry.transfer <= this.#transfer || entry.transfer > reached) continue;
      this.#transfer = entry.transfer;
      for (const term of termsOf(entry)) this.#told.add(termLine(term, entry.transfer));
    }
  }

  /** Behind the journal, which was followed up to the entry `transfer`. */
  end(transfer: number): VerifyStep {
    const found = this.#found;
    const problems = this.#problems;
    const name = 'keys';
    if (problems.length > 0) return { name, checked: 'not to its end', problems };
    if (!found) return { name, checked: 'none yet: it is made with the next posting', problems };
    if (this.#quick) return { name, checked: 'what is needed to search it', problems };
    // Whoever posts may have come further than the journal was followed.
    const isWhole = found.reached <= transfer;
    if (isWhole && !found.sum.isSame(this.#told)) {
      const what = `it has ${found.sum.count} keys, and they are not the ${this.#told.count} that the journal has`;
      problems.push({ file: KEYS_FILE, what });
    }
    return { name, checked: `${found.sum.count} keys`, problems };
  }
}
