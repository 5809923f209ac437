import { setTimeout as later } from 'node:timers/promises';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { openAt } from '#lib/bank/open-bank.js';
import { Machine } from '../machine/processes.js';
import { expectClean } from '../store/books.js';
import { newBank, openAgain, openFunded } from './new-bank.js';

describe('A hold', () => {
  it('takes what it sets aside from what is available, and nothing from the balance', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const receipt = await bank.hold(a, '30.00', { memo: 'hotel' });
    expect(receipt).toMatchObject({
      type: 'hold',
      hold: `${a}.${receipt.transfer}`,
      amount: { amount: '30.00' },
      account: { id: a, ledger: { amount: '100.00' } },
      expiresAt: undefined,
      replayed: false,
    });
    expect(await bank.balance(a)).toMatchObject({
      ledger: { amount: '100.00' },
      held: { amount: '30.00' },
      available: { amount: '70.00' },
    });
    await expect(bank.withdraw(a, '70.01')).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    expect((await bank.account(a)).holds).toMatchObject([
      { id: receipt.hold, amount: { amount: '30.00' } },
    ]);
    const [row] = (await bank.history(a, { reverse: true, limit: 1 }).page()).items;
    expect(row).toMatchObject({
      type: 'hold',
      memo: 'hotel',
      direction: undefined,
      held: { amount: '30.00' },
      details: { hold: { id: receipt.hold, left: '30.00', expires: '' } },
    });
  });

  it('is captured in parts, to whom one likes, and what is left is kept or released', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '0.00');
    const { hold } = await bank.hold(a, '30.00');
    const first = await bank.capture(hold, { amount: '10.00', to: b, keepRest: true });
    expect(first).toMatchObject({ from: { id: a }, to: { id: b, after: { amount: '10.00' } } });
    expect((await bank.balance(a)).held.amount).toBe('20.00');
    await expect(bank.capture(hold, { amount: '20.01' })).rejects.toMatchObject({
      code: 'EXCEEDS_HOLD',
    });
    await bank.capture(hold, { amount: '5.00' });
    expect(await bank.balance(a)).toMatchObject({
      ledger: { amount: '85.00' },
      held: { amount: '0.00' },
    });
    await expect(bank.capture(hold)).rejects.toMatchObject({ code: 'HOLD_CLOSED' });
  });

  it('is released once', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const { hold } = await bank.hold(a, '30.00');
    expect(await bank.release(hold)).toMatchObject({ hold, amount: { amount: '30.00' } });
    await expect(bank.release(hold)).rejects.toMatchObject({ code: 'HOLD_CLOSED' });
    await expect(bank.release(`${a}.99`)).rejects.toMatchObject({ code: 'HOLD_NOT_FOUND' });
    await expect(bank.release('nonsense')).rejects.toMatchObject({ code: 'INVALID_ID' });
    // A number of somebody else's hold.
    const other = hold.replace(a, 'shop');
    await expect(bank.release(other)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });

  it('is known to whoever opens the bank next, and to others who have it open', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const other = await openAgain(bank);
    expect((await other.balance(a)).held.amount).toBe('0.00');
    const { hold } = await bank.hold(a, '30.00');
    expect((await other.balance(a)).held.amount).toBe('30.00');
    await bank.close();
    const next = await openBank(bank.directory);
    expect((await next.account(a)).holds).toMatchObject([{ id: hold }]);
    await next.capture(hold, { amount: '1.00', keepRest: true });
    await next.close();
    expect((await other.balance(a)).held.amount).toBe('29.00');
  });

  it('ends by itself, by a row of its own, when somebody looks or books', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '100.00');
    const { hold, expiresAt } = await bank.hold(a, '30.00', { ttlSeconds: 1 });
    expect(expiresAt).toMatch(/^\d{4}-/);
    await bank.hold(b, '30.00', { ttlSeconds: 1 });
    expect((await bank.balance(a)).held.amount).toBe('30.00');
    await until(expiresAt);
    expect(await bank.balance(a)).toMatchObject({ held: { amount: '0.00' } });
    const [row] = (await bank.history(a, { reverse: true, limit: 1 }).page()).items;
    expect(row).toMatchObject({
      type: 'release',
      details: { hold: { id: hold, left: '0.00', released: '30.00', expired: true } },
    });
    await expect(bank.capture(hold)).rejects.toMatchObject({ code: 'HOLD_EXPIRED' });
    await bank.withdraw(b, '100.00');
    const rows = (await bank.history(b, { reverse: true, limit: 2 }).page()).items;
    expect(rows.map(({ type }) => type)).toEqual(['withdraw', 'release']);
  });

  it('has ended also when nobody was there then', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const { hold, expiresAt } = await bank.hold(a, '30.00', { ttlSeconds: 1 });
    await bank.close();
    await until(expiresAt);
    const next = await openAgain(bank);
    await expect(next.capture(hold)).rejects.toMatchObject({ code: 'HOLD_EXPIRED' });
    expect((await next.balance(a)).available?.amount).toBe('100.00');
  });

  it('does not live for half a second, for ever and a day, or for a text', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    for (const ttlSeconds of [0, 0.5, -1, Number.NaN, 1e12, '60' as unknown as number]) {
      await expect(bank.hold(a, '1.00', { ttlSeconds })).rejects.toMatchObject({
        code: 'INVALID_TIME',
      });
    }
  });

  it('is one of at most a hundred, and all of them stand on a page that is begun', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '1000.00');
    const asked = Array.from(
      { length: 100 },
      () => ({ op: 'hold', id: a, amount: '1.00' }) as const,
    );
    const placed = await bank.batch(asked, { atomic: true });
    await expect(bank.hold(a, '1.00')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await bank.close();
    const next = await openAgain(bank);
    expect((await next.account(a)).holds).toHaveLength(100);
    const first = placed[0];
    if (!first || 'error' in first || !('hold' in first.receipt)) return expect.fail();
    await next.release(first.receipt.hold);
    expect((await next.balance(a)).held.amount).toBe('99.00');
  });
});

/** Waits until a moment is over, by the clock that the bank goes by. */
async function until(moment: string | undefined): Promise<void> {
  while (Date.now() <= Date.parse(moment ?? '')) await later(20);
}

describe('A clock that is far ahead', () => {
  it('ends no hold until somebody says that it is right', async () => {
    const machine = await Machine.withBank();
    const start = Date.parse('2026-11-20T09:00:00Z');
    machine.now = () => start;
    const first = await machine.start();
    await first.bank.openAccount({ id: 'ada', firstName: 'A', lastName: 'L' });
    await first.bank.deposit('ada', '100.00');
    const { hold } = await first.bank.hold('ada', '30.00', { ttlSeconds: 86_400 });
    machine.now = () => start + 40 * 86_400_000;
    expect((await first.bank.balance('ada')).held.amount).toBe('30.00');
    await expect(first.bank.capture(hold)).rejects.toMatchObject({ code: 'CLOCK_AHEAD' });
    await expect(first.bank.withdraw('ada', '80.00')).rejects.toMatchObject({
      code: 'CLOCK_AHEAD',
    });
    await first.bank.close();
    const sure = await openAt(machine.host(), machine.directory, { acceptClock: true });
    expect((await sure.balance('ada')).held.amount).toBe('0.00');
    await sure.withdraw('ada', '80.00');
    await expectClean(sure);
    await sure.close();
  });
});
