// Makes one request of a bank, prints what it was answered, and closes the bank.
// node one-request.js <directory> <verb> <its arguments, as JSON> [<bytes behind which a segment is turned>]
import { writeSync } from 'node:fs';
import { openAt } from '../../dist/lib/bank/open-bank.js';
import { nodeHost } from '../../dist/lib/store/host.js';

const [, , directory = '', verb = '', args = '', segmentBytes] = process.argv;
const host = nodeHost();
const segmentBytesMax = Number(segmentBytes ?? host.segmentBytesMax);
const bank = /** @type {Record<string, any>} */ (
  await openAt({ ...host, segmentBytesMax }, directory)
);
const answer = await bank[verb](...JSON.parse(args));
const numbers = [answer].flat().map((one) => (one.receipt ?? one).transfer);
writeSync(1, `answered ${numbers.join(' ')}\n`);
await bank.close();
