import { expect, it } from 'vitest';
import { tellRefusal } from '#lib/atm/refusal.js';
import { BankError } from '#lib/ledger/errors.js';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const until = (ms: number) => ({ until: new Date(NOW + ms).toISOString() });

it.each([
  ['PIN_LOCKED', 30_000, 'Too many wrong PINs: locked for 30 seconds.'],
  ['PIN_LOCKED', 29_001, 'Too many wrong PINs: locked for 30 seconds.'],
  ['PIN_WRONG', 30_000, 'Wrong PIN: locked for 30 seconds.'],
  ['PIN_WRONG', 0, 'Wrong PIN: locked for 1 second.'],
  ['PIN_WRONG', 120_000, 'Wrong PIN: locked for 120 seconds.'],
  ['PIN_WRONG', 120_001, 'Wrong PIN: locked for 3 minutes.'],
] as const)('%s for %d ms: %s', (code, ms, told) => {
  expect(tellRefusal(new BankError(code, 'so', { details: until(ms) }), NOW)).toEqual([told]);
});

it.each([
  ['INVALID_ID', {}, 'Check the number.'],
  ['ACCOUNT_NOT_FOUND', {}, 'Check the number.'],
  ['ACCOUNT_FROZEN', {}, 'Ask at the counter of the bank.'],
  ['CURRENCY_MISMATCH', {}, 'Name an account of your currency.'],
  ['INSUFFICIENT_FUNDS', {}, 'Ask for less.'],
  ['PIN_WRONG', {}, 'Try again with the right PIN.'],
  ['PIN_WRONG', { details: { set: false } }, 'Ask at the counter of the bank.'],
  ['PIN_LOCKED', {}, 'Come back then.'],
  ['BANK_BUSY', {}, 'Try again in a moment.'],
] as const)('%s %o: %s', (code, options, hint) => {
  expect(tellRefusal(new BankError(code, 'It is so.', options), NOW)).toEqual(['It is so.', hint]);
});

it('says nothing where nothing is to be done', () => {
  const error = new BankError('INVALID_AMOUNT', 'It is so.', { hint: '' });
  expect(tellRefusal(error, NOW)).toEqual(['It is so.']);
});
