/**
 * Which entries were booked with which idempotency keys, and which take others back. An index on disk has those up
 * to where it stands (key-index.ts), and memory those behind it. Where there is no index that can be trusted, all of
 * them are read from the journal: a key that is overlooked would be booked twice.
 */

import type { IndexList } from '../format/index-list.js';
import { digestOf } from '../format/key-filter.js';
import type { DigitsOf } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import type { Entry } from '../ledger/entry.js';
import { readCheckpoint } from './checkpoint.js';
import { unlessDamaged } from './damage.js';
import { unlessUnfit } from './index-keeper.js';
import type { Journal } from './journal.js';
import {
  digestOfTerm,
  eachKey,
  eachReversal,
  KEYS,
  keyTerm,
  reversalTerm,
  type Term,
  transferOf,
} from './key-index.js';
import { KeyTable } from './key-table.js';
import { KEY_LOOKS_MAX, KEYS_RECENT_MAX } from './limits.js';
import { type IndexPlace, SortedIndex } from './sorted-index.js';

/** Numbers of entries by the keys that they were booked with, and by the numbers of those that they take back. */
class Recent {
  readonly keys = new KeyTable();
  readonly reversals = new Map<number, number>();

  get size(): number {
    return this.keys.size + this.reversals.size;
  }

  add({ key, details, transfer }: Entry): void {
    if (key !== '') this.keys.add(key, transfer);
    if (details?.reverses !== undefined) this.reversals.set(details.reverses, transfer);
  }

  /** Forgets those up to an entry. */
  forget(reached: number): void {
    this.keys.forget(reached);
    for (const [number, transfer] of this.reversals) {
      if (transfer <= reached) this.reversals.delete(number);
    }
  }
}

/** What is known, up to a place in the journal. */
interface Known {
  /** `undefined`: all of them are in memory. */
  readonly list: IndexList | undefined;
  /** Those behind the list. */
  readonly recent: Recent;
  position: Position;
}

export class Keys {
  readonly #journal: Journal;
  readonly #digitsOf: DigitsOf;
  readonly #place: IndexPlace;
  readonly #index: SortedIndex;
  readonly #start: Position;
  #known: Known | undefined;
  /** Terms that were looked up in the index without its filters. */
  #looks = 0;
  /** How many may be behind the index before it is asked for a newer list. */
  #recentMax = KEYS_RECENT_MAX;

  constructor(journal: Journal, digitsOf: DigitsOf, start: Position, place: IndexPlace) {
    this.#journal = journal;
    this.#digitsOf = digitsOf;
    this.#start = start;
    this.#place = place;
    this.#index = new SortedIndex(place, KEYS);
  }

  /** The entries booked with any of `keys`, up to `position`. */
  async find(keys: readonly string[], position: Position): Promise<Entry[]> {
    if (keys.length === 0) return [];
    const numbers = await this.#numbersOf(
      position,
      async (known) => {
        const found = new Set<number>();
        for (const key of keys) {
          known.recent.keys.find(key, found);
          const number = this.#inIndex(known, keyTerm, key);
          if (number === undefined) continue; // Most are new, and nothing is waited for.
          const transfer = await number;
          if (transfer !== undefined) found.add(transfer);
        }
        return found;
      },
      keys.length,
    );
    if (numbers.size === 0) return [];
    // A hash or a digest may be that of another key.
    const wanted = new Set(keys);
    return (await this.numbered(numbers, position)).filter(({ key }) => wanted.has(key));
  }

  /** The entries that take those with these numbers back, up to `position`. */
  async reversalsOf(numbers: readonly number[], position: Position): Promise<Entry[]> {
    const found = await this.#numbersOf(
      position,
      async (known) => {
        const transfers = new Set<number>();
        for (const number of numbers) {
          const recent = known.recent.reversals.get(number);
          const transfer = recent ?? (await this.#inIndex(known, reversalTerm, number));
          if (transfer !== undefined) transfers.add(transfer);
        }
        return transfers;
      },
      numbers.length,
    );
    const wanted = new Set<number | undefined>(numbers);
    const entries = await this.numbered(found, position);
    return entries.filter(({ details }) => wanted.has(details?.reverses));
  }

  /** The entries with these numbers, up to `position`. */
  numbered(numbers: Iterable<number>, position: Position): Promise<Entry[]> {
    return this.#journal.entries(numbers, position);
  }

  /** What `look` finds in what is known; it looks up so many. */
  async #numbersOf(
    position: Position,
    look: (known: Known) => Promise<Set<number>>,
    count: number,
  ): Promise<Set<number>> {
    const tried = async (known: Known) =>
      unlessUnfit(async () => {
        const { list } = known;
        if (list && this.#looks < KEY_LOOKS_MAX) this.#looks += count;
        if (list && this.#looks >= KEY_LOOKS_MAX) await this.#index.loadFilters(list.runs);
        return look(known);
      });
    const found = await tried(await this.#catchUp(position));
    if (found) return found;
    // The list was replaced, or is damaged: it is read once more; else the journal has all.
    this.#known = undefined;
    const again = await tried(await this.#catchUp(position));
    if (again) return again;
    this.#known = await this.#from(undefined, this.#start, position);
    return look(this.#known);
  }

  /** The number that the index has for a term; at once, where its filters tell that there is none. */
  #inIndex<T>(
    { list }: Known,
    termOf: (value: T) => Term,
    value: T,
  ): Promise<number | undefined> | undefined {
    if (list === undefined || list.runs.length === 0) return undefined;
    const digest = digestOf(digestOfTerm(termOf(value)));
    if (!this.#index.mayHave(list.runs, digest)) return undefined;
    return this.#index
      .lineOf(list.runs, digest)
      .then((line) => (line === undefined ? undefined : transferOf(line)));
  }

  /** Takes in a batch that was booked here: it need not be read again. */
  booked(before: Position, entries: readonly Entry[], behind: Position): void {
    const known = this.#known;
    if (known === undefined || known.position.seal !== before.seal) return;
    for (const entry of entries) known.recent.add(entry);
    known.position = behind;
  }

  /** Forgets what is known: the journal may be another one, behind a recovery. */
  forget(): void {
    this.#known = undefined;
  }

  async #catchUp(position: Position): Promise<Known> {
    let known = this.#known;
    this.#known = undefined; // Kept only if it gets there whole.
    if (known === undefined || known.recent.size > this.#recentMax) {
      const list = await this.#newestList(position);
      if (known === undefined || isAhead(list, known.list)) {
        const reached = list?.position ?? this.#start;
        const further = known && known.position.transfer > reached.transfer;
        const position = further && known ? known.position : reached;
        const recent = known?.recent ?? new Recent();
        recent.forget(reached.transfer);
        known = { list, recent, position };
      }
      // Who posts may be far behind: it is not asked with each batch.
      this.#recentMax = Math.max(KEYS_RECENT_MAX, known.recent.size * 2);
    }
    this.#known = await this.#from(known, known.position, position);
    return this.#known;
  }

  /** Adds what the journal has from `start` on. */
  async #from(known: Known | undefined, start: Position, position: Position): Promise<Known> {
    const recent = known?.recent ?? new Recent();
    if (start.seal !== position.seal && start.transfer <= position.transfer) {
      for await (const lines of this.#journal.lines(start, position)) {
        eachKey(lines, (key, transfer) => recent.keys.add(key, transfer));
        eachReversal(lines, this.#digitsOf, (of, transfer) => recent.reversals.set(of, transfer));
      }
    }
    return { list: known?.list, recent, position };
  }

  /**
   * The index's list, if it goes with the checkpoint, and with this very journal, and is not further than `position`:
   * it decides about money.
   */
  #newestList(position: Position): Promise<IndexList | undefined> {
    return unlessUnfit(async () => {
      const { disk, directory } = this.#place;
      const list = await this.#index.list(await readCheckpoint(disk, directory));
      if (list === undefined || list.position.transfer > position.transfer) return undefined;
      // One of another journal may name a segment that this one does not have.
      const isOurs = await unlessDamaged(() => this.#journal.holds(list.position));
      return isOurs ? list : undefined;
    });
  }
}

function isAhead(list: IndexList | undefined, known: IndexList | undefined): boolean {
  return list !== undefined && list.position.transfer > (known?.position.transfer ?? -1);
}
