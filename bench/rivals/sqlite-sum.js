/** Prints the sum of all balances, in cents. */
import { join } from 'node:path';
import Database from 'better-sqlite3';

const db = new Database(join(process.argv[2], 'bank.sqlite'));
console.log(db.prepare('SELECT sum(balance) FROM accounts').pluck().get());
