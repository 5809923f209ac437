import { rmSync } from 'node:fs';
import type { Bank } from 'drovebank';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Machine } from '../machine/processes.js';
import { pagePath } from '../store/books.js';

const START = Date.parse('2026-11-20T09:00:00Z');
const MINUTE = 60_000;
const WORLD = 'world-usd';

/** What was there behind each entry, told by the receipts. */
interface Told {
  readonly transfer: number;
  readonly bookedAt: string;
  readonly balances: ReadonlyMap<string, string>;
}

/** Two accounts with some hundred rows, four entries a minute, posted now and then; the newest are not. */
async function longBooks(): Promise<{ bank: Bank; told: Told[] }> {
  const machine = await Machine.withBank();
  machine.now = () => START;
  const { bank } = await machine.start();
  const told: Told[] = [];
  let balances = new Map<string, string>();
  const tell = (transfer: number, bookedAt: string, changes: readonly [string, string][]) => {
    balances = new Map([...balances, ...changes]);
    told.push({ transfer, bookedAt, balances });
  };
  const first = await bank.openAccount({ id: 'ada', firstName: 'Ada', lastName: 'L' });
  tell(first.transfer, first.bookedAt, [
    ['ada', '0.00'],
    [WORLD, '0.00'],
  ]);
  for (let minute = 1; minute <= 60; minute++) {
    machine.now = () => START + minute * MINUTE;
    if (minute === 20) {
      const bob = await bank.openAccount({ id: 'bob', firstName: 'Bob', lastName: 'S' });
      tell(bob.transfer, bob.bookedAt, [['bob', '0.00']]);
    }
    const to = minute > 20 && minute % 2 === 0 ? 'bob' : 'ada';
    const inputs = Array.from({ length: 4 }, () => ({ to, amount: '1.25' }));
    for (const result of await bank.transferMany(inputs)) {
      if (!('receipt' in result)) throw result.error;
      const { transfer, bookedAt, from, to: into } = result.receipt;
      tell(transfer, bookedAt, [
        [from.id, from.after.amount],
        [into.id, into.after.amount],
      ]);
    }
    if (minute % 11 === 0) await bank.posted();
  }
  return { bank, told };
}

describe('A balance as of a past moment', () => {
  it('is what it was, behind each entry and at each moment, and so are the totals', async () => {
    const { bank, told } = await longBooks();
    for (const { transfer, balances } of told.filter((_, at) => at % 7 === 0)) {
      for (const [id, amount] of balances) {
        const { ledger, asOf } = await bank.balance(id, { at: transfer });
        expect([id, transfer, ledger.amount]).toEqual([id, transfer, amount]);
        expect(asOf).toBeLessThanOrEqual(transfer);
      }
      const [total] = await bank.totals({ at: transfer });
      expect(total).toMatchObject({
        accounts: balances.size - 1,
        world: { amount: balances.get(WORLD) },
        sum: { amount: '0.00' },
        asOf: transfer,
      });
    }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 61 * 60 }), async (second) => {
        const at = new Date(START + second * 1000);
        const then = told.findLast(({ bookedAt }) => bookedAt <= at.toISOString());
        const { ledger } = await bank.balance('ada', { at });
        expect(ledger.amount).toBe(then?.balances.get('ada'));
      }),
      { numRuns: 60 },
    );
    await bank.close();
  });

  it('reads few pages of a long history', async () => {
    const { bank } = await longBooks();
    await bank.posted();
    expect((await bank.balance('ada', { at: 3 })).ledger.amount).toBe('2.50');
    expect((await bank.balance('ada', { at: '2026-11-20T09:01:00Z' })).ledger.amount).toBe('5.00');
    await bank.close();
  });

  it('is damage where the page that would tell is gone', async () => {
    const { bank } = await longBooks();
    await bank.posted();
    rmSync(pagePath(bank.directory, 'ada', 1));
    await expect(bank.balance('ada', { at: 3 })).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    await bank.close().catch(() => undefined);
  });

  it('is refused before the account was there, and where the moment is none', async () => {
    const { bank } = await longBooks();
    await expect(bank.balance('bob', { at: 3 })).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_FOUND',
      message: 'There was no account bob yet behind transfer 3.',
    });
    await expect(bank.balance('bob', { at: '2026-11-20' })).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_FOUND',
    });
    await expect(bank.balance('ada', { at: 'soon' })).rejects.toMatchObject({
      code: 'INVALID_TIME',
    });
    await expect(bank.balance('ada', { at: -1 })).rejects.toMatchObject({ code: 'INVALID_AMOUNT' });
    await expect(bank.balance('nobody', { at: 3 })).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_FOUND',
    });
    expect(await bank.totals({ at: 0 })).toEqual([]);
    await expect(bank.totals({ at: 9_999 })).rejects.toMatchObject({ code: 'TRANSFER_NOT_FOUND' });
    expect((await bank.totals({ at: '2099-01-01' }))[0]).toMatchObject({ accounts: 2 });
    await bank.close();
  });

  it('shows what was held then', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    await bank.openAccount({ id: 'ada', firstName: 'A', lastName: 'L', overdraftLimit: '5.00' });
    await bank.deposit('ada', '100.00');
    const { hold, transfer } = await bank.hold('ada', '30.00');
    await bank.release(hold);
    expect(await bank.balance('ada', { at: transfer })).toMatchObject({
      held: { amount: '30.00' },
      available: { amount: '75.00' },
    });
    expect((await bank.balance('ada')).held.amount).toBe('0.00');
    await bank.close();
  });
});
