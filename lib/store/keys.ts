/**
 * Idempotency keys: which entry was booked with a key. The journal is the truth; a few keys are looked
 * up in its lines, and whoever asks for more gets all of them in memory. Either way every seal is looked
 * at: a key that some damage hides would be booked twice.
 */
import { encodeText } from '../format/csv.js';
import { decodeEntry } from '../format/journal-row.js';
import type { DigitsOf } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import type { Entry } from '../ledger/entry.js';
import type { Journal } from './journal.js';
import { KEY_SEARCHES_MAX } from './limits.js';

/** Where a batch lies: one object shared by all of its keys. */
interface Place {
  readonly before: Position;
  readonly behind: Position;
}

export class Keys {
  readonly #journal: Journal;
  readonly #digitsOf: DigitsOf;
  #searches = 0;
  #places: Map<string, Place> | undefined;
  /** How far `#places` has read. */
  #position: Position;
  readonly #start: Position;

  constructor(journal: Journal, digitsOf: DigitsOf, start: Position) {
    this.#journal = journal;
    this.#digitsOf = digitsOf;
    this.#start = start;
    this.#position = start;
  }

  /** The entries booked with any of `keys`, up to `position`. */
  async find(keys: readonly string[], position: Position): Promise<Entry[]> {
    if (keys.length === 0) return [];
    this.#searches += keys.length;
    if (this.#places === undefined && this.#searches <= KEY_SEARCHES_MAX) {
      return this.#search(keys, position);
    }
    await this.#catchUp(position);
    const byPlace = new Map<Place, Set<string>>();
    for (const key of keys) {
      const place = this.#places?.get(key);
      if (place) byPlace.set(place, (byPlace.get(place) ?? new Set()).add(key));
    }
    const found: Entry[] = [];
    for (const [{ before, behind }, wanted] of byPlace) {
      for await (const { entries } of this.#journal.read(before, behind)) {
        found.push(...entries.filter(({ key }) => wanted.has(key)));
      }
    }
    return found;
  }

  /** Forgets where keys lie: the journal may be another one, behind a recovery. */
  forget(): void {
    this.#places = undefined;
    this.#position = this.#start;
  }

  async #catchUp(position: Position): Promise<void> {
    this.#places ??= new Map();
    let before = this.#position;
    for await (const { entries, position: behind } of this.#journal.read(before, position)) {
      const place = { before, behind };
      for (const { key } of entries) if (key !== '') this.#places.set(key, place);
      before = behind;
    }
    this.#position = position;
  }

  async #search(keys: readonly string[], position: Position): Promise<Entry[]> {
    const found: Entry[] = [];
    for await (const lines of this.#journal.lines(this.#start, position)) {
      for (const key of keys) {
        const line = lineWithKey(lines, key);
        const entry = line === undefined ? undefined : decodeEntry(line, this.#digitsOf);
        if (entry?.key === key) found.push(entry);
      }
    }
    return found;
  }
}

/** The journal line whose key cell holds `key`: it ends with `,"<key>",,,`. */
function lineWithKey(lines: Buffer, key: string): string | undefined {
  const cell = `,${encodeText(key)},,,\n`;
  const at = lines.indexOf(cell);
  if (at === -1) return undefined;
  const start = lines.lastIndexOf(10, at) + 1;
  return lines.toString('utf8', start, at + Buffer.byteLength(cell) - 1);
}
