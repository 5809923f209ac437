/** The machine that a bank runs on, as the store sees it: ports, so that a simulation can own them all. */
import { scrypt } from 'node:crypto';
import type { Disk } from '../disk/disk.js';
import type { Lock } from '../disk/lock.js';
import { nodeDisk } from '../disk/node-disk.js';
import { nodeLock } from '../disk/node-lock.js';
import { nodeSystem } from '../disk/node-system.js';
import type { System } from '../disk/system.js';
import {
  BARRIER_PAGES_MIN,
  INDEX_BLOCK_BYTES,
  PAGE_ROWS_MAX,
  PAGES_BYTES_MAX,
  ROOM_AFTER_BYTES,
  SEGMENT_BYTES_MAX,
  SLICE_ACCOUNTS_MAX,
} from './limits.js';
import { type PosterThread, startPosterThread } from './poster-thread.js';

export interface Host {
  /**
   * The disk, for a bank that a Unix group shares or for one that is its owner's alone. What root makes
   * there belongs to the owner of `ownedAs`, a file of the bank.
   */
  disk(options: { readonly shared: boolean; readonly ownedAs?: string }): Disk;
  readonly system: System;
  lockAt(path: string): Lock;
  /** Bytes behind which a segment is followed by a new one; a simulation takes fewer. */
  readonly segmentBytesMax: number;
  /** Bytes that a writer has written before it makes room ahead; a simulation takes fewer. */
  readonly roomAfterBytes: number;
  /** Rows on an open page after a posting, and pages from which on one barrier makes them durable; the same. */
  readonly pageRowsMax: number;
  readonly barrierPagesMin: number;
  readonly sliceAccountsMax: number;
  /** Rows of passbooks that a poster keeps in memory, in bytes. */
  readonly pagesBytesMax: number;
  /** Bytes of a block of an index, about; a simulation takes fewer. */
  readonly indexBlockBytes: number;
  /** The hash of a salted PIN, in hex; slow, so that guessing is. */
  hashPin(pin: string, salt: string): Promise<string>;
  /** Starts to post for the bank in `directory`, beside whoever answers. */
  startPoster(directory: string): PosterThread;
}

/** This machine, and this process. */
export function nodeHost(): Host {
  return {
    disk: nodeDisk,
    system: nodeSystem(),
    lockAt: nodeLock,
    segmentBytesMax: SEGMENT_BYTES_MAX,
    roomAfterBytes: ROOM_AFTER_BYTES,
    pageRowsMax: PAGE_ROWS_MAX,
    barrierPagesMin: BARRIER_PAGES_MIN,
    sliceAccountsMax: SLICE_ACCOUNTS_MAX,
    pagesBytesMax: PAGES_BYTES_MAX,
    indexBlockBytes: INDEX_BLOCK_BYTES,
    hashPin,
    startPoster: startPosterThread,
  };
}

/** About a tenth of a second, and 32 MB, each. Four digits are soon tried out by who has the hash: so it lies apart. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const HASH_BYTES = 32;

function hashPin(pin: string, salt: string): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(pin, Buffer.from(salt, 'hex'), HASH_BYTES, SCRYPT, (error, hash) => {
      if (error) reject(error);
      else resolve(hash.toString('hex'));
    });
  });
}
