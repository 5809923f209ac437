/** Prints the balance of one account: what a small command line over SQLite would do. */
import { join } from 'node:path';
import Database from 'better-sqlite3';

const [folder, id] = process.argv.slice(2);
const db = new Database(join(folder, 'bank.sqlite'));
const balance = db.prepare('SELECT balance FROM accounts WHERE id = ?').pluck().get(Number(id));
console.log((balance / 100).toFixed(2));
