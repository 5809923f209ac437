import { describe, expect, it } from 'vitest';
import { availableOf } from '#lib/ledger/account.js';
import type { LedgerView } from '#lib/ledger/booking.js';
import { eachAccountOf } from '#lib/ledger/decide.js';
import { AMOUNT_MAX } from '#lib/ledger/money.js';
import {
  type Request,
  readDeposit,
  readOpen,
  readTransfer,
  readWithdraw,
} from '#lib/ledger/request.js';
import { Book } from './book.js';
import { outcome } from './refusal.js';

const ADA = { id: 'ada', firstName: 'Ada', lastName: 'Lovelace' };
const BOB = { id: 'bob', firstName: 'Bob', lastName: 'Smith' };

/** Ada has 100.00 USD; Bob may go 50.00 below zero. */
function book(): Book {
  const made = new Book();
  made.do(readOpen(ADA));
  made.do(readOpen({ ...BOB, overdraftLimit: '50.00' }));
  made.do(readDeposit('ada', '100.00', {}));
  return made;
}

describe('Opening', () => {
  it('the first account of a currency opens its outside in the same entry', () => {
    const made = new Book();
    const { entry, replayed } = made.do(readOpen({ ...ADA, memo: 'hello', idempotencyKey: 'k' }));
    expect(replayed).toBe(false);
    expect(entry).toEqual({
      type: 'open',
      transfer: 1,
      bookedAt: '2026-11-20T09:00:00.001Z',
      currency: 'USD',
      amount: 0n,
      debit: { account: 'world-usd', seq: 1, balance: 0n },
      credit: { account: 'ada', seq: 1, balance: 0n },
      firstName: 'Ada',
      lastName: 'Lovelace',
      limit: 0n,
      memo: 'hello',
      reference: '',
      valueDate: '',
      key: 'k',
    });
    expect(made.get('world-usd')).toMatchObject({
      currency: 'USD',
      firstName: 'World',
      lastName: 'USD',
      limit: undefined,
      seq: 1,
      transfer: 1,
    });
  });

  it('a second account of the currency touches nothing but itself', () => {
    const { entry } = book().do(readOpen({ firstName: 'Cy', lastName: 'Young' }));
    expect(entry.debit).toBeUndefined();
    expect(entry.credit).toEqual({ account: 'a10017', seq: 1, balance: 0n });
  });

  it('an account of another currency opens that one’s outside', () => {
    const made = book();
    made.do(readOpen({ firstName: 'Jan', lastName: 'Novák', currency: 'CZK' }));
    expect(made.get('world-czk')).toMatchObject({ currency: 'CZK', balance: 0n, seq: 1 });
    expect(made.get('a10017').currency).toBe('CZK');
  });

  it('gives out ids one after the other, each with its check digit', () => {
    const made = new Book();
    const ids = [1, 2, 3].map(() => made.do(readOpen({ firstName: 'A', lastName: 'B' })));
    expect(ids.map(({ entry }) => entry.credit?.account)).toEqual(['a10017', 'a10025', 'a10033']);
  });

  it('sets the overdraft limit in the account’s own currency', () => {
    expect(book().get('bob').limit).toBe(5000n);
    const made = new Book('JPY');
    made.do(readOpen({ ...BOB, overdraftLimit: '50' }));
    expect(made.get('bob')).toMatchObject({ limit: 50n, currency: 'JPY' });
  });
});

describe('Moving', () => {
  it('a deposit comes out of the outside', () => {
    const made = book();
    const { entry } = made.do(readDeposit('ada', '0.05', {}));
    expect(entry).toMatchObject({ type: 'deposit', transfer: 4, amount: 5n, currency: 'USD' });
    expect(entry.debit).toEqual({ account: 'world-usd', seq: 3, balance: -10005n });
    expect(entry.credit).toEqual({ account: 'ada', seq: 3, balance: 10005n });
  });

  it('a withdrawal goes back there', () => {
    const made = book();
    const { entry } = made.do(readWithdraw('ada', 4000n, {}));
    expect(entry.debit).toEqual({ account: 'ada', seq: 3, balance: 6000n });
    expect(entry.credit).toEqual({ account: 'world-usd', seq: 3, balance: -6000n });
  });

  it('a transfer carries its texts and changes both sides', () => {
    const made = book();
    const { entry } = made.do(
      readTransfer({
        ...{ from: 'ada', to: 'bob', amount: '25', memo: 'lunch', reference: 'inv-7' },
        ...{ valueDate: '2026-11-01', idempotencyKey: 'k-77' },
      }),
    );
    expect(entry).toMatchObject({ memo: 'lunch', reference: 'inv-7', valueDate: '2026-11-01' });
    expect(entry).toMatchObject({ key: 'k-77', firstName: '', lastName: '', limit: 0n });
    expect(entry.debit).toEqual({ account: 'ada', seq: 3, balance: 7500n });
    expect(entry.credit).toEqual({ account: 'bob', seq: 2, balance: 2500n });
    expect(made.get('bob')).toMatchObject({
      ...{ balance: 2500n, seq: 2, transfer: 4, limit: 5000n, firstName: 'Bob' },
      bookedAt: entry.bookedAt,
    });
  });
});

describe('What is there', () => {
  it.each<[string, string, string]>([
    ['ada', '100.00', 'accepted'],
    ['ada', '100.01', 'INSUFFICIENT_FUNDS'],
    ['bob', '50.00', 'accepted'],
    ['bob', '50.01', 'INSUFFICIENT_FUNDS'],
  ])('%s withdraws %s: %s', (id, amount, expected) => {
    expect(outcome(() => book().do(readWithdraw(id, amount, {})))).toBe(expected);
  });

  it('does not count what is held', () => {
    const made = book();
    made.change('ada', { held: 3000n });
    expect(availableOf(made.get('ada'))).toBe(7000n);
    expect(outcome(() => made.do(readWithdraw('ada', '70.01', {})))).toBe('INSUFFICIENT_FUNDS');
    expect(outcome(() => made.do(readWithdraw('ada', '70.00', {})))).toBe('accepted');
  });

  it('outside has no limit but the digits', () => {
    const made = new Book('JPY');
    made.do(readOpen(ADA));
    made.do(readOpen(BOB));
    expect(availableOf(made.get('world-jpy'))).toBeUndefined();
    expect(outcome(() => made.do(readDeposit('ada', AMOUNT_MAX, {})))).toBe('accepted');
    expect(outcome(() => made.do(readDeposit('bob', 1n, {})))).toBe('LIMIT_EXCEEDED');
  });

  it('of an account is at most 18 digits', () => {
    const made = new Book('JPY');
    made.do(readOpen(ADA));
    made.do(readOpen(BOB));
    made.do(readDeposit('ada', AMOUNT_MAX - 1n, {}));
    made.do(readDeposit('bob', 1n, {}));
    made.change('world-jpy', { balance: 0n });
    expect(outcome(() => made.do(readDeposit('ada', 2n, {})))).toBe('LIMIT_EXCEEDED');
    expect(outcome(() => made.do(readDeposit('ada', 1n, {})))).toBe('accepted');
    expect(outcome(() => made.do(readTransfer({ from: 'bob', to: 'ada', amount: 1n })))).toBe(
      'LIMIT_EXCEEDED',
    );
  });
});

describe('The accounts that a request is decided on', () => {
  it('are both sides and, once the currency is known, the outside', () => {
    const made = book();
    const accountsOf = (view: LedgerView, request: Request) => {
      const ids: string[] = [];
      eachAccountOf(view, request, (id) => ids.push(id));
      return ids;
    };
    expect(accountsOf(made, readTransfer({ from: 'ada', to: 'bob', amount: '1' }))).toEqual([
      'ada',
      'bob',
    ]);
    expect(accountsOf(made, readDeposit('ada', '1', {}))).toEqual(['ada', 'world-usd']);
    expect(accountsOf(made, readWithdraw('bob', '1', {}))).toEqual(['bob', 'world-usd']);
    expect(accountsOf(made, readDeposit('nobody', '1', {}))).toEqual(['nobody']);
    expect(accountsOf(made, readOpen({ ...ADA, currency: 'CZK' }))).toEqual(['ada', 'world-czk']);
    expect(accountsOf(made, readOpen({ firstName: 'A', lastName: 'B' }))).toEqual(['world-usd']);
  });
});
