/** A fresh process that opens a bank, pays a cent in, and leaves. */
import { openBank } from '../dist/lib/index.js';

const [folder, id] = process.argv.slice(2);
const bank = await openBank(folder);
await bank.deposit(id, 1n);
await bank.close();
