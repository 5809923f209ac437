import type { Bank, BankError } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { booksOf, newBank, openFunded } from './new-bank.js';

type Write = (bank: Bank, a: string, b: string, dryRun: boolean) => Promise<unknown>;

const WRITES: Record<string, Write> = {
  'openAccount with an id that the bank gives': (bank, _a, _b, dryRun) =>
    bank.openAccount({ firstName: 'Eve', lastName: 'Late', overdraftLimit: '5.00', dryRun }),
  'openAccount with a chosen id': (bank, _a, _b, dryRun) =>
    bank.openAccount({ firstName: 'Eve', lastName: 'Late', id: 'eve', dryRun }),
  'openAccount in a currency that is new to the bank': (bank, _a, _b, dryRun) =>
    bank.openAccount({ firstName: 'Eve', lastName: 'Late', currency: 'JPY', dryRun }),
  deposit: (bank, a, _b, dryRun) => bank.deposit(a, '1.50', { memo: 'm', dryRun }),
  withdraw: (bank, a, _b, dryRun) => bank.withdraw(a, '1.50', { reference: 'r', dryRun }),
  transfer: (bank, from, to, dryRun) => bank.transfer({ from, to, amount: '1.50', dryRun }),
  hold: (bank, a, _b, dryRun) => bank.hold(a, '1.50', { ttlSeconds: 60, dryRun }),
  freeze: (bank, a, _b, dryRun) => bank.freeze(a, { dryRun }),
  unfreeze: (bank, a, _b, dryRun) => bank.unfreeze(a, { dryRun }),
  close: (bank, a, sweepTo, dryRun) => bank.closeAccount(a, { sweepTo, dryRun }),
  reopen: (bank, a, _b, dryRun) => bank.reopen(a, { dryRun }),
  rename: (bank, a, _b, dryRun) => bank.rename(a, { firstName: 'New', dryRun }),
  limit: (bank, a, _b, dryRun) => bank.limit(a, { overdraftLimit: '5.00', dryRun }),
  'operations of several kinds': (bank, a, b, dryRun) =>
    bank.batch(
      [
        { op: 'hold', id: a, amount: '5.00' },
        { op: 'transfer', from: a, to: b, amount: '1.00', upTo: true },
        { op: 'rename', id: b, firstName: 'New' },
      ],
      { dryRun, atomic: true },
    ),
  'deposit with a key': (bank, a, _b, dryRun) =>
    bank.deposit(a, '1.50', { idempotencyKey: 'k', dryRun }),
  transferMany: (bank, from, to, dryRun) =>
    bank.transferMany(
      [
        { from, to, amount: '80.00' },
        { from: to, to: from, amount: '130.00' },
      ],
      {
        dryRun,
      },
    ),
  'transferMany, all or none': (bank, from, to, dryRun) =>
    bank.transferMany(
      [
        { from, to, amount: '80.00' },
        { from, amount: '20.00' },
      ],
      {
        dryRun,
        atomic: true,
      },
    ),
};

const REFUSED: Record<string, [string, Write]> = {
  'more than there is': [
    'INSUFFICIENT_FUNDS',
    (bank, from, to, dryRun) => bank.transfer({ from, to, amount: '100.01', dryRun }),
  ],
  'an account that is not there': [
    'ACCOUNT_NOT_FOUND',
    (bank, _a, _b, dryRun) => bank.deposit('nobody', '1.00', { dryRun }),
  ],
  'an id that is taken': [
    'ACCOUNT_EXISTS',
    async (bank, _a, _b, dryRun) => {
      await bank.openAccount({ firstName: 'S', lastName: 'S', id: 'shop' }).catch(() => {});
      return bank.openAccount({ firstName: 'T', lastName: 'T', id: 'shop', dryRun });
    },
  ],
  'one of many, all or none': [
    'INSUFFICIENT_FUNDS',
    (bank, from, to, dryRun) =>
      bank.transferMany(
        [
          { from, to, amount: '60.00' },
          { from, to, amount: '60.00' },
        ],
        {
          dryRun,
          atomic: true,
        },
      ),
  ],
};

/** The answer but for its time, which only the real one keeps. */
const timeless = (answer: unknown) =>
  JSON.parse(
    JSON.stringify(answer, (key, value) =>
      key === 'bookedAt' || key === 'expiresAt'
        ? typeof value
        : typeof value === 'bigint'
          ? `${value}`
          : value,
    ),
  );

describe('a dry run', () => {
  it.each(Object.keys(WRITES))('answers as the real one and books nothing: %s', async (name) => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '10.00');
    const before = await booksOf(bank);
    const write = WRITES[name] ?? expect.fail();
    const first = await write(bank, a, b, true);
    expect(timeless(await write(bank, a, b, true)), 'once more').toEqual(timeless(first));
    expect(await booksOf(bank)).toEqual(before);
    const real = await write(bank, a, b, false);
    expect(timeless(first)).toEqual(timeless(real));
    expect(await booksOf(bank)).not.toEqual(before);
  });

  it.each(Object.keys(REFUSED))('is refused as the real one: %s', async (name) => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '10.00');
    const [code, write] = REFUSED[name] ?? expect.fail();
    const refusal = (dryRun: boolean) =>
      write(bank, a, b, dryRun).then(
        () => expect.fail('it was not refused'),
        ({ code, message, details }: BankError) => ({ code, message, details }),
      );
    const dry = await refusal(true);
    expect(dry.code).toBe(code);
    const before = await booksOf(bank);
    expect(await refusal(false)).toEqual(dry);
    expect(await booksOf(bank)).toEqual(before);
  });

  it('tells of a key that was used, and does not use one up', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const dry = { idempotencyKey: 'k', dryRun: true };
    expect((await bank.deposit(a, '1.00', dry)).replayed).toBe(false);
    const real = await bank.deposit(a, '2.00', { idempotencyKey: 'k' });
    expect(real.replayed).toBe(false);
    expect(await bank.deposit(a, '2.00', dry)).toEqual({ ...real, replayed: true });
    await expect(bank.deposit(a, '1.00', dry)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });
  });

  it('in one batch with real ones sees those before it and is unseen by those behind', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const answers = await Promise.all([
      bank.deposit(a, '1.00'),
      bank.withdraw(a, '101.00', { dryRun: true }),
      bank.withdraw(a, '101.00'),
      bank.deposit(a, '5.00', { dryRun: true }),
      bank.deposit(a, '7.00'),
    ]);
    expect(answers.map(({ transfer }) => transfer)).toEqual([3, 4, 4, 5, 5]);
    expect((await bank.balance(a)).ledger.amount).toBe('7.00');
  });
});
