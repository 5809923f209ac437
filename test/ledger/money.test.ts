import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AMOUNT_MAX,
  formatMinor,
  parseMinor,
  readAmount,
  scaleAmount,
  toMoney,
} from '#lib/ledger/money.js';
import { shown } from '#lib/ledger/text.js';
import { outcome, refusal, titled } from './refusal.js';

const DIGITS = { JPY: 0, USD: 2, BHD: 3, CLF: 4 } as const;
type Code = keyof typeof DIGITS;

const scaled = (given: unknown, code: Code) => scaleAmount(readAmount(given), code, DIGITS[code]);

describe('An amount is', () => {
  it.each(
    titled<[unknown, Code, bigint]>(
      [
        ['0', 'USD', 0n],
        ['0.00', 'USD', 0n],
        ['1', 'USD', 100n],
        ['1.5', 'USD', 150n],
        ['12.50', 'USD', 1250n],
        ['0.01', 'USD', 1n],
        ['7', 'JPY', 7n],
        ['1.005', 'BHD', 1005n],
        ['1.5', 'BHD', 1500n],
        ['0.0001', 'CLF', 1n],
        ['1.5', 'CLF', 15000n],
        [1250n, 'USD', 1250n],
        [1250n, 'JPY', 1250n],
        [0n, 'USD', 0n],
        ['9999999999999999.99', 'USD', AMOUNT_MAX],
        ['999999999999999999', 'JPY', AMOUNT_MAX],
        [AMOUNT_MAX, 'USD', AMOUNT_MAX],
      ],
      (given, code, minor) => `${shown(given)} ${code}: ${minor} minor units`,
    ),
  )('%s', (_, given, code, minor) => {
    expect(scaled(given, code)).toBe(minor);
  });
});

describe('An amount is refused as INVALID_AMOUNT when it is', () => {
  it.each(
    titled<[unknown, Code, RegExp]>(
      [
        ['1e3', 'USD', /no decimal number/],
        ['-5', 'USD', /below zero/],
        ['+5', 'USD', /has a sign/],
        ['1.005', 'USD', /has 3 decimals; USD has 2/],
        ['1.000', 'USD', /has 3 decimals; USD has 2/],
        ['1.0001', 'BHD', /has 4 decimals; BHD has 3/],
        ['1.00001', 'CLF', /too many decimals/],
        ['1.0', 'JPY', /has 1 decimals; JPY has 0/],
        ['', 'USD', /is empty/],
        [`1${'0'.repeat(40)}`, 'USD', /more than 18 digits/],
        ['10000000000000000', 'USD', /more than 18 digits/],
        ['1000000000000000000', 'JPY', /more than 18 digits/],
        [10n ** 40n, 'USD', /more than 18 digits/],
        [AMOUNT_MAX + 1n, 'USD', /more than 18 digits/],
        [-1n, 'USD', /below zero/],
        [5, 'USD', /JS number/],
        [0.1, 'USD', /JS number/],
        [Number.NaN, 'USD', /JS number/],
        ['1,50', 'USD', /comma/],
        ['1 000', 'USD', /no decimal number/],
        [' 1', 'USD', /no decimal number/],
        ['1 ', 'USD', /no decimal number/],
        ['1\n', 'USD', /no decimal number/],
        ['1.', 'USD', /no decimal number/],
        ['.5', 'USD', /no decimal number/],
        ['.', 'USD', /no decimal number/],
        ['01', 'USD', /zero too many/],
        ['00.50', 'USD', /zero too many/],
        ['1.2.3', 'USD', /no decimal number/],
        ['0x10', 'USD', /no decimal number/],
        ['١٢', 'USD', /no decimal number/],
        ['１２', 'USD', /no decimal number/],
        ['−5', 'USD', /no decimal number/],
        ['NaN', 'USD', /no decimal number/],
        ['Infinity', 'USD', /no decimal number/],
        [null, 'USD', /no text and no bigint/],
        [undefined, 'USD', /no text and no bigint/],
        [true, 'USD', /no text and no bigint/],
        [['5'], 'USD', /no text and no bigint/],
        [Object.create(null), 'USD', /no text and no bigint/],
        [Symbol('5'), 'USD', /no text and no bigint/],
      ],
      (given, code, why) => `${shown(given, 30)} in ${code}: ${why.source}`,
    ),
  )('%s', (_, given, code, why) => {
    const error = refusal(() => scaled(given, code));
    expect(error.code).toBe('INVALID_AMOUNT');
    expect(error.message).toMatch(why);
    expect(error.committed).toBe(false);
  });

  it('so long that the message would not fit a screen: it is shortened', () => {
    expect(refusal(() => readAmount('9'.repeat(10_000))).message.length).toBeLessThan(160);
  });

  it('an overdraft limit: the message says so', () => {
    const limit = readAmount('1.005', 'overdraft limit');
    const error = refusal(() => scaleAmount(limit, 'USD', 2, 'overdraft limit'));
    expect(error.message).toMatch(/^overdraft limit "1.005" has 3 decimals/);
  });
});

describe('Minor units and decimal text', () => {
  const minor = fc.bigInt({ min: -AMOUNT_MAX, max: AMOUNT_MAX });
  const digits = fc.integer({ min: 0, max: 4 });

  it.each(
    titled(
      [
        [7500n, 2, '75.00'],
        [-5n, 2, '-0.05'],
        [0n, 2, '0.00'],
        [0n, 0, '0'],
        [-7n, 0, '-7'],
        [5n, 3, '0.005'],
        [12345n, 4, '1.2345'],
      ] as [bigint, number, string][],
      (units, count, text) => `${units} with ${count} digits is ${text}`,
    ),
  )('%s', (_, units, count, text) => {
    expect(formatMinor(units, count)).toBe(text);
    expect(parseMinor(text, count)).toBe(units);
  });

  it('come back as they were, whatever they are', () => {
    fc.assert(
      fc.property(minor, digits, (units, count) => {
        expect(parseMinor(formatMinor(units, count), count)).toBe(units);
      }),
    );
  });

  it('agree with what a customer may write', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: AMOUNT_MAX }), digits, (units, count) => {
        expect(scaleAmount(readAmount(formatMinor(units, count)), 'XXX', count)).toBe(units);
      }),
    );
  });

  it('have one spelling: any other text is no amount', () => {
    const letters = fc.string({
      unit: fc.constantFrom('0', '1', '9', '.', '-', ' '),
      maxLength: 9,
    });
    fc.assert(
      fc.property(letters, digits, (text, count) => {
        const units = parseMinor(text, count);
        if (units !== undefined) expect(formatMinor(units, count)).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['-0.00', 2],
    ['-0', 0],
    ['00.50', 2],
    ['.50', 2],
    ['-.50', 2],
    ['0.5', 2],
    ['5', 2],
    ['5.', 0],
    ['1.5', 0],
    ['', 0],
    ['', 2],
    ['+1.00', 2],
    ['1'.repeat(1000), 0],
  ])('%j with %i digits is no amount of a book', (text, count) => {
    expect(parseMinor(text, count)).toBeUndefined();
  });
});

it('Money that leaves the library says it in both ways', () => {
  const money = toMoney(7500n, 'USD', 2);
  expect(money).toEqual({ amount: '75.00', minor: 7500n, currency: 'USD' });
});

it('Reading never ends in anything but an amount or a refusal', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (given) => {
      expect(['accepted', 'INVALID_AMOUNT']).toContain(outcome(() => readAmount(given)));
    }),
  );
});
