/**
 * The idempotency keys that the index does not have yet: the number of the entry that each was booked with, found
 * by a hash of the key, in typed arrays. Written for speed: hundreds of thousands of keys are looked up and kept
 * each second, and a map's entry, a long-lived string and the garbage collector's walk through them for each cost
 * a fifth of booking the transfer. The keys themselves are not kept: who asks reads the entries that are told.
 */
import { randomFillSync } from 'node:crypto';

/** Begins with this many slots: a power of two. */
const SLOTS_MIN = 1024;
/** So that nobody can choose keys that all fall into one slot. */
const SEEDS = randomFillSync(new Int32Array(2));

export class KeyTable {
  /** Of each slot: the two halves of its key's hash, and the entry's number; 0: it is free. */
  #hashes = new Int32Array(2 * SLOTS_MIN);
  #numbers = new Float64Array(SLOTS_MIN);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(key: string, number: number): void {
    hash(key);
    this.#add(HASH[0] as number, HASH[1] as number, number);
  }

  /** Adds the numbers of entries that may have been booked with `key`: other keys may have its hash. */
  find(key: string, found: Set<number>): void {
    hash(key);
    const [first, second] = [HASH[0] as number, HASH[1] as number];
    const mask = this.#numbers.length - 1;
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const number = this.#numbers[slot] as number;
      if (number === 0) return; // At least half of the slots are free.
      if (this.#hashes[2 * slot] !== first || this.#hashes[2 * slot + 1] !== second) continue;
      found.add(number);
    }
  }

  /** Forgets the entries up to one. */
  forget(reached: number): void {
    this.#rebuild(SLOTS_MIN, (number) => number > reached);
  }

  #add(first: number, second: number, number: number): void {
    const { length } = this.#numbers;
    if (2 * this.#size >= length) this.#rebuild(2 * length, () => true);
    const mask = this.#numbers.length - 1;
    let slot = first & mask;
    while (this.#numbers[slot] !== 0) slot = (slot + 1) & mask;
    this.#hashes[2 * slot] = first;
    this.#hashes[2 * slot + 1] = second;
    this.#numbers[slot] = number;
    this.#size++;
  }

  #rebuild(slots: number, keeps: (number: number) => boolean): void {
    const [hashes, numbers] = [this.#hashes, this.#numbers];
    this.#hashes = new Int32Array(2 * slots);
    this.#numbers = new Float64Array(slots);
    this.#size = 0;
    for (let slot = 0; slot < numbers.length; slot++) {
      const number = numbers[slot] as number;
      if (number === 0 || !keeps(number)) continue;
      this.#add(hashes[2 * slot] as number, hashes[2 * slot + 1] as number, number);
    }
  }
}

/** The hash that was made last: an array made for each takes longer than the hash. */
const HASH = new Int32Array(2);

function hash(key: string): void {
  let [first, second] = [SEEDS[0] as number, SEEDS[1] as number];
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    first = Math.imul(first ^ code, 0x01000193);
    second = Math.imul(second ^ code, 0x5bd1e995);
  }
  HASH[0] = first ^ (first >>> 15);
  HASH[1] = second;
}
