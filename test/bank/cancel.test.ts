import { getEventListeners } from 'node:events';
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Bank, type Cancellable, initBank, openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { recover } from '#lib/recover.js';
import { Machine, newDirectory } from '../machine/processes.js';
import { expectClean, expectWhole, fund } from '../store/books.js';
import { booksOf, newBank, openFunded } from './new-bank.js';

type Call = (bank: Bank, a: string, b: string, options: Cancellable) => Promise<unknown>;

const WRITES: Record<string, Call> = {
  openAccount: (bank, _a, _b, options) =>
    bank.openAccount({ firstName: 'Eve', lastName: 'Late' }, options),
  deposit: (bank, a, _b, options) => bank.deposit(a, '1.00', options),
  withdraw: (bank, a, _b, options) => bank.withdraw(a, '1.00', options),
  transfer: (bank, from, to, options) => bank.transfer({ from, to, amount: '1.00' }, options),
  transferMany: (bank, from, to, options) =>
    bank.transferMany([{ from, to, amount: '1.00' }], options),
  'transferMany, all or none': (bank, from, to, options) =>
    bank.transferMany([{ from, to, amount: '1.00' }], { ...options, atomic: true }),
};

const READS: Record<string, Call> = {
  account: (bank, a, _b, options) => bank.account(a, options),
  balance: (bank, a, _b, options) => bank.balance(a, options),
  history: (bank, a, _b, options) => bank.history(a, options).page(),
  accounts: (bank, _a, _b, options) => bank.accounts(options).page(),
  totals: (bank, _a, _b, options) => bank.totals(options),
  verify: (bank, _a, _b, options) => bank.verify(options),
  posted: (bank, _a, _b, options) => bank.posted([], options),
};

const CALLS = { ...WRITES, ...READS };
const CANCELLED = { name: 'BankError', code: 'CANCELLED', committed: false, retryable: true };

describe('a signal', () => {
  it.each(Object.keys(CALLS))('that was aborted before %s: nothing happens', async (name) => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '10.00', '0.00');
    const before = await booksOf(bank);
    const signal = AbortSignal.abort(new Error('no longer wanted'));
    const called = CALLS[name]?.(bank, a, b, { signal });
    await expect(called).rejects.toMatchObject({ ...CANCELLED, cause: signal.reason });
    expect(await booksOf(bank)).toEqual(before);
  });

  it('tells of what it takes back at once, before the others are answered', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    const stop = new AbortController();
    const told: unknown[] = [];
    bank.deposit(a, '1.00', { signal: stop.signal }).catch((error) => told.push(error));
    stop.abort();
    expect((await bank.balance(a)).ledger.amount).toBe('10.00');
    expect(told).toMatchObject([CANCELLED]);
  });

  it.each(Object.keys(WRITES))(
    'that is aborted while %s waits: nothing is booked',
    async (name) => {
      const bank = await newBank();
      const [a = '', b = ''] = await openFunded(bank, '10.00', '0.00');
      const before = await booksOf(bank);
      const stop = new AbortController();
      const called = WRITES[name]?.(bank, a, b, { signal: stop.signal });
      stop.abort();
      await expect(called).rejects.toMatchObject(CANCELLED);
      expect(await booksOf(bank)).toEqual(before);
    },
  );

  it.each(Object.keys(CALLS))('that is aborted behind %s changes nothing', async (name) => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '10.00', '0.00');
    const stop = new AbortController();
    await CALLS[name]?.(bank, a, b, { signal: stop.signal });
    const before = await booksOf(bank);
    stop.abort();
    expect(await booksOf(bank)).toEqual(before);
  });

  it('takes its own request back and no other of the same batch', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    const stop = new AbortController();
    const asked = Array.from({ length: 9 }, (_, index) =>
      bank.deposit(a, '1.00', index % 3 === 1 ? { signal: stop.signal } : {}),
    );
    stop.abort();
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(
      outcomes.map((_, index) => index % 3 !== 1),
    );
    expect((await bank.balance(a)).ledger.amount).toBe('16.00');
  });

  it('is listened to no more when all of its requests are answered', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    const { signal } = new AbortController();
    const booked = [1, 2].map(() => bank.deposit(a, '1.00', { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await Promise.all(booked);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends the wait for another process that holds the bank', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    // It leads, and is asked by nobody: this process does not look aside.
    const holding = await machine.start();
    await first.bank.close();
    await holding.files.log.lead();
    const waiting = await machine.start();
    const stop = new AbortController();
    const asked = waiting.bank.deposit(ada, '1.00', { signal: stop.signal });
    setImmediate(() => stop.abort());
    await expect(asked).rejects.toMatchObject(CANCELLED);
    await holding.files.log.leave();
    await Promise.all([holding.bank.close(), waiting.bank.close()]);
    await expectWhole(machine, { [ada]: '100.00' });
  });

  it('may be shared by any number of requests, without a warning of Node', async () => {
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown) => warnings.push(warning);
    process.on('warning', onWarning);
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    const stop = new AbortController();
    const booked = Array.from({ length: 50 }, () => bank.deposit(a, '1.00', stop));
    await Promise.all(booked);
    const late = Array.from({ length: 50 }, () => bank.deposit(a, '1.00', stop));
    stop.abort();
    for (const result of await Promise.allSettled(late)) {
      expect(result).toMatchObject({ status: 'rejected', reason: CANCELLED });
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
    expect(await bank.balance(a)).toMatchObject({ ledger: { amount: '60.00' } });
  });

  it('ends a list of accounts between two of them', async () => {
    const bank = await newBank();
    await openFunded(bank, '1.00', '1.00', '1.00');
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = async () => {
      for await (const { id } of bank.accounts(stop)) {
        seen.push(id);
        stop.abort();
      }
    };
    await expect(reading()).rejects.toMatchObject(CANCELLED);
    expect(seen).toHaveLength(1);
  });

  it('ends a history between two of its pages', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    for (let page = 0; page < 3; page++) {
      await bank.transferMany(Array.from({ length: 64 }, () => ({ to: a, amount: '1.00' })));
      await bank.posted();
    }
    const stop = new AbortController();
    let seen = 0;
    const read = async () => {
      for await (const { seq } of bank.history(a, { signal: stop.signal })) {
        seen = seq;
        if (seq === 10) stop.abort();
      }
    };
    await expect(read()).rejects.toMatchObject(CANCELLED);
    expect(seen).toBeLessThan(100);
  });

  it('keeps openBank, initBank and recover from doing anything', async () => {
    const directory = newDirectory();
    const signal = AbortSignal.abort();
    await expect(initBank(directory, { signal })).rejects.toMatchObject(CANCELLED);
    await expect(openBank(directory, { signal, create: true })).rejects.toMatchObject(CANCELLED);
    expect(readdirSync(dirname(directory))).toEqual([]);
    await initBank(directory);
    await expect(openBank(directory, { signal })).rejects.toMatchObject(CANCELLED);
    const bank = await openBank(directory);
    await openFunded(bank, '10.00');
    await expectClean(bank);
    await bank.close();
    await expect(recover(directory, { signal })).rejects.toMatchObject(CANCELLED);
  });
});

describe('a bank that was closed', () => {
  it.each(Object.keys(CALLS))('refuses %s', async (name) => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '10.00', '0.00');
    await bank.close();
    await expect(CALLS[name]?.(bank, a, b, {})).rejects.toMatchObject(CANCELLED);
  });

  it('answers what was asked for before it was closed', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    const asked = [bank.deposit(a, '1.00'), bank.withdraw(a, '99.00'), bank.balance(a)];
    const closed = bank.close();
    const outcomes = await Promise.allSettled(asked);
    await closed;
    expect(outcomes).toMatchObject([
      { value: { to: { after: { amount: '11.00' } } } },
      { reason: { code: 'INSUFFICIENT_FUNDS' } },
      { value: { ledger: { amount: '11.00' } } },
    ]);
  });

  it('may be closed again, and by leaving its block', async () => {
    const bank = await newBank();
    const { directory } = bank;
    await openFunded(bank, '10.00');
    await Promise.all([bank.close(), bank.close()]);
    await bank.close();
    {
      await using again = await openBank(directory);
      expect((await again.totals())[0]?.customers.amount).toBe('10.00');
    }
  });
});
