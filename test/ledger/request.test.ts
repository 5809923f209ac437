import { describe, expect, it } from 'vitest';
import type { OpenAccountInput } from '#lib/ledger/request.js';
import {
  readCurrency,
  readDeposit,
  readOpen,
  readTransfer,
  readWithdraw,
} from '#lib/ledger/request.js';
import { outcome, refusal, titled } from './refusal.js';

// What JavaScript callers hand over, whatever the types say.
const open = (input: object) => readOpen(input as OpenAccountInput);
const transfer = (change: object) =>
  readTransfer({ from: 'ada', to: 'bob', amount: '1', ...change } as Parameters<
    typeof readTransfer
  >[0]);
const NAMES = { firstName: 'Ada', lastName: 'Lovelace' };

describe('A request to open an account', () => {
  it('needs names only; the rest has a default', () => {
    expect(open(NAMES)).toEqual({
      kind: 'open',
      id: undefined,
      ...NAMES,
      currency: undefined,
      overdraftLimit: 0n,
      said: { memo: '', reference: '', valueDate: '', meta: '', key: '', freshKey: false },
    });
  });

  it('keeps what was given, with the id folded and the currency in capitals', () => {
    const request = open({
      ...NAMES,
      id: 'Ada',
      currency: 'czk',
      overdraftLimit: '50.00',
      memo: 'm',
      reference: 'r',
      valueDate: '2026-11-20',
      idempotencyKey: 'k',
    });
    expect(request).toMatchObject({ id: 'ada', currency: 'CZK' });
    const said = { memo: 'm', reference: 'r', valueDate: '2026-11-20', key: 'k' };
    expect(request.said).toMatchObject(said);
    expect(request.overdraftLimit).toBe('50.00');
  });

  it.each(
    titled<[object, string]>(
      [
        [{ firstName: '' }, 'INVALID_TEXT'],
        [{ lastName: undefined }, 'INVALID_TEXT'],
        [{ lastName: 'a\u202eb' }, 'INVALID_TEXT'],
        [{ id: 'a10017' }, 'INVALID_ID'],
        [{ id: 'world-usd' }, 'INVALID_ID'],
        [{ id: '' }, 'INVALID_ID'],
        [{ id: null }, 'INVALID_ID'],
        [{ currency: 'dollar' }, 'INVALID_CURRENCY'],
        [{ currency: null }, 'INVALID_CURRENCY'],
        [{ overdraftLimit: '-1' }, 'INVALID_AMOUNT'],
        [{ overdraftLimit: 50 }, 'INVALID_AMOUNT'],
        [{ overdraftLimit: null }, 'INVALID_AMOUNT'],
        [{ memo: 'x'.repeat(501) }, 'INVALID_TEXT'],
        [{ reference: 'x'.repeat(101) }, 'INVALID_TEXT'],
        [{ idempotencyKey: 'x'.repeat(201) }, 'INVALID_TEXT'],
        [{ idempotencyKey: '' }, 'INVALID_TEXT'],
        [{ idempotencyKey: 7 }, 'INVALID_TEXT'],
        [{ memo: null }, 'INVALID_TEXT'],
        [{ valueDate: '2026-02-30' }, 'INVALID_TIME'],
        [{ valueDate: '' }, 'INVALID_TIME'],
        [{ memo: 'x'.repeat(500), reference: 'x'.repeat(100) }, 'accepted'],
        [{ idempotencyKey: 'x'.repeat(200), overdraftLimit: 5000n }, 'accepted'],
      ],
      (change, code) => `with ${JSON.stringify(Object.entries(change), brief)}: ${code}`,
    ),
  )('%s', (_, change, code) => {
    expect(outcome(() => open({ ...NAMES, ...change }))).toBe(code);
  });
});

function brief(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'string' ? value.slice(0, 12) : value;
}

describe('A request to move money', () => {
  it('names its giver and its receiver; the outside is left open', () => {
    expect(readDeposit('ada', '5', {})).toMatchObject({
      kind: 'deposit',
      from: undefined,
      to: 'ada',
    });
    expect(readWithdraw('ada', '5', {})).toMatchObject({
      kind: 'withdraw',
      from: 'ada',
      to: undefined,
    });
    expect(transfer({})).toMatchObject({ kind: 'transfer', from: 'ada', to: 'bob' });
  });

  it.each(['0', '0.00', 0n])('of nothing is refused: %s', (amount) => {
    for (const run of [
      () => readDeposit('ada', amount, {}),
      () => readWithdraw('ada', amount, {}),
      () => transfer({ amount }),
    ]) {
      expect(refusal(run)).toMatchObject({ code: 'INVALID_AMOUNT' });
    }
  });

  it('may not touch the accounts that are the bank’s own', () => {
    for (const run of [
      () => readDeposit('world-usd', '1', {}),
      () => readWithdraw('world-usd', '1', {}),
      () => transfer({ from: 'world-usd' }),
      () => transfer({ to: 'WORLD-usd' }),
    ]) {
      expect(refusal(run).message).toMatch(/bank's own/);
    }
  });

  it('from an account to itself is refused, however it is spelt', () => {
    expect(outcome(() => transfer({ from: 'ADA', to: 'ada' }))).toBe('SAME_ACCOUNT');
  });

  it.each<[string, object, string]>([
    ['the giver before the receiver', { from: '../x', to: '' }, '"../x"'],
    ['the receiver before the amount', { to: 'a.b', amount: '' }, '"a.b"'],
    ['the amount before the texts', { amount: '-1', memo: 'a\0' }, '"-1"'],
    ['the texts before sameness', { to: 'ada', memo: 'a\0' }, 'memo'],
  ])('is looked at in one order: %s', (_, change, named) => {
    expect(refusal(() => transfer(change)).message).toContain(named);
  });
});

describe('A currency code', () => {
  it.each([
    ['USD', 'USD'],
    ['czk', 'CZK'],
    ['Eur', 'EUR'],
  ])('%j is read as %s', (given, code) => {
    expect(readCurrency(given)).toBe(code);
  });

  it.each(['', 'US', 'USDX', 'U$D', 'u\u017fd', 'c\u0131y', ' USD', '840', 840, null, {}])(
    '%j is refused',
    (given) => {
      expect(outcome(() => readCurrency(given))).toBe('INVALID_CURRENCY');
    },
  );
});
