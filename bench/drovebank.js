/** This library. Accounts are named c0, c1, … so that every process knows them. */
import { openBank } from '../dist/lib/index.js';

export const label = 'drovebank';
export const durable = 'journal synced (fdatasync) before the answer, one sync a batch';

const OPENINGS_AT_ONCE = 5_000;

const idOf = (account) => `c${account}`;

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

export async function open(folder, { accounts }) {
  const bank = await openBank(folder);
  const ids = Array.from({ length: accounts }, (_, account) => idOf(account));
  const amounts = Array.from({ length: 101 }, (_, cents) => BigInt(cents));
  return {
    transfer: (from, to, cents) =>
      bank.transfer({ from: ids[from], to: ids[to], amount: amounts[cents] }),
    deposit: (to, cents) => bank.deposit(ids[to], amounts[cents]),
    /** Gives an account a history of `rows` deposits. */
    async grow(account, rows) {
      await inChunks(rows, async (_, count) => {
        const deposit = { to: ids[account], amount: 1n };
        await depositAll(bank, new Array(count).fill(deposit));
        await bank.posted();
      });
    },
    settle: () => bank.posted(),
    async sum() {
      const [total, ...others] = await bank.totals();
      if (others.length > 0 || total.sum.minor !== 0n) throw new Error('the books do not balance');
      return Number(total.customers.minor);
    },
    close: () => bank.close(),
  };
}
