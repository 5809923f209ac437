// Makes one request of a bank, prints what it was answered, and closes the bank.
// node one-request.js <directory> <verb> <its arguments, as JSON>
import { writeSync } from 'node:fs';
import { openBank } from '../../dist/lib/index.js';

const [, , directory = '', verb = '', args = ''] = process.argv;
const bank = /** @type {Record<string, any>} */ (await openBank(directory));
const answer = await bank[verb](...JSON.parse(args));
const numbers = [answer].flat().map((one) => (one.receipt ?? one).transfer);
writeSync(1, `answered ${numbers.join(' ')}\n`);
await bank.close();
