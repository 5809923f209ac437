/** Whether the disk has room for a bank of many accounts. */
import { mkdirSync, statfsSync } from 'node:fs';

/** A block for the page of each account, in the bank and among the raw files, and new ones before the old ones go. */
const BYTES_AN_ACCOUNT = 3 * 4_096;
const NAMES_AN_ACCOUNT = 2.2;

/** @throws when `accounts` would not fit */
export function refuseSmallDisk(folder, accounts) {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize, ffree, files } = statfsSync(folder);
  const bytes = accounts * BYTES_AN_ACCOUNT;
  if (bavail * bsize < bytes) {
    throw new Error(
      `${(bytes / 1e9).toFixed(0)} GB of room are needed: set BENCH_DIR to another disk`,
    );
  }
  if (files > 0 && ffree < accounts * NAMES_AN_ACCOUNT) {
    throw new Error(`the disk has only ${ffree} files (inodes) left: set BENCH_DIR to another one`);
  }
}
