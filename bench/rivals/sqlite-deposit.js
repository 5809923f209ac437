/** A fresh process that opens the database, pays a cent in, and leaves. */
import { open } from './better-sqlite3.js';

const [folder, id] = process.argv.slice(2);
const contestant = open(folder);
contestant.deposit(Number(id), 1);
contestant.close();
