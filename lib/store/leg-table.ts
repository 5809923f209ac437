/**
 * Where each account's lines lie: a hash table over the bytes of the ids, and a chain of places for each
 * account, all of it in typed arrays. Written for speed: behind a crash, or in a bank of very many accounts,
 * a million ids come once each, and a string, a list and a map's entry for each of them cost more than all
 * the rest of reading them.
 */
import type { AccountId } from '../ledger/account-id.js';

/** Begins with this many slots: a power of two. */
const SLOTS_MIN = 1024;
const ID_BYTES_MIN = 16 * 1024;

export class LegTable {
  /** 1 + number of an account; 0: free. At least twice as many as accounts. */
  #slots = new Int32Array(SLOTS_MIN);
  /** Accounts that were numbered, and those of them that still have places. */
  #numbered = 0;
  #size = 0;
  #hashes = new Int32Array(SLOTS_MIN / 2);
  /** Where an account's id begins in {@link #ids}; it ends where the next one begins. */
  #idStarts = new Int32Array(SLOTS_MIN / 2 + 1);
  #ids = Buffer.allocUnsafe(ID_BYTES_MIN);
  /** 1 + number of an account's first and last leg; 0: it is deleted. */
  #first = new Int32Array(SLOTS_MIN / 2);
  #last = new Int32Array(SLOTS_MIN / 2);
  #legs = 0;
  #places = new Float64Array(SLOTS_MIN);
  /** 1 + number of the same account's next leg; 0: there is none. */
  #next = new Int32Array(SLOTS_MIN);

  /** How many accounts have places. */
  get size(): number {
    return this.#size;
  }

  /** Memory that the table takes. */
  get bytes(): number {
    const { byteLength } = this.#places;
    const perAccount = this.#hashes.byteLength * 4 + this.#slots.byteLength;
    return perAccount + this.#ids.length + byteLength + this.#next.byteLength;
  }

  /** Adds a place to the account whose id these bytes are, behind its others. */
  add(bytes: Buffer, start: number, end: number, place: number): void {
    const leg = this.#addPlace(place);
    const hash = hashOf(bytes, start, end);
    const known = this.#find(hash, bytes, start, end);
    const account = known === -1 ? this.#addAccount(hash, bytes, start, end) : known;
    const last = this.#last[account] as number;
    if (last === 0) this.#first[account] = leg;
    else this.#next[last - 1] = leg;
    this.#last[account] = leg;
  }

  has(id: AccountId): boolean {
    return this.#numberOf(id) !== -1;
  }

  /** The account's places, oldest first. All at once: to be asked for one after the other costs half a microsecond each. */
  placesOf(id: AccountId): number[] {
    const places: number[] = [];
    const account = this.#numberOf(id);
    let leg = account === -1 ? 0 : (this.#first[account] as number);
    for (; leg > 0; leg = this.#next[leg - 1] as number) {
      places.push(this.#places[leg - 1] as number);
    }
    return places;
  }

  /** The first and the last of them; `undefined`: it has none. */
  endsOf(id: AccountId): readonly [number, number] | undefined {
    const account = this.#numberOf(id);
    if (account === -1) return undefined;
    const at = (leg: number | undefined) => this.#places[(leg ?? 0) - 1] as number;
    return [at(this.#first[account]), at(this.#last[account])];
  }

  /** Accounts that have places, in the order in which they came. */
  ids(): AccountId[] {
    const ids: AccountId[] = [];
    for (let account = 0; account < this.#numbered; account++) {
      if (this.#first[account] !== 0) ids.push(this.#idOf(account));
    }
    return ids;
  }

  delete(id: AccountId): void {
    const account = this.#numberOf(id);
    if (account === -1) return;
    this.#first[account] = 0;
    this.#last[account] = 0;
    this.#size--;
  }

  /** A table of those places alone that are not before `place`. */
  from(place: number): LegTable {
    const kept = new LegTable();
    for (let account = 0; account < this.#numbered; account++) {
      const [start, end] = [this.#idStarts[account], this.#idStarts[account + 1]];
      let leg = this.#first[account] as number;
      for (; leg > 0; leg = this.#next[leg - 1] as number) {
        const one = this.#places[leg - 1] as number;
        if (one >= place) kept.add(this.#ids, start as number, end as number, one);
      }
    }
    return kept;
  }

  #idOf(account: number): AccountId {
    const [start, end] = [this.#idStarts[account], this.#idStarts[account + 1]];
    return this.#ids.toString('latin1', start, end) as AccountId;
  }

  #numberOf(id: AccountId): number {
    const length = SOUGHT.write(id, 'latin1');
    return this.#find(hashOf(SOUGHT, 0, length), SOUGHT, 0, length);
  }

  /** The number of an account that has places; -1: there is none of that id. */
  #find(hash: number, bytes: Buffer, start: number, end: number): number {
    const { length } = this.#slots;
    for (let looks = 0; looks < length; looks++) {
      const account = (this.#slots[(hash + looks) & (length - 1)] as number) - 1;
      if (account < 0) break; // A free slot.
      if (this.#hashes[account] !== hash || this.#first[account] === 0) continue;
      if (this.#isNamed(account, bytes, start, end)) return account;
    }
    return -1;
  }

  #isNamed(account: number, bytes: Buffer, start: number, end: number): boolean {
    const from = this.#idStarts[account] as number;
    if ((this.#idStarts[account + 1] as number) - from !== end - start) return false;
    for (let at = start; at < end; at++) {
      if (this.#ids[from + at - start] !== bytes[at]) return false;
    }
    return true;
  }

  #addAccount(hash: number, bytes: Buffer, start: number, end: number): number {
    if (this.#numbered === this.#hashes.length) this.#growAccounts();
    const account = this.#numbered++;
    const from = this.#idStarts[account] as number;
    const length = end - start;
    if (from + length > this.#ids.length) {
      this.#ids = Buffer.concat([this.#ids], Math.max(2 * this.#ids.length, from + length));
    }
    bytes.copy(this.#ids, from, start, end);
    this.#idStarts[account + 1] = from + length;
    this.#hashes[account] = hash;
    this.#size++;
    this.#fillSlot(account);
    return account;
  }

  #fillSlot(account: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[account] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = account + 1;
  }

  /** Places of deleted accounts stay until {@link from} or a new table leaves them out. */
  #growAccounts(): void {
    const count = 2 * this.#hashes.length;
    this.#hashes = grown(this.#hashes, new Int32Array(count));
    this.#idStarts = grown(this.#idStarts, new Int32Array(count + 1));
    this.#first = grown(this.#first, new Int32Array(count));
    this.#last = grown(this.#last, new Int32Array(count));
    this.#slots = new Int32Array(2 * count);
    for (let account = 0; account < this.#numbered; account++) this.#fillSlot(account);
  }

  /** Answers 1 + its number. */
  #addPlace(place: number): number {
    if (this.#legs === this.#places.length) {
      this.#places = grown(this.#places, new Float64Array(2 * this.#legs));
      this.#next = grown(this.#next, new Int32Array(2 * this.#legs));
    }
    this.#places[this.#legs] = place;
    return ++this.#legs;
  }
}

/** The id that is looked for. No id is longer. */
const SOUGHT = Buffer.alloc(256);

function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}

function grown<Numbers extends Int32Array | Float64Array>(old: Numbers, larger: Numbers): Numbers {
  larger.set(old);
  return larger;
}
