import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { POSTING_INLINE_ENTRIES_MAX } from '#lib/store/limits.js';
import { Machine } from '../machine/processes.js';
import { expectWhole, fund, pagePath } from '../store/books.js';
import { newBank, openFunded } from './new-bank.js';

/** What is told on a channel from now on, about one bank. */
function listen(name: string, directory: string): unknown[] {
  const heard: unknown[] = [];
  const listener = (message: unknown) => {
    if ((message as { directory: string }).directory === directory) heard.push(message);
  };
  subscribe(name, listener);
  onTestFinished(() => void unsubscribe(name, listener));
  return heard;
}

describe('the diagnostics channels', () => {
  it('tell of every batch that was made durable', async () => {
    const bank = await newBank();
    const { directory } = bank;
    const heard = listen('drovebank:commit', directory);
    const [a = ''] = await openFunded(bank, '10.00');
    await Promise.all([bank.deposit(a, '1.00'), bank.deposit(a, '2.00'), bank.balance(a)]);
    await bank.balance(a);
    await expect(bank.withdraw(a, '99.00')).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    const ms = expect.any(Number);
    expect(heard).toEqual([
      { directory, entries: 1, transfer: 1, ms },
      { directory, entries: 1, transfer: 2, ms },
      { directory, entries: 2, transfer: 4, ms },
    ]);
  });

  it('tell of every posting in this thread', async () => {
    const bank = await newBank();
    const { directory } = bank;
    const heard = listen('drovebank:post', directory);
    await openFunded(bank, '10.00');
    await bank.posted();
    expect(heard).toMatchObject([{ directory, pages: 2, entries: 2, transfer: 2 }]);
  });

  it('tell of every posting in the thread beside it', async () => {
    const bank = await newBank();
    const { directory } = bank;
    const heard = listen('drovebank:post', directory);
    const [a = ''] = await openFunded(bank, '10.00');
    const count = POSTING_INLINE_ENTRIES_MAX + 1;
    await bank.transferMany(Array.from({ length: count }, () => ({ to: a, amount: '1.00' })));
    await bank.posted();
    await bank.close();
    expect(heard.at(-1)).toMatchObject({ directory, transfer: 2 + count });
  });

  it('tell of a take-over from a writer that had not left', async () => {
    const machine = await Machine.withBank();
    const { directory } = machine;
    const heard = listen('drovebank:recover', directory);
    const first = await machine.start();
    const [ada] = await fund(first);
    machine.kill(first);
    const second = await machine.start();
    expect(heard).toEqual([]);
    await second.bank.deposit(ada, '1.00');
    expect(heard).toEqual([{ directory, transfer: 4 }]);
    await second.bank.close();
    await expectWhole(machine, { [ada]: '101.00' });
    expect(heard).toHaveLength(1);
  });

  it.each([
    ['when it is asked for', 0],
    ['when it is posted', 1],
    ['in the thread beside it', POSTING_INLINE_ENTRIES_MAX + 1],
  ])('tell of damage, once, found %s', async (_, count) => {
    const machine = await Machine.withBank();
    const { directory } = machine;
    const heard = listen('drovebank:damage', directory);
    const first = await machine.start();
    const [ada] = await fund(first);
    await first.bank.posted();
    await first.bank.transferMany(
      Array.from({ length: count }, () => ({ to: ada, amount: '1.00' })),
    );
    const path = pagePath(directory, ada);
    writeFileSync(path, readFileSync(path, 'utf8').replace('100.00', '900.00'));
    const second = await machine.start();
    const damage = { code: 'BANK_DAMAGED' };
    if (count === 0) await expect(second.bank.balance(ada)).rejects.toMatchObject(damage);
    else await expect(first.bank.posted()).rejects.toMatchObject(damage);
    await Promise.allSettled([first.bank.close(), second.bank.close()]);
    expect(heard).toMatchObject([{ directory, error: damage }]);
    expect(readFileSync(join(directory, 'PAIN.csv'), 'utf8')).toContain(pagePath('', ada));
    expect(heard).toMatchObject([{ error: { details: { file: pagePath('', ada) } } }]);
  });
});
