// A process of the storm: moves money at random until the time is over, and notes what it was answered.
// node random-transfers.js <directory> <notes file> <seconds> <in flight> <account ids, comma-separated>
import { openSync, writeSync } from 'node:fs';
import { openBank } from '../../dist/lib/index.js';

const [, , directory = '', notes = '', seconds = '', inFlight = '', accounts = ''] = process.argv;
const ids = accounts.split(',');
const file = openSync(notes, 'a');
const note = (/** @type {object} */ line) => writeSync(file, `${JSON.stringify(line)}\n`);
const one = () => ids[Math.floor(Math.random() * ids.length)] ?? '';

const bank = await openBank(directory);
const end = performance.now() + Number(seconds) * 1000;
let asked = 0;

/** One transfer with its own key, asked again as long as its outcome is unknown. */
async function move() {
  const [from, to] = [one(), one()];
  if (from === to) return;
  const amount = `${1 + Math.floor(Math.random() * 30)}.00`;
  const key = `${process.pid}-${asked++}`;
  const start = performance.now();
  for (;;) {
    try {
      const { transfer, replayed } = await bank.transfer({ from, to, amount, idempotencyKey: key });
      return note({
        key,
        transfer,
        from,
        to,
        amount,
        replayed,
        waitedMs: performance.now() - start,
      });
    } catch (error) {
      const { code = 'BUG', message } = /** @type {{ code?: string, message: string }} */ (error);
      if (code === 'OUTCOME_UNKNOWN') continue;
      note({ key, refused: code, message, waitedMs: performance.now() - start });
      if (code !== 'INSUFFICIENT_FUNDS') process.exit(1);
      return;
    }
  }
}

async function client() {
  while (performance.now() < end) await move();
}

await Promise.all(Array.from({ length: Number(inFlight) }, client));
await bank.close();
note({ done: true });
