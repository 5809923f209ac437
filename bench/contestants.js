/** Who takes part. Each module exports `label`, `durable`, `prepare` and `open`. */
export const CONTESTANTS = {
  drovebank: './drovebank.js',
  'better-sqlite3': './rivals/better-sqlite3.js',
  lmdb: './rivals/lmdb.js',
  'lmdb-sync': './rivals/lmdb-sync.js',
  'classic-level': './rivals/classic-level.js',
  'naive-pair': './rivals/naive-pair.js',
  'raw-append': './rivals/raw-append.js',
  'raw-dsync': './rivals/raw-dsync.js',
};

export const loadContestant = (name) => import(CONTESTANTS[name]);
