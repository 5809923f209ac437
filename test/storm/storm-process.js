// A process of the storm: asks and looks at random until its input ends. Notes each request and each look
// before it begins, and what it was told in the moment it hears it. All processes write to one file, so that
// the order of its lines is the order in which things happened, whatever the clocks say.
// node storm-process.js <directory> <notes file> <name> <seed> <requests at once> <whose requests it asks again>
import { openSync, readFileSync, writeSync } from 'node:fs';
import { openBank } from '../../dist/lib/index.js';
import { seededRandom } from '../../dist/lib/testing/random.js';

const [, , directory = '', notes = '', by = '', seed = '', atOnce = '', dead = ''] = process.argv;
const random = seededRandom(Number(seed));
const below = (/** @type {number} */ limit) => Math.floor(random() * limit);
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
const file = openSync(notes, 'a');
/** What a kill cut off is a line of its own: the next one begins anew. */
const note = (/** @type {object} */ told) =>
  writeSync(file, `\n${JSON.stringify({ by, ...told })}\n`);

let ended = false;
process.stdin.resume().once('close', () => {
  ended = true;
});
const bank = await openBank(directory);
const accounts = (await bank.accounts({ world: true }).page()).items;
const customers = accounts.filter(({ overdraftLimit }) => overdraftLimit !== undefined);
const one = () => customers[below(customers.length)];
let [asked, looked] = [0, 0];

/** @typedef {{ key: string, from?: string | undefined, to?: string | undefined, amount: string }} Request */

/** A transfer, now and then a deposit or a withdrawal; sometimes of more than there is. */
function nextRequest() {
  const [account, kind] = [one(), below(10)];
  const others = customers.filter((other) => other.currency === account?.currency);
  const other = others.filter((each) => each !== account)[below(others.length - 1)];
  const amount = `${1 + below(below(12) === 0 ? 3_000 : 40)}.${10 + below(90)}`;
  const key = `${by}-${asked++}`;
  if (kind === 0) return { key, to: account?.id, amount };
  return { key, from: account?.id, to: kind === 1 ? undefined : other?.id, amount };
}

const sideOf = (/** @type {import('drovebank').ReceiptSide} */ { id, seq, before, after }) => ({
  id,
  seq,
  before: before.amount,
  after: after.amount,
});

/** @param {Request} request */
function book({ key: idempotencyKey, from, to, amount }) {
  if (from === undefined) return bank.deposit(to ?? '', amount, { idempotencyKey });
  if (to === undefined) return bank.withdraw(from, amount, { idempotencyKey });
  return bank.transfer({ from, to, amount, idempotencyKey });
}

/**
 * Asks, and again as often as the outcome is unknown; now and then it is left unknown.
 * @param {Request} request
 * @param {boolean} before it was asked before, by whomever
 * @returns {Promise<'answered' | 'refused' | 'unknown'>}
 */
async function ask(request, before = false) {
  for (;;) {
    try {
      const { transfer, amount, from, to } = await book(request);
      const sides = { from: sideOf(from), to: sideOf(to) };
      note({ answered: request.key, transfer, amount: amount.amount, ...sides });
      return 'answered';
    } catch (error) {
      const { code } = /** @type {{ code?: string }} */ (error);
      // That the bank is busy says nothing of how it was asked before.
      if (code === 'BANK_BUSY' && before) continue;
      if (code === 'INSUFFICIENT_FUNDS' || code === 'BANK_BUSY') {
        note({ refused: request.key, code });
        return 'refused';
      }
      if (code !== 'OUTCOME_UNKNOWN') throw error;
      before = true;
      if (below(3) === 0) {
        note({ unknown: request.key });
        return 'unknown';
      }
    }
  }
}

/** What looks there are, and what is noted of each. */
const LOOKS = [
  async () => {
    const totals = await bank.totals();
    return {
      totals: totals.map(({ customers, world, sum, ...total }) => ({
        ...total,
        customers: customers.amount,
        world: world.amount,
        sum: sum.amount,
      })),
    };
  },
  async () => {
    const list = [];
    for await (const { id, entries, ledger } of bank.accounts({ world: true }))
      list.push([id, entries, ledger.amount]);
    return { list };
  },
  async () => {
    const balances = await Promise.all(
      accounts.map(async ({ id }) => {
        const { ledger, asOf } = await bank.balance(id);
        return [id, asOf, ledger.amount];
      }),
    );
    return { balances };
  },
  async () => {
    const account = one()?.id ?? '';
    const reverse = below(2) === 0;
    const rows = [];
    for await (const row of bank.history(account, reverse ? { reverse, limit: 10 } : {}))
      rows.push([row.seq, row.transfer, row.balance.amount]);
    return { account, rows: reverse ? rows.reverse() : rows, whole: !reverse };
  },
];

async function look() {
  const name = `${by}-look-${looked++}`;
  note({ looking: name });
  const what = await LOOKS[below(LOOKS.length)]?.().catch((error) => {
    if (error.code !== 'BANK_BUSY') throw error;
  });
  if (what !== undefined) note({ saw: name, ...what });
}

async function askOn() {
  do {
    const { key, ...request } = nextRequest();
    note({ asked: key, ...request });
    const answer = await ask({ key, ...request });
    // It may not have heard its answer. (What was refused would be a new request.)
    if (answer !== 'refused' && below(10) === 0) await ask({ key, ...request }, true);
  } while (!ended);
}

async function lookOn() {
  do {
    await look();
    await pause(below(30));
  } while (!ended);
}

/** What somebody who was killed had asked: all that it was not told, and the last few that it was. */
function leftBehind() {
  const [open, answers] = [new Map(), new Map()];
  for (const line of readFileSync(notes, 'utf8').split('\n')) {
    if (!line.startsWith(`{"by":"${dead}",`)) continue;
    try {
      const { asked, from, to, amount, answered, refused } = JSON.parse(line);
      if (asked) open.set(asked, { key: asked, from, to, amount });
      if (answered && open.has(answered)) answers.set(answered, open.get(answered));
      open.delete(answered ?? refused);
    } catch {} // It was killed while it wrote this.
  }
  return [...open.values(), ...[...answers.values()].slice(-5)];
}

const again = dead === '' ? [] : leftBehind();
// Who only looks does so for several at once.
const lookers = Number(atOnce) > 0 ? 1 : 4;
await Promise.all([
  ...Array.from({ length: lookers }, lookOn),
  ...again.map((request) => ask(request, true)),
  ...Array.from({ length: Number(atOnce) }, askOn),
]);
await bank.close();
