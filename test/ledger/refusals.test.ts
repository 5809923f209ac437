import { describe, expect, it } from 'vitest';
import type { BankErrorCode } from '#lib/ledger/errors.js';
import { AMOUNT_MAX } from '#lib/ledger/money.js';
import {
  type Request,
  readDeposit,
  readOpen,
  readTransfer,
  readWithdraw,
} from '#lib/ledger/request.js';
import { Book } from './book.js';
import { refusal } from './refusal.js';

const open = (id: string, more: object = {}) =>
  readOpen({ id, firstName: 'F', lastName: 'L', ...more });
const transfer = (from: string, to: string, amount: string, key?: string) =>
  readTransfer({ from, to, amount, idempotencyKey: key });

/** One account of each sort; the key `used` belongs to a deposit of 100.00 to ada. */
function book(): Book {
  const made = new Book();
  for (const id of ['ada', 'bob', 'frozen', 'closed', 'full']) made.do(open(id));
  for (const id of ['jan', 'shut-czk']) made.do(open(id, { currency: 'CZK' }));
  made.do(open('yen', { currency: 'JPY' }));
  made.do(readDeposit('ada', '100.00', { idempotencyKey: 'used' }));
  made.change('frozen', { status: 'frozen', balance: 10000n });
  made.change('closed', { status: 'closed' });
  made.change('shut-czk', { status: 'closed' });
  made.change('full', { balance: AMOUNT_MAX });
  return made;
}

// Each refusal alone, in the order in which they are looked for (decide.ts).
const ALONE: [number, BankErrorCode, string, Request][] = [
  [1, 'INVALID_AMOUNT', 'ada has no tenths of a cent', transfer('ada', 'bob', '1.005')],
  [1, 'INVALID_AMOUNT', 'a yen has no cents', readDeposit('yen', '1.5', {})],
  [
    1,
    'INVALID_AMOUNT',
    'a limit has no tenths of a cent',
    open('eve', { overdraftLimit: '1.005' }),
  ],
  [2, 'IDEMPOTENCY_MISMATCH', 'the key is used', transfer('ada', 'bob', '1', 'used')],
  [3, 'INVALID_CURRENCY', 'no such currency', open('eve', { currency: 'ABC' })],
  [3, 'INVALID_CURRENCY', 'gold has no minor unit', open('eve', { currency: 'XAU' })],
  [4, 'ACCOUNT_EXISTS', 'ada is there', open('ada')],
  [4, 'ACCOUNT_EXISTS', 'a closed account is there, too', open('closed')],
  [4, 'ACCOUNT_NOT_FOUND', 'no giver', transfer('nobody', 'bob', '1')],
  [4, 'ACCOUNT_NOT_FOUND', 'no receiver', transfer('ada', 'nobody', '1')],
  [4, 'ACCOUNT_NOT_FOUND', 'nobody to pay in for', readDeposit('nobody', '1', {})],
  [4, 'ACCOUNT_NOT_FOUND', 'nobody to pay out to', readWithdraw('nobody', '1', {})],
  [5, 'CURRENCY_MISMATCH', 'dollars are no koruny', transfer('ada', 'jan', '1')],
  [6, 'ACCOUNT_CLOSED', 'a closed giver', transfer('closed', 'bob', '1')],
  [6, 'ACCOUNT_CLOSED', 'a closed receiver', transfer('ada', 'closed', '1')],
  [6, 'ACCOUNT_CLOSED', 'no deposit to a closed account', readDeposit('closed', '1', {})],
  [6, 'ACCOUNT_FROZEN', 'a frozen giver', transfer('frozen', 'bob', '1')],
  [6, 'ACCOUNT_FROZEN', 'no withdrawal from a frozen account', readWithdraw('frozen', '1', {})],
  [7, 'INSUFFICIENT_FUNDS', 'bob has nothing', transfer('bob', 'ada', '1')],
  [7, 'INSUFFICIENT_FUNDS', 'nor can he draw', readWithdraw('bob', '0.01', {})],
  [8, 'LIMIT_EXCEEDED', 'full is full', transfer('ada', 'full', '1')],
  [8, 'LIMIT_EXCEEDED', 'also from outside', readDeposit('full', '0.01', {})],
];

// Two things wrong at once: the earlier one is said.
const TOGETHER: [string, BankErrorCode, Request][] = [
  ['1 before 2', 'INVALID_AMOUNT', transfer('ada', 'bob', '1.005', 'used')],
  ['1 before 4', 'INVALID_AMOUNT', transfer('ada', 'nobody', '1.005')],
  ['1 before 4 (open)', 'INVALID_AMOUNT', open('ada', { overdraftLimit: '1.005' })],
  ['2 before 3', 'IDEMPOTENCY_MISMATCH', open('eve', { currency: 'ABC', idempotencyKey: 'used' })],
  ['2 before 4', 'IDEMPOTENCY_MISMATCH', transfer('nobody', 'bob', '1', 'used')],
  ['2 before 4 (open)', 'IDEMPOTENCY_MISMATCH', open('ada', { idempotencyKey: 'used' })],
  ['2 before 5', 'IDEMPOTENCY_MISMATCH', transfer('ada', 'jan', '1', 'used')],
  ['2 before 7', 'IDEMPOTENCY_MISMATCH', transfer('bob', 'ada', '1', 'used')],
  ['3 before 4', 'INVALID_CURRENCY', open('ada', { currency: 'ABC' })],
  ['4, the giver first', 'ACCOUNT_NOT_FOUND', transfer('nobody', 'closed', '1')],
  ['4 before 6', 'ACCOUNT_NOT_FOUND', transfer('closed', 'nobody', '1')],
  ['5 before 6', 'CURRENCY_MISMATCH', transfer('ada', 'shut-czk', '1')],
  ['5 before 6 (frozen)', 'CURRENCY_MISMATCH', transfer('frozen', 'jan', '1')],
  ['6, closed before frozen', 'ACCOUNT_CLOSED', transfer('frozen', 'closed', '1')],
  ['6 before 7', 'ACCOUNT_CLOSED', transfer('bob', 'closed', '1')],
  ['6 before 7 (frozen)', 'ACCOUNT_FROZEN', transfer('frozen', 'bob', '900')],
  ['7 before 8', 'INSUFFICIENT_FUNDS', transfer('bob', 'full', '1')],
];

describe('Refused', () => {
  it.each(ALONE)('%i %s: %s', (_, code, __, request) => {
    expect(refusal(() => book().do(request)).code).toBe(code);
  });

  it.each(TOGETHER)('%s: %s', (_, code, request) => {
    expect(refusal(() => book().do(request)).code).toBe(code);
  });

  it('the table above is in the documented order', () => {
    const order = ALONE.map(([step]) => step);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it.each([...ALONE.map(([, , name, request]) => [name, request] as const)])(
    'nothing is booked when %s',
    (_, request) => {
      const made = book();
      const [accounts, entries] = [new Map(made.accounts), [...made.entries]];
      const error = refusal(() => made.do(request));
      expect(error).toMatchObject({ committed: false, retryable: false });
      expect(made.accounts).toEqual(accounts);
      expect(made.entries).toEqual(entries);
    },
  );
});

describe('A refusal says both sides', () => {
  it.each<[string, Request]>([
    ['ada has 100.00 USD available; 155.00 USD was asked.', transfer('ada', 'bob', '155')],
    ['ada is in USD, jan in CZK.', transfer('ada', 'jan', '1')],
    ['There is no account nobody.', transfer('ada', 'nobody', '1')],
    ['There is no account nobody.', transfer('nobody', 'noone', '1')],
    ['There is no account nobody.', readDeposit('nobody', '1', {})],
    ['closed is closed.', transfer('frozen', 'closed', '1')],
    ['There is an account ada already.', open('ada')],
  ])('%s', (message, request) => {
    expect(refusal(() => book().do(request)).message).toBe(message);
  });

  it('and gives them as details', () => {
    const error = refusal(() => book().do(transfer('ada', 'bob', '155')));
    expect(error.details).toEqual({ id: 'ada', available: '100.00', asked: '155.00' });
  });
});

describe('Accepted all the same', () => {
  it.each<[string, Request]>([
    ['a deposit to a frozen account', readDeposit('frozen', '1', {})],
    ['a transfer to a frozen account', transfer('ada', 'frozen', '1')],
    ['a withdrawal from a full account', readWithdraw('full', '1', {})],
    ['a key that was not used', transfer('ada', 'bob', '1', 'unused')],
  ])('%s', (_, request) => {
    expect(book().do(request).replayed).toBe(false);
  });
});
