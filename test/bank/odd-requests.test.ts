import type { Bank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { booksOf, newBank, openFunded } from './new-bank.js';

const not = (value: unknown) => value as never;

describe('What is no request', () => {
  it.each<[string, (bank: Bank, a: string, hold: string) => Promise<unknown>]>([
    ['a limit without limits', (bank, a) => bank.limit(a, not(undefined))],
    ['a rename without names', (bank, a) => bank.rename(a, not(undefined))],
    ['options that are null', (bank, a) => bank.deposit(a, '1.00', not(null))],
    ['a hold with null', (bank, a) => bank.hold(a, '1.00', not(null))],
    ['a transfer of nothing', (bank) => bank.transfer(not(undefined))],
    ['an opening of nothing', (bank) => bank.openAccount(not(undefined))],
    ['many of nothing', (bank) => bank.transferMany(not(null))],
    ['a batch that is an object', (bank) => bank.batch(not({}))],
    ['a dry run that is a word', (bank, a) => bank.deposit(a, '1.00', { dryRun: not('yes') })],
    ['an atomic that is a number', (bank) => bank.batch([], { atomic: not(1) })],
    ['a keepRest that is a number', (bank, _, hold) => bank.capture(hold, { keepRest: not(1) })],
    ['a force that is a word', (bank) => bank.reverse(2, { force: not('true') })],
    ['an upTo that is a word', (bank, a) => bank.withdraw(a, '1.00', { upTo: not('true') })],
    ['a map as metadata', (bank, a) => bank.deposit(a, '1.00', { metadata: not(new Map()) })],
  ])('%s is refused, and books nothing', async (_, ask) => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const { hold } = await bank.hold(a, '5.00');
    const books = await booksOf(bank);
    await expect(ask(bank, a, hold)).rejects.toMatchObject({
      name: 'BankError',
      code: expect.stringMatching(/^INVALID_/),
      committed: false,
    });
    expect(await booksOf(bank)).toEqual(books);
  });

  it('is told of each in a list, and the others are booked', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const results = await bank.batch([
      not(null),
      not('x'),
      { op: 'withdraw', id: a, amount: '1.00' },
    ]);
    expect(results).toMatchObject([
      { error: { code: 'INVALID_TEXT' } },
      { error: { code: 'INVALID_TEXT' } },
      { receipt: { amount: { amount: '1.00' } } },
    ]);
    const holes = new Array(1);
    expect(await bank.transferMany(not(holes))).toMatchObject([
      { error: { code: 'INVALID_TEXT' } },
    ]);
  });
});

describe('Another request with the key of one whose entry does not tell all of it', () => {
  it.each<[string, (bank: Bank, a: string, b: string, key: object) => Promise<unknown>[]]>([
    [
      'other names',
      (bank, a, _, key) => [
        bank.rename(a, { firstName: 'Z', ...key }),
        bank.rename(a, { firstName: 'Z', lastName: 'X', ...key }),
      ],
    ],
    [
      'another limit',
      (bank, a, _, key) => [
        bank.limit(a, { dayLimit: '500.00', ...key }),
        bank.limit(a, { transferLimit: 'none', ...key }),
      ],
    ],
    [
      'by force',
      (bank, _, __, key) => [bank.reverse(3, key), bank.reverse(3, { force: true, ...key })],
    ],
    [
      'for another heir',
      (bank, _, b, key) => [
        bank.closeAccount(b, { ...key }),
        bank.closeAccount(b, { sweepTo: 'a10017', ...key }),
      ],
    ],
  ])('%s: is refused', async (_, ask) => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '0.00');
    const [first, other] = ask(bank, a, b, { idempotencyKey: 'k' });
    await first;
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
  });

  it('to capture, and to keep what is left, or with an amount', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const { hold } = await bank.hold(a, '5.00');
    const key = { idempotencyKey: 'k' };
    await bank.capture(hold, key);
    expect((await bank.capture(hold, key)).replayed).toBe(true);
    for (const other of [{ keepRest: true }, { amount: '5.00' }]) {
      await expect(bank.capture(hold, { ...other, ...key })).rejects.toMatchObject({
        code: 'IDEMPOTENCY_MISMATCH',
      });
    }
  });
});
