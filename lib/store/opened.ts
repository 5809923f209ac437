/**
 * Which accounts the journal opened: for the few cases in which a passbook that is not there must be told
 * from one that never was. Reads the whole journal: a few ids are looked up in its lines, and whoever asks
 * for more gets all of them in memory.
 */
import { decodeEntry } from '../format/journal-row.js';
import type { DigitsOf } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import type { AccountId } from '../ledger/account-id.js';
import { named } from './damage.js';
import type { Journal } from './journal.js';
import { ID_SEARCHES_MAX } from './limits.js';

export class Opened {
  readonly #journal: Journal;
  readonly #digitsOf: DigitsOf;
  readonly #start: Position;
  #searches = 0;
  #ids: Set<AccountId> | undefined;
  /** How far `#ids` has read. */
  #position: Position;

  constructor(journal: Journal, digitsOf: DigitsOf, start: Position) {
    this.#journal = journal;
    this.#digitsOf = digitsOf;
    this.#start = start;
    this.#position = start;
  }

  /** Whether `id` was opened up to `position`. */
  async has(id: AccountId, position: Position): Promise<boolean> {
    this.#searches++;
    if (this.#ids === undefined && this.#searches <= ID_SEARCHES_MAX) {
      return this.#search(id, position);
    }
    this.#ids ??= new Set();
    for await (const { entries, position: behind } of this.#journal.read(
      this.#position,
      position,
    )) {
      for (const { type, debit, credit } of entries) {
        if (type !== 'open') continue;
        for (const leg of [debit, credit]) if (leg) this.#ids.add(leg.account);
      }
      this.#position = behind;
    }
    this.#position = position;
    return this.#ids.has(id);
  }

  async #search(id: AccountId, position: Position): Promise<boolean> {
    const firstRow = `,${id},1,`;
    for await (const lines of this.#journal.lines(this.#start, position)) {
      for (let at = lines.indexOf(firstRow); at !== -1; at = lines.indexOf(firstRow, at + 1)) {
        const line = lines.toString('utf8', lines.lastIndexOf(10, at) + 1, lines.indexOf(10, at));
        const { debit, credit } = named('journal', () => decodeEntry(line, this.#digitsOf));
        // A memo may say the same.
        if ([debit, credit].some((leg) => leg?.account === id && leg.seq === 1)) return true;
      }
    }
    return false;
  }
}
