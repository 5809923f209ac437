/**
 * Entries that were read and are not posted yet: the journal's own lines, and where each account's lie.
 */
import { undamaged } from '../format/damage.js';
import { CELL, EntryLine, IdReader, type LegLine } from '../format/entry-line.js';
import { type AccountId, givenAccountNumber } from '../ledger/account-id.js';
import { assert } from '../ledger/errors.js';

/** Lines are kept in blocks of at least this many bytes. */
const BLOCK_BYTES = 1024 * 1024;
/** A place is block × 2^32 + offset × 2 + (1 for the account that receives). */
const BLOCK_STEP = 2 ** 32;

/** The entries of one batch, as the journal has them. */
interface Lines {
  readonly lines: Buffer;
  readonly count: number;
  /** Number of the last of them. */
  readonly transfer: number;
}

export class Unposted {
  readonly #places = new Map<AccountId, number[]>();
  readonly #line = new EntryLine();
  readonly #ids = new IdReader();
  #blocks: Buffer[] = [];
  /** Bytes of the last block that are used. */
  #used = 0;
  /** What a checkpoint behind the last entry says. */
  bookedAt: string;
  nextAccount: number;

  constructor(from: { readonly bookedAt: string; readonly nextAccount: number }) {
    this.bookedAt = from.bookedAt;
    this.nextAccount = from.nextAccount;
  }

  /** How many accounts have entries. */
  get size(): number {
    return this.#places.size;
  }

  has(id: AccountId): boolean {
    return this.#places.has(id);
  }

  /** Accounts that have entries, in the order in which they came. */
  ids(countMax: number): AccountId[] {
    const ids: AccountId[] = [];
    for (const id of this.#places.keys()) {
      if (ids.length >= countMax) break;
      ids.push(id);
    }
    return ids;
  }

  /** Takes in those entries of a batch that come behind the entry `known`. */
  add({ lines, count, transfer }: Lines, known: number): void {
    const first = transfer - count + 1;
    const [block, start] = this.#keep(lines);
    const bytes = this.#blocks[block] as Buffer;
    const end = start + lines.length;
    let number = first;
    for (let at = start; at < end; number++) {
      const next = this.#line.read(bytes, at);
      undamaged(this.#line.count(CELL.transfer) === number, `entry ${number} is out of order`);
      if (number > known) this.#addLegs(block * BLOCK_STEP + at * 2);
      at = next;
    }
    undamaged(number === transfer + 1, `the batch of entry ${transfer} has another count`);
    if (transfer > known) this.bookedAt = this.#line.plain(CELL.bookedAt);
  }

  /** An account's entries, oldest first. Each is good until the next is looked at. */
  *legsOf(id: AccountId): Generator<LegLine> {
    for (const place of this.#places.get(id) ?? []) yield this.#look(place);
  }

  /** Numbers of the first and the last of them within the account. */
  seqsOf(id: AccountId): { readonly first: number; readonly last: number } {
    const places = this.#places.get(id);
    assert(places !== undefined, `${id} has nothing to post`);
    const seqAt = (place: number | undefined) => {
      const { line, side } = this.#look(place ?? 0);
      return line.count(side + 1);
    };
    return { first: seqAt(places[0]), last: seqAt(places.at(-1)) };
  }

  /** They are posted. */
  delete(id: AccountId): void {
    this.#places.delete(id);
    if (this.#places.size > 0) return;
    this.#blocks = [];
    this.#used = 0;
  }

  #look(place: number): LegLine {
    const block = Math.floor(place / BLOCK_STEP);
    const rest = place - block * BLOCK_STEP;
    this.#line.read(this.#blocks[block] as Buffer, Math.floor(rest / 2));
    return { line: this.#line, side: rest % 2 === 1 ? CELL.credit : CELL.debit };
  }

  #addLegs(place: number): void {
    const line = this.#line;
    if (!line.isEmpty(CELL.debit)) this.#addLeg(this.#ids.read(line, CELL.debit), place);
    if (line.isEmpty(CELL.credit)) return;
    const id = this.#ids.read(line, CELL.credit);
    this.#addLeg(id, place + 1);
    if (!line.says(CELL.type, 'open')) return;
    const number = givenAccountNumber(id);
    if (number !== undefined && number >= this.nextAccount) this.nextAccount = number + 1;
  }

  #addLeg(id: AccountId, place: number): void {
    const places = this.#places.get(id);
    if (places) places.push(place);
    else this.#places.set(id, [place]);
  }

  /** Copies lines to where they stay: the block, and the offset in it. */
  #keep(lines: Buffer): [number, number] {
    let block = this.#blocks.at(-1);
    if (block === undefined || this.#used + lines.length > block.length) {
      block = Buffer.allocUnsafe(Math.max(BLOCK_BYTES, lines.length));
      this.#blocks.push(block);
      this.#used = 0;
    }
    const start = this.#used;
    lines.copy(block, start);
    this.#used += lines.length;
    return [this.#blocks.length - 1, start];
  }
}
