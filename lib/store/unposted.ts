/**
 * Entries that were read and are not posted yet: the journal's own lines, and where each account's lie.
 */
import { undamaged } from '../format/damage.js';
import { CELL, EntryLine, IdReader, type LegLine } from '../format/entry-line.js';
import { type AccountId, nextNumberBehind } from '../ledger/account-id.js';
import { assert } from '../ledger/errors.js';
import type { LoggedBatch } from './journal.js';
import { LegTable } from './leg-table.js';

/** Lines are kept in blocks of at least this many bytes. */
const BLOCK_BYTES = 1024 * 1024;
/** A place is block × 2^32 + offset × 2 + (1 for the account that receives). */
const BLOCK_STEP = 2 ** 32;

/** The entries of one batch, as the journal has them. */
type Lines = Pick<LoggedBatch, 'lines' | 'count' | 'position'>;

/** Lines that are kept together. */
interface Block {
  readonly bytes: Buffer;
  /** Bytes that are used. */
  used: number;
  /** Number of the last entry in it. */
  transfer: number;
}

/** Somebody who may know accounts already. */
export interface Taker {
  readonly knowsAny: boolean;
  /** Takes one side of an entry at once; answers whether it did: then it is not kept. */
  take(id: AccountId, leg: LegLine): boolean;
}

export class Unposted {
  #legs = new LegTable();
  readonly #line = new EntryLine();
  readonly #debit: LegLine = { line: this.#line, side: CELL.debit };
  readonly #credit: LegLine = { line: this.#line, side: CELL.credit };
  readonly #ids = new IdReader();
  readonly #taker: Taker | undefined;
  /** By their numbers. */
  readonly #blocks = new Map<number, Block>();
  #newest = 0;
  /** What a checkpoint behind the last entry says. */
  bookedAt: string;
  nextAccount: number;

  constructor(from: { readonly bookedAt: string; readonly nextAccount: number }, taker?: Taker) {
    this.#taker = taker;
    this.bookedAt = from.bookedAt;
    this.nextAccount = from.nextAccount;
  }

  /** How many accounts have entries. */
  get size(): number {
    return this.#legs.size;
  }

  /** Memory that their lines take. */
  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#blocks.values()) sum += bytes.length;
    return sum;
  }

  has(id: AccountId): boolean {
    return this.#legs.has(id);
  }

  /** Accounts that have entries, in the order in which they came. */
  ids(): AccountId[] {
    return this.#legs.ids();
  }

  /** Takes in those entries of a batch that come behind the entry `known`. */
  add({ lines, count, position: { transfer } }: Lines, known: number): void {
    let number = transfer - count + 1;
    const block = this.#blockFor(lines.length);
    const start = block.used;
    let kept = false;
    for (let at = 0; at < lines.length; number++) {
      const next = this.#line.read(lines, at);
      undamaged(
        this.#line.count(CELL.transfer) === number,
        () => `entry ${number} is out of order`,
      );
      if (number > known) {
        const place = this.#newest * BLOCK_STEP + (start + at) * 2;
        if (this.#addLegs(place)) kept = true;
      }
      at = next;
    }
    undamaged(number === transfer + 1, () => `the batch of entry ${transfer} has another count`);
    if (kept) {
      lines.copy(block.bytes, start);
      block.used += lines.length;
      block.transfer = transfer;
    }
    if (transfer > known) this.bookedAt = this.#line.bookedAt();
  }

  /** An account's entries, oldest first. Each is good until the next is looked at. */
  *legsOf(id: AccountId): Generator<LegLine> {
    for (const place of this.#legs.placesOf(id)) yield this.#look(place);
  }

  /** Numbers of the first and the last of them within the account. */
  seqsOf(id: AccountId): { readonly first: number; readonly last: number } {
    const ends = this.#legs.endsOf(id);
    assert(ends !== undefined, `${id} has nothing to post`);
    const [first, last] = ends.map((place) => {
      const { line, side } = this.#look(place);
      return line.count(side + 1);
    }) as [number, number];
    return { first, last };
  }

  /** They are posted, or known. */
  delete(id: AccountId): void {
    if (this.#legs.size === 0) return; // Most have none.
    this.#legs.delete(id);
    if (this.#legs.size > 0) return;
    this.#legs = new LegTable();
    this.#blocks.clear();
  }

  /** All entries up to `transfer` are posted. Some of them are kept on, where younger ones lie beside them. */
  forget(transfer: number): void {
    let oldest = this.#newest + 1;
    for (const [number, block] of this.#blocks) {
      if (block.transfer <= transfer) this.#blocks.delete(number);
      else oldest = Math.min(oldest, number);
    }
    if (this.#legs.size > 0) this.#legs = this.#legs.from(oldest * BLOCK_STEP);
  }

  #look(place: number): LegLine {
    const number = Math.floor(place / BLOCK_STEP);
    const rest = place - number * BLOCK_STEP;
    const block = this.#blocks.get(number);
    assert(block !== undefined, 'an entry is looked at that was posted');
    this.#line.read(block.bytes, Math.floor(rest / 2));
    return rest % 2 === 1 ? this.#credit : this.#debit;
  }

  /** Answers whether one of them is to be kept. */
  #addLegs(place: number): boolean {
    const line = this.#line;
    let kept = false;
    if (!line.isEmpty(CELL.debit)) kept = this.#addLeg(this.#debit, place);
    if (line.isEmpty(CELL.credit)) return kept;
    if (this.#addLeg(this.#credit, place + 1)) kept = true;
    if (!line.says(CELL.type, 'open')) return kept;
    this.nextAccount = nextNumberBehind(this.nextAccount, line.plain(CELL.credit));
    return kept;
  }

  #addLeg(leg: LegLine, place: number): boolean {
    const { line, side } = leg;
    if (this.#taker?.knowsAny && this.#taker.take(this.#ids.read(line, side), leg)) return false;
    this.#legs.add(line.bytes, line.start(side), line.end(side), place);
    return true;
  }

  /** The newest block, if it has room for so many bytes; else another one. */
  #blockFor(length: number): Block {
    const newest = this.#blocks.get(this.#newest);
    if (newest && newest.used + length <= newest.bytes.length) return newest;
    const bytes = Buffer.allocUnsafe(Math.max(BLOCK_BYTES, length));
    const block = { bytes, used: 0, transfer: 0 };
    this.#blocks.set(++this.#newest, block);
    return block;
  }
}
