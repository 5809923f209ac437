/** Imports the example into SQLite: each line in a transaction of its own, or all in one. */
import { readFileSync } from 'node:fs';
import { connect } from './better-sqlite3.js';

const [way, folder, accountsFile, transactionsFile] = process.argv.slice(2);
const db = connect(folder);
db.exec(`
  CREATE TABLE accounts (id TEXT PRIMARY KEY, balance INTEGER NOT NULL, overdraft INTEGER NOT NULL,
    first_name TEXT NOT NULL, last_name TEXT NOT NULL, CHECK (balance + overdraft >= 0)) STRICT;
  CREATE TABLE transfers (id TEXT PRIMARY KEY, account TEXT NOT NULL, amount INTEGER NOT NULL,
    value_date TEXT NOT NULL, memo TEXT NOT NULL) STRICT;`);

/** The example has no quoted cells. */
const lines = (file) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
const cents = (text) => Math.round(Number(text) * 100);

const openAccount = db.prepare('INSERT INTO accounts VALUES (?, 0, ?, ?, ?)');
const known = db.prepare('SELECT 1 FROM transfers WHERE id = ?');
const change = db.prepare('UPDATE accounts SET balance = balance + ? WHERE id = ?');
const book = db.prepare('INSERT INTO transfers VALUES (?, ?, ?, ?, ?)');

const open = db.transaction(([id, , first, last, , overdraft]) =>
  openAccount.run(id, cents(overdraft), first, last),
);
const move = db.transaction(([id, date, account, direction, amount, , description]) => {
  if (known.get(id)) return;
  const signed = direction === 'in' ? cents(amount) : -cents(amount);
  change.run(signed, account);
  book.run(id, account, signed, date, description);
});
const all = () => {
  for (const line of lines(accountsFile)) open(line);
  for (const line of lines(transactionsFile)) move(line);
};
if (way === 'once') db.transaction(all)();
else all();
db.close();
