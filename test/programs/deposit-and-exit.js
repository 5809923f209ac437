// Pays in once and ends the process in the moment of the answer, without a word to the bank.
// node deposit-and-exit.js <directory> <account id> <exit | kill | throw>
import { openBank } from '../../dist/lib/index.js';

const [, , directory = '', id = '', how = ''] = process.argv;
const bank = await openBank(directory);
await bank.deposit(id, '1.00');
if (how === 'exit') process.exit(3);
if (how === 'kill') process.kill(process.pid, 'SIGKILL');
if (how === 'throw') throw new Error('a bug of somebody else');
