import type { MovementInput, TransferResult } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { BATCH_ENTRIES_MAX } from '#lib/store/limits.js';
import { booksOf, newBank, openFunded } from './new-bank.js';

/** Each result in short: the entry's number, or why there is none. */
const short = (results: readonly TransferResult[]) =>
  results.map((result) => ('receipt' in result ? result.receipt.transfer : result.error.code));

describe('transferMany', () => {
  it('without receipts: the numbers of the same entries, the same refusals, the same books', async () => {
    const books: unknown[] = [];
    const told: unknown[] = [];
    for (const receipts of [true, false]) {
      const bank = await newBank();
      const [a = '', b = ''] = await openFunded(bank, '10.00', '0.00');
      const inputs = [
        { from: a, to: b, amount: '10.00', idempotencyKey: 'one' },
        { from: a, to: b, amount: '0.01' },
        { from: a, to: b, amount: '10.00', idempotencyKey: 'one' },
        { to: a, amount: '1.00' },
        { from: 'nobody', to: b, amount: '1.00' },
      ];
      const dry = await bank.transferMany(inputs.slice(0, 2), { receipts, dryRun: true });
      expect(dry.map((result) => 'error' in result)).toEqual([false, true]);
      if (!receipts) expect(dry[0]).toEqual({ transfer: 4, replayed: false });
      const results = await bank.transferMany(inputs, { receipts });
      told.push(
        results.map((result) => {
          if ('error' in result) return result.error.code;
          const { transfer, replayed } = 'receipt' in result ? result.receipt : result;
          return { transfer, replayed };
        }),
      );
      if (!receipts) expect(results[0]).toEqual({ transfer: 4, replayed: false });
      const again = bank.transferMany(
        [
          { to: a, amount: '1.00' },
          { from: a, to: b, amount: '9.00' },
        ],
        {
          ...{ atomic: true, receipts: false },
        },
      );
      await expect(again).rejects.toMatchObject({
        code: 'INSUFFICIENT_FUNDS',
        details: { index: 1 },
      });
      books.push(await Promise.all([a, b].map((id) => bank.balance(id))));
    }
    expect(told[1]).toEqual(told[0]);
    expect(told[0]).toEqual([
      { transfer: 4, replayed: false },
      'INSUFFICIENT_FUNDS',
      { transfer: 4, replayed: true },
      { transfer: 5, replayed: false },
      'ACCOUNT_NOT_FOUND',
    ]);
    expect(books[1]).toEqual(books[0]);
  });

  it('answers each in order, each on what those before it left', async () => {
    const bank = await newBank();
    const [a = '', b = '', c = ''] = await openFunded(bank, '10.00', '0.00', '0.00');
    const results = await bank.transferMany([
      { from: a, to: b, amount: '10.00' },
      { from: a, to: b, amount: '0.01' },
      { from: b, to: c, amount: '4.00' },
      { to: a, amount: '1.00' },
      { from: a, amount: '1.00', memo: 'out' },
      { from: a, to: a, amount: '1.00' },
      { from: a, to: 'nobody', amount: '1.00' },
      { from: b, to: c, amount: '1.005' },
      { amount: '1.00' },
      { from: b, to: c, amount: 600n },
    ]);
    expect(short(results)).toEqual([
      5,
      'INSUFFICIENT_FUNDS',
      6,
      7,
      8,
      'SAME_ACCOUNT',
      'ACCOUNT_NOT_FOUND',
      'INVALID_AMOUNT',
      'INVALID_ID',
      9,
    ]);
    expect(results[4]).toMatchObject({ receipt: { from: { id: a }, to: { id: 'world-usd' } } });
    const amounts = await Promise.all([a, b, c].map((id) => bank.balance(id)));
    expect(amounts.map(({ ledger }) => ledger.amount)).toEqual(['0.00', '0.00', '10.00']);
  });

  it.each<[string, number, (a: string, b: string) => MovementInput]>([
    ['INSUFFICIENT_FUNDS', 2, (from, to) => ({ from, to, amount: '10.01' })],
    ['SAME_ACCOUNT', 0, (from) => ({ from, to: from, amount: '1.00' })],
    ['ACCOUNT_NOT_FOUND', 1, (from) => ({ from, to: 'nobody', amount: '1.00' })],
    ['INVALID_AMOUNT', 1, (from, to) => ({ from, to, amount: '0' })],
    ['INVALID_AMOUNT', 2, (from, to) => ({ from, to, amount: '1.001' })],
    ['INVALID_ID', 0, () => ({ amount: '1.00' })],
    ['INVALID_TEXT', 1, (from, to) => ({ from, to, amount: '1.00', memo: 'a\nb' })],
  ])('books all or none: %s at place %i', async (code, index, wrong) => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '10.00', '0.00');
    const inputs: MovementInput[] = [
      { from: a, to: b, amount: '1.00' },
      { from: b, to: a, amount: '1.00' },
    ];
    inputs.splice(index, 0, wrong(a, b));
    const before = await booksOf(bank);
    const asked = bank.transferMany(inputs, { atomic: true });
    await expect(asked).rejects.toMatchObject({ code, committed: false, details: { index } });
    expect(await booksOf(bank)).toEqual(before);
  });

  it('books all when all may be booked, on what those before it left', async () => {
    const bank = await newBank();
    const [a = '', b = '', c = ''] = await openFunded(bank, '10.00', '0.00', '0.00');
    const chain = [
      { from: a, to: b, amount: '10.00' },
      { from: b, to: c, amount: '10.00' },
      { from: c, to: a, amount: '10.00' },
    ];
    expect(short(await bank.transferMany(chain, { atomic: true }))).toEqual([5, 6, 7]);
    expect((await bank.balance(a)).ledger.amount).toBe('10.00');
  });

  it('takes back only its own when it is refused in the middle of a batch', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '10.00', '0.00');
    const many = (amount: string) =>
      bank.transferMany(
        [
          { from: a, to: b, amount: '5.00' },
          { from: a, to: b, amount },
        ],
        { atomic: true },
      );
    const outcomes = await Promise.allSettled([
      bank.deposit(a, '1.00'),
      many('6.01'),
      many('6.00'),
      bank.withdraw(b, '11.00'),
      bank.openAccount({ firstName: 'Eve', lastName: 'Late' }),
    ]);
    expect(outcomes).toMatchObject([
      { value: { transfer: 4 } },
      { reason: { code: 'INSUFFICIENT_FUNDS', details: { index: 1 } } },
      { value: [{ receipt: { transfer: 5 } }, { receipt: { transfer: 6 } }] },
      { value: { transfer: 7 } },
      { value: { transfer: 8, id: 'a10033' } },
    ]);
  });

  it('does nothing with nothing', async () => {
    const bank = await newBank();
    await openFunded(bank, '10.00');
    const before = await booksOf(bank);
    expect(await bank.transferMany([])).toEqual([]);
    expect(await bank.transferMany([], { atomic: true })).toEqual([]);
    expect(await booksOf(bank)).toEqual(before);
  });

  it('takes as many as go into a batch, and refuses one more', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '10.00', '0.00');
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) =>
        index % 2 ? { from: b, to: a, amount: '1.00' } : { from: a, to: b, amount: '1.00' },
      );
    await expect(bank.transferMany(many(BATCH_ENTRIES_MAX + 1))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    // With single ones beside it: together they are more than one batch.
    const [results] = await Promise.all([
      bank.transferMany(many(BATCH_ENTRIES_MAX), { atomic: true }),
      ...Array.from({ length: 50 }, () => bank.deposit(a, '1.00')),
    ]);
    expect(short(results)).toEqual(Array.from({ length: BATCH_ENTRIES_MAX }, (_, at) => 4 + at));
    expect((await bank.balance(a)).ledger.amount).toBe('60.00');
    expect((await bank.account(a)).entries).toBe(2 + BATCH_ENTRIES_MAX + 50);
  });
});
