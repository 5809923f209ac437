/** This library. Accounts are named c0, c1, … so that every process knows them. */
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openBank } from '../dist/lib/index.js';
import { idOf, pageOf } from './layout.js';
import { accountChooser } from './random.js';
import { timeEach } from './reads.js';

const OPENINGS_AT_ONCE = 5_000;

async function inChunks(count, each) {
  for (let first = 0; first < count; first += OPENINGS_AT_ONCE) {
    await each(first, Math.min(OPENINGS_AT_ONCE, count - first));
  }
}

/** A bank with `accounts` accounts of `balance` cents each. */
export async function prepare(folder, { accounts, balance }) {
  const bank = await openBank(folder, { create: true, currency: 'USD' });
  await inChunks(accounts, async (first, count) => {
    const ids = Array.from({ length: count }, (_, index) => idOf(first + index));
    const names = (id) => ({ id, firstName: 'Ada', lastName: `Number ${id}` });
    await Promise.all(ids.map((id) => bank.openAccount(names(id))));
    await depositAll(
      bank,
      ids.map((to) => ({ to, amount: BigInt(balance) })),
    );
  });
  await bank.close();
}

async function depositAll(bank, deposits) {
  for (const result of await bank.transferMany(deposits)) {
    if ('error' in result) throw result.error;
  }
}

/** What the library tells of its batches and of its posting, added up. */
function follow() {
  const seen = { batches: 0, answered: undefined, posted: undefined, recovered: 0 };
  subscribe('drovebank:commit', ({ entries, transfer }) => {
    seen.batches += 1;
    seen.posted ??= transfer - entries; // Everything was posted when the bank was closed.
    seen.answered = transfer;
  });
  subscribe('drovebank:post', ({ transfer }) => {
    seen.posted = transfer;
  });
  subscribe('drovebank:recover', () => {
    seen.recovered += 1;
  });
  return seen;
}

export async function open(folder, { accounts, atomic = false, receipts = true }) {
  const seen = follow();
  const bank = await openBank(folder);
  // Made when they are asked for: a million of them take longer than the opening.
  let made;
  const ids = () => {
    made ??= Array.from({ length: accounts }, (_, account) => idOf(account));
    return made;
  };
  const amounts = Array.from({ length: 101 }, (_, cents) => BigInt(cents));
  const toMovement = ({ from, to, cents }) => ({
    from: ids()[from],
    to: ids()[to],
    amount: amounts[cents],
  });
  const backlog = () => (seen.answered ?? 0) - (seen.posted ?? 0);
  return {
    /** Another process has had the bank for half a minute. */
    mayRefuse: (error) => error.code === 'BANK_BUSY',
    transfer: (from, to, cents) => bank.transfer(toMovement({ from, to, cents })),
    batchOf: (moves) => moves.map(toMovement),
    async transferMany(batch) {
      let last;
      for (const result of await bank.transferMany(batch, { atomic, receipts })) {
        if ('error' in result) throw result.error;
        // Made when it is looked at, which belongs to the price.
        if (receipts) last = result.receipt.transfer;
      }
      return last;
    },
    deposit: (to, cents) => bank.deposit(ids()[to], amounts[cents]),
    /** Gives an account a history of `rows` deposits. */
    async grow({ account, rows }) {
      await inChunks(rows, async (_, count) => {
        const deposit = { to: ids()[account], amount: 1n };
        await depositAll(bank, new Array(count).fill(deposit));
        await bank.posted();
      });
    },
    settle: () => bank.posted(),
    batches: () => seen.batches,
    backlog,
    recovered: () => seen.recovered,
    balances: ({ members }) => timeEach(members.map(idOf), (id) => bank.balance(id)),
    /** The file that such a balance stands in, read with nothing else. */
    rawReads: ({ members }) =>
      timeEach(members, (account) => readFileSync(join(folder, pageOf(ids()[account])))),
    async list({ search, limit }) {
      const start = performance.now();
      const { items } = await bank.accounts({ search, limit }).page();
      return { us: (performance.now() - start) * 1000, found: items.length };
    },
    /** Books batches until about `entries` of them are answered and not posted. */
    async pileUp({ entries, batch }) {
      const size = Math.min(batch, entries);
      const choose = accountChooser({ accounts, seed: 5 });
      const drawMove = () => {
        const from = choose();
        return toMovement({ from, to: (from + 1) % accounts, cents: 1 });
      };
      let booked = 0;
      // A round of posting may end in between: then more are booked, up to three times as many.
      while (backlog() < entries && booked < 3 * entries) {
        await bank.transferMany(Array.from({ length: size }, drawMove));
        booked += size;
      }
      return { booked, backlog: backlog() };
    },
    /** One batch; answers the number of its last entry. */
    async oneBatch({ moves }) {
      const results = await bank.transferMany(moves.map(toMovement));
      return { answered: results.at(-1).receipt.transfer };
    },
    async verify() {
      let told = 0;
      const start = performance.now();
      const onProgress = () => {
        told += 1;
      };
      const { ok, asOf, steps } = await bank.verify({ onProgress });
      const checked = steps.map(({ name, checked }) => `${name}: ${checked}`);
      return { us: (performance.now() - start) * 1000, ok, asOf, checked, told };
    },
    async sum() {
      const [total, ...others] = await bank.totals();
      if (others.length > 0 || total.sum.minor !== 0n) throw new Error('the books do not balance');
      return Number(total.customers.minor);
    },
    close: () => bank.close(),
  };
}
