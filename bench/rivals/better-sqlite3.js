/** SQLite in its durable setting for any number of processes: WAL, synchronous=FULL. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import Database from 'better-sqlite3';
import { timeEach } from '../reads.js';

const SCHEMA = `
  CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0),
    first_name TEXT NOT NULL, last_name TEXT NOT NULL) STRICT;
  CREATE TABLE transfers (id INTEGER PRIMARY KEY, from_account INTEGER, to_account INTEGER,
    amount INTEGER NOT NULL, booked_at INTEGER NOT NULL) STRICT;`;

export function connect(folder) {
  mkdirSync(folder, { recursive: true });
  const db = new Database(join(folder, 'bank.sqlite'), { timeout: 10_000 });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  return db;
}

export function prepare(folder, { accounts, balance }) {
  const db = connect(folder);
  db.exec(SCHEMA);
  const insert = db.prepare('INSERT INTO accounts VALUES (?, ?, ?, ?)');
  db.transaction(() => {
    for (let id = 0; id < accounts; id += 1) insert.run(id, balance, 'Ada', `Number ${id}`);
  })();
  db.close();
}

export function open(folder) {
  const db = connect(folder);
  const take = db.prepare('UPDATE accounts SET balance = balance - @amount WHERE id = @from');
  const give = db.prepare('UPDATE accounts SET balance = balance + @amount WHERE id = @to');
  const book = db.prepare('INSERT INTO transfers VALUES (NULL, @from, @to, @amount, @at)');
  const move = (asked) => {
    take.run(asked);
    give.run(asked);
    book.run(asked);
  };
  const transfer = db.transaction(move);
  const transferMany = db.transaction((moves) => {
    const at = Date.now();
    for (const { from, to, cents } of moves) move({ from, to, amount: cents, at });
  });
  const deposit = db.transaction((move) => {
    give.run(move);
    book.run(move);
  });
  const grow = db.transaction(({ account, rows }) => {
    const one = { from: null, to: account, amount: 1 };
    for (let row = 0; row < rows; row += 1) deposit({ ...one, at: Date.now() });
  });
  const balanceOf = db.prepare('SELECT balance FROM accounts WHERE id = ?').pluck();
  const list = db.prepare('SELECT * FROM accounts ORDER BY id LIMIT @limit');
  const find = db.prepare(`SELECT * FROM accounts
    WHERE first_name LIKE @like OR last_name LIKE @like ORDER BY id LIMIT @limit`);
  return {
    blocks: true,
    mayRefuse: (error) => error.code === 'SQLITE_BUSY',
    transfer: (from, to, amount) => transfer.immediate({ from, to, amount, at: Date.now() }),
    batchOf: (moves) => moves,
    transferMany: (moves) => transferMany.immediate(moves),
    deposit: (to, amount) => deposit.immediate({ from: null, to, amount, at: Date.now() }),
    grow,
    balances: ({ members }) => timeEach(members, (account) => balanceOf.get(account)),
    list({ search, limit }) {
      const start = performance.now();
      const found = search ? find.all({ like: `%${search}%`, limit }) : list.all({ limit });
      return { us: (performance.now() - start) * 1000, found: found.length };
    },
    sum: () => db.prepare('SELECT sum(balance) FROM accounts').pluck().get(),
    close: () => db.close(),
  };
}
