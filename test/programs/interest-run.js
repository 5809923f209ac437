// A bank with a past, and interest on it. `node interest-run.js make <bank> <accounts>`, and then, as often as it
// takes, `node interest-run.js pay <bank> <from> <as of>`: prints what the run was answered with.
import process from 'node:process';
import { openBank } from 'drovebank';

const [task, folder, ...more] = process.argv.slice(2);
const DAY = 86_400_000;
const AT_ONCE = 5_000;

/** The clock of this process says another time: what it books lies in the past. */
const realNow = Date.now;
function setClock(now) {
  Date.now = () => now;
}

async function inChunks(count, requestOf, bank) {
  for (let first = 0; first < count; first += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - first);
    const requests = Array.from({ length }, (_, at) => requestOf(first + at)).filter(Boolean);
    for (const result of await bank.batch(requests)) if ('error' in result) throw result.error;
  }
}

async function make(accounts, begin) {
  setClock(begin);
  const bank = await openBank(folder, { create: true });
  const id = (at) => `m${at}`;
  const open = (at) => ({
    ...{ op: 'open', id: id(at), firstName: 'Member', lastName: `No ${at}` },
    overdraftLimit: '5000.00',
  });
  await inChunks(accounts, open, bank);
  let state = 7;
  const below = (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  for (const day of [0, 3, 3, 17, 30, 31, 32, 45]) {
    setClock(begin + day * DAY + below(DAY / 2));
    const move = (at) => {
      if (below(3) === 0) return undefined;
      const amount = BigInt(1 + below(at % 5 === 0 ? 900_000 : 20_000));
      return {
        op: below(3) === 0 && amount < 60_000n ? 'withdraw' : 'deposit',
        id: id(at),
        amount,
      };
    };
    await inChunks(accounts, move, bank);
  }
  await bank.close();
}

async function pay(from, asOf) {
  const bank = await openBank(folder);
  const rate = [
    { above: '0', rate: '0.75' },
    { above: '1000.00', rate: '1.3' },
    { above: '5000.00', rate: '2.125' },
  ];
  let last = 0;
  const onProgress = (done) => {
    if (done - last < 1) return;
    last = done;
    process.stdout.write('.'); // Who kills this process sees how far it has come.
  };
  const run = await bank.payInterest({ from, asOf, rate, overdraftRate: '14.9', onProgress });
  const { accounts, paid, charged, replayed, refused } = run;
  await bank.close();
  const sum = paid.accounts + charged.accounts;
  process.stdout.write(`\n${JSON.stringify({ accounts, booked: sum, replayed, refused })}\n`);
}

if (task === 'make') await make(Number(more[0]), realNow() - 90 * DAY);
else await pay(...more);
