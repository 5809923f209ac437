// Deposits 1.00 again and again, each time with a new key, and prints what it was answered.
// node depositor.js <directory> <account id>
import { writeSync } from 'node:fs';
import { openBank } from '../../dist/lib/index.js';

const [, , directory = '', id = ''] = process.argv;
const bank = await openBank(directory);
for (let number = 0; ; number++) {
  const key = `${process.pid}-${number}`;
  const { transfer } = await bank.deposit(id, '1.00', { idempotencyKey: key });
  writeSync(1, `${JSON.stringify({ key, transfer })}\n`);
}
