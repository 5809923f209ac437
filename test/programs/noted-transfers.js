// Moves money at random until its input ends. Notes each request before it asks, and each answer in the
// moment it hears it.
// node noted-transfers.js <directory> <notes file> <account ids, comma-separated>
import { openSync, writeSync } from 'node:fs';
import { openAt } from '../../dist/lib/bank/open-bank.js';
import { nodeHost } from '../../dist/lib/store/host.js';

/** The journal goes on in a new segment about every hundred transfers. */
const SEGMENT_BYTES_MAX = 20_000;

const [, , directory = '', notes = '', accounts = ''] = process.argv;
const ids = accounts.split(',');
const file = openSync(notes, 'a');
const note = (/** @type {object} */ line) => writeSync(file, `${JSON.stringify(line)}\n`);
const below = (/** @type {number} */ limit) => Math.floor(Math.random() * limit);
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

let ended = false;
process.stdin.resume().once('close', () => {
  ended = true;
});
const bank = await openAt({ ...nodeHost(), segmentBytesMax: SEGMENT_BYTES_MAX }, directory);
let asked = 0;

/** One transfer or, now and then, a deposit, with its own key. */
async function move() {
  const from = below(8) === 0 ? undefined : ids[below(ids.length)];
  const to = ids[below(ids.length)] ?? '';
  if (from === to) return;
  const key = `${process.pid}-${asked++}`;
  const amount = `${1 + below(30)}.00`;
  note({ key, from, to, amount });
  for (;;) {
    const options = { idempotencyKey: key };
    try {
      const receipt = await (from === undefined
        ? bank.deposit(to, amount, options)
        : bank.transfer({ from, to, amount, ...options }));
      const seqs = { [receipt.from.id]: receipt.from.seq, [receipt.to.id]: receipt.to.seq };
      return note({ answered: key, transfer: receipt.transfer, seqs });
    } catch (error) {
      const { code = 'BUG', message } = /** @type {{ code?: string, message: string }} */ (error);
      if (code === 'OUTCOME_UNKNOWN') continue;
      note({ refused: key, code, message });
      if (code !== 'INSUFFICIENT_FUNDS') throw error;
      return;
    }
  }
}

async function client() {
  while (!ended) {
    await move();
    // Now and then nobody asks, and the passbooks are brought up to date.
    if (below(40) === 0) await pause(below(80));
  }
}

await Promise.all([client(), client(), client()]);
await bank.close();
