/**
 * Which keys may be in a run of an index, told from those that are surely not: a Bloom filter. Ten bits a key let
 * about one stranger in a hundred through.
 */
const BYTES_MIN = 8;
const PROBES = 7;

/** A key's digest: what is looked up, as hex digits and as numbers. */
export interface KeyDigest {
  readonly hex: string;
  readonly first: number;
  readonly second: number;
}

export class KeyFilter {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** An empty one for so many keys: ten bits for each. */
  static for(count: number): KeyFilter {
    return new KeyFilter(new Uint8Array(BYTES_MIN + count + (count >>> 2)));
  }

  add(key: KeyDigest): void {
    const { bytes } = this;
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = this.#bit(key, probe);
      bytes[bit >>> 3] = (bytes[bit >>> 3] as number) | (1 << (bit & 7));
    }
  }

  /** `false`: it was never added. */
  mayHave(key: KeyDigest): boolean {
    const { bytes } = this;
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = this.#bit(key, probe);
      if (((bytes[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  }

  /** Two halves of the digest are as good as one hash for each probe. */
  #bit({ first, second }: KeyDigest, probe: number): number {
    return (first + probe * second) % (this.bytes.length * 8);
  }
}

/** The digest that `hex` spells: 24 hex digits, of which the first 16 are used here. */
export function digestOf(hex: string): KeyDigest {
  const first = Number.parseInt(hex.slice(0, 8), 16);
  // Odd, so that the probes do not all meet in one place.
  const second = (Number.parseInt(hex.slice(8, 16), 16) | 1) >>> 0;
  return { hex, first, second };
}
