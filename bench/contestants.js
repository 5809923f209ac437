/**
 * Who takes part. Each module exports `prepare(folder, settings)` and `open(folder, settings)`; it is
 * loaded in the contestant's own process alone, so that one that cannot be loaded spoils no run.
 */
import { whyNoPostgres } from './rivals/postgres-server.js';

/**
 * `durable`: what stands on the disk before an answer. `native`: its syncs are made where JavaScript does not
 * see them, and are counted by strace. `options`: for its `open`. `whyAbsent`: answers why it cannot take part.
 */
export const CONTESTANTS = {
  drovebank: {
    module: './drovebank.js',
    label: 'drovebank',
    durable: 'journal synced (fdatasync) before the answer, one sync a batch',
  },
  'drovebank-atomic': {
    module: './drovebank.js',
    options: { atomic: true },
    label: 'drovebank, atomic',
    durable: 'the same; all of a batch of transferMany or nothing of it',
  },
  'drovebank-numbers': {
    module: './drovebank.js',
    options: { receipts: false },
    label: 'drovebank, numbers',
    durable: 'the same; answered with numbers instead of receipts',
  },
  'better-sqlite3': {
    module: './rivals/better-sqlite3.js',
    package: 'better-sqlite3',
    native: true,
    label: 'better-sqlite3',
    durable: 'WAL, synchronous=FULL: one transaction and one sync a transfer',
  },
  lmdb: {
    module: './rivals/lmdb.js',
    package: 'lmdb',
    native: true,
    label: 'lmdb',
    durable: 'transaction(), answered after `flushed`: one sync a batch',
  },
  'lmdb-sync': {
    module: './rivals/lmdb-sync.js',
    native: true,
    label: 'lmdb, sync',
    durable: 'transactionSync(): one sync a transfer',
  },
  'classic-level': {
    module: './rivals/classic-level.js',
    package: 'classic-level',
    native: true,
    label: 'classic-level',
    durable: 'batch({ sync: true }), one process only',
  },
  postgres: {
    module: './rivals/postgres.js',
    package: 'pg',
    native: true,
    label: 'PostgreSQL',
    durable: 'synchronous_commit=on: one transaction a transfer, a pool of 16 connections',
    whyAbsent: whyNoPostgres,
  },
  'naive-pair': {
    module: './rivals/naive-pair.js',
    label: 'naive pair',
    durable: 'two locks, two synced files a transfer; a crash between the files loses money',
  },
  'raw-append': {
    module: './rivals/raw-append.js',
    label: 'raw append + fdatasync',
    durable: '200 bytes written and synced; no bank at all',
  },
  'raw-dsync': {
    module: './rivals/raw-dsync.js',
    label: 'raw O_DSYNC, preallocated',
    durable: '200 bytes written with O_DSYNC; no bank at all',
  },
  'raw-pages': {
    module: './rivals/raw-pages.js',
    label: 'raw create + write + rename',
    durable: 'page-sized files put in place by rename, one sync at the end; no bank at all',
  },
};

export const loadContestant = (name) => import(CONTESTANTS[name].module);

/** name → reason, for those that cannot take part on this machine. */
export function absentContestants() {
  const reasons = Object.entries(CONTESTANTS).map(([name, { whyAbsent }]) => [name, whyAbsent?.()]);
  return new Map(reasons.filter(([, reason]) => reason !== undefined));
}
