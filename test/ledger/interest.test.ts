import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exchanged, readExchangeRate } from '#lib/ledger/exchange.js';
import {
  DAY_COUNTS,
  type DayBalance,
  type DayCount,
  interestOn,
  type RateBand,
  readDayCount,
  readRate,
  readRates,
  scaleRates,
} from '#lib/ledger/interest.js';
import { roundHalfEven } from '#lib/ledger/money.js';

const ratesOf = (rate: string | readonly RateBand[], overdraft?: string) =>
  scaleRates(readRates(rate, overdraft), 'USD', 2);
const YEAR = { from: '2025-01-01', asOf: '2026-01-01' };

/** Minor units that one balance earns in a period. */
function earns(
  minor: bigint,
  rate: string | readonly RateBand[],
  dayCount: DayCount = 'act/365',
  period = YEAR,
  overdraft?: string,
): bigint {
  const balances = [{ day: '2020-01-01', balance: minor }];
  return interestOn(balances, period, ratesOf(rate, overdraft), dayCount);
}

describe('Interest', () => {
  it.each<[string, bigint, DayCount, [string, string], string, bigint]>([
    ['a year is a year', 100_000n, 'act/365', ['2025-01-01', '2026-01-01'], '2', 2_000n],
    [
      'a leap year has a day more',
      100_000_00n,
      'act/365',
      ['2024-01-01', '2025-01-01'],
      '3.65',
      366_000n,
    ],
    ['a year over 360 days', 100_000n, 'act/360', ['2025-01-01', '2026-01-01'], '3.6', 3_650n],
    ['months of 30 days: a year', 100_000n, '30/360', ['2025-01-01', '2026-01-01'], '3.6', 3_600n],
    ['months of 30 days: February', 100_000n, '30/360', ['2025-02-01', '2025-03-01'], '3.6', 300n],
    ['months of 30 days: to the 31st', 100_000n, '30/360', ['2025-01-30', '2025-01-31'], '3.6', 0n],
    [
      'months of 30 days: from the 31st',
      100_000n,
      '30/360',
      ['2025-01-31', '2025-02-01'],
      '3.6',
      10n,
    ],
    [
      'months of 30 days: over the end of February',
      100_000n,
      '30/360',
      ['2025-02-28', '2025-03-01'],
      '3.6',
      30n,
    ],
    ['one day', 36_500n, 'act/365', ['2025-05-01', '2025-05-02'], '1', 1n],
    [
      'a half goes to the even one: down',
      18_250n,
      'act/365',
      ['2025-05-01', '2025-05-02'],
      '1',
      0n,
    ],
    ['a half goes to the even one: up', 54_750n, 'act/365', ['2025-05-01', '2025-05-02'], '1', 2n],
    [
      'rates have eight decimals',
      10n ** 17n,
      'act/365',
      ['2025-01-01', '2026-01-01'],
      '0.00000001',
      10_000_000n,
    ],
    ['nothing earns nothing', 0n, 'act/365', ['2025-01-01', '2026-01-01'], '5', 0n],
  ])('%s', (_, minor, dayCount, [from, asOf], rate, expected) => {
    expect(earns(minor, rate, dayCount, { from, asOf })).toBe(expected);
  });

  it('is paid by bands: each part of a balance at its own rate', () => {
    const bands = [
      { above: '0', rate: '1' },
      { above: '1000.00', rate: '2' },
      { above: '5000.00', rate: '0.5' },
    ];
    expect(earns(50_000n, bands)).toBe(500n);
    expect(earns(100_000n, bands)).toBe(1_000n);
    expect(earns(100_100n, bands)).toBe(1_002n);
    expect(earns(500_000n, bands)).toBe(1_000n + 8_000n);
    expect(earns(1_000_000n, bands)).toBe(1_000n + 8_000n + 2_500n);
    expect(earns(-100_000n, bands)).toBe(0n);
    expect(earns(-100_000n, bands, 'act/365', YEAR, '12')).toBe(-12_000n);
  });

  it('goes by the balance at the end of each day, from the day of the opening on', () => {
    const period = { from: '2025-03-01', asOf: '2025-04-01' };
    const balances = [
      { day: '2025-02-20', balance: 36_500n },
      { day: '2025-03-11', balance: -36_500n },
      { day: '2025-03-21', balance: 73_000n },
    ];
    // 10 days at 365.00, 10 at -365.00, 11 at 730.00.
    expect(interestOn(balances, period, ratesOf('1', '3'), 'act/365')).toBe(10n - 30n + 22n);
    expect(interestOn(balances.slice(2), period, ratesOf('1'), 'act/365')).toBe(22n);
    expect(interestOn([], period, ratesOf('1'), 'act/365')).toBe(0n);
    const later = [{ day: '2025-04-01', balance: 5n }];
    expect(interestOn([...balances, ...later], period, ratesOf('1', '3'), 'act/365')).toBe(2n);
  });

  it('is the sum of its days, whatever the balances, bands and days are, rounded once', () => {
    const DAY = 86_400_000;
    const dayOf = (number: number) => new Date(number * DAY).toISOString().slice(0, 10);
    /** Days since 1970 at which the balance changes. */
    const balance = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
    const changes = fc.array(fc.tuple(fc.integer({ min: 20_000, max: 20_400 }), balance), {
      maxLength: 12,
    });
    const cents = fc.bigInt({ min: 1n, max: 10n ** 9n });
    const table = fc.array(fc.tuple(cents, fc.integer({ min: 0, max: 9_999 })), { maxLength: 4 });
    const property = fc.property(
      changes,
      table,
      fc.integer({ min: 20_000, max: 20_400 }),
      fc.integer({ min: 1, max: 400 }),
      fc.constantFrom(...DAY_COUNTS),
      (changed, steps, first, length, dayCount) => {
        const byDay = new Map([...changed].sort(([a], [b]) => a - b));
        const tops = [...new Map(steps)].sort(([a], [b]) => (a < b ? -1 : 1));
        const bands = [[0n, 77] as const, ...tops];
        const asked = bands.map(([above, rate]) => ({ above, rate: `${(rate / 100).toFixed(2)}` }));
        const [from, asOf] = [dayOf(first), dayOf(first + length)];
        const balances: DayBalance[] = [...byDay].map(([day, minor]) => ({
          day: dayOf(day),
          balance: minor,
        }));
        const got = interestOn(
          balances.filter(({ day }) => day < asOf),
          { from, asOf },
          ratesOf(asked, '12.5'),
          dayCount,
        );
        // Day by day, unit by band, in ten-thousandths of a percent.
        let sum = 0n;
        for (let day = first; day < first + length; day++) {
          const minor = [...byDay].filter(([changedOn]) => changedOn <= day).at(-1)?.[1] ?? 0n;
          const [year, month, date] = dayOf(day).split('-').map(Number) as [number, number, number];
          const [nextYear, nextMonth, nextDate] = dayOf(day + 1)
            .split('-')
            .map(Number) as [number, number, number];
          const days =
            dayCount === '30/360'
              ? 360 * (nextYear - year) +
                30 * (nextMonth - month) +
                Math.min(30, nextDate) -
                Math.min(30, date)
              : 1;
          let yearly = minor < 0n ? minor * 1250n : 0n;
          for (let band = bands.length - 1, left = minor; band >= 0; band--) {
            const [above, rate] = bands[band] as readonly [bigint, number];
            if (left <= above) continue;
            yearly += (left - above) * BigInt(rate);
            left = above;
          }
          sum += yearly * BigInt(days);
        }
        const whole = 100n * 100n * (dayCount === 'act/365' ? 365n : 360n);
        // The nearest whole number; of two as near the even one.
        const error = sum - got * whole;
        const twice = 2n * (error < 0n ? -error : error);
        return twice < whole || (twice === whole && got % 2n === 0n);
      },
    );
    fc.assert(property, { numRuns: process.env.CI ? 2_000 : 300 });
  });

  it.each([
    ['a JS number', () => readRate(1.5)],
    ['a sign', () => readRate('-1')],
    ['nine decimals', () => readRate('0.123456789')],
    ['no number', () => readRate('1,5')],
    ['too much', () => readRate('10000')],
    ['no first band', () => readRates([], undefined)],
    [
      'a first band that begins above zero',
      () => readRates([{ above: '1', rate: '1' }], undefined),
    ],
    ['a band of nothing', () => readRates([undefined], undefined)],
    ['an odd overdraft rate', () => readRates('1', 'x')],
    [
      'bands that do not rise',
      () =>
        ratesOf([
          { above: '0', rate: '1' },
          { above: '0.00', rate: '2' },
        ]),
    ],
    [
      'a bound with too many decimals',
      () =>
        ratesOf([
          { above: '0', rate: '1' },
          { above: '0.001', rate: '2' },
        ]),
    ],
    ['no exchange rate', () => readExchangeRate('0.00')],
    ['an exchange rate with a sign', () => readExchangeRate('-1')],
    ['an exchange rate as a JS number', () => readExchangeRate(2)],
  ])('refuses %s', (_, read) => {
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_AMOUNT' }));
  });

  it('knows its day counts, and no others', () => {
    expect(DAY_COUNTS.map(readDayCount)).toEqual(['act/365', 'act/360', '30/360']);
    expect(() => readDayCount('act/act')).toThrow(
      expect.objectContaining({ code: 'INVALID_TEXT' }),
    );
  });
});

describe('Rounding', () => {
  it.each([
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [-5n, 2n, -2n],
    [-7n, 2n, -4n],
    [10n, 3n, 3n],
    [11n, 3n, 4n],
    [-11n, 3n, -4n],
    [0n, 3n, 0n],
  ])('%d / %d is %d', (parts, whole, expected) => {
    expect(roundHalfEven(parts, whole)).toBe(expected);
  });
});

describe('An exchange', () => {
  it.each([
    ['1000', 2, '0.9215', 2, 922n],
    ['1000', 2, '0.9225', 2, 922n],
    ['1000', 2, '149.37', 0, 1494n],
    ['1', 0, '0.0067', 2, 1n],
    ['1', 3, '2.5', 3, 2n],
    ['999999999999999999', 2, '1', 2, 999999999999999999n],
  ])(
    'of %s minor units with %i digits at %s into one with %i is %d',
    (minor, from, rate, to, expected) => {
      expect(exchanged(BigInt(minor), readExchangeRate(rate), { from, to })).toBe(expected);
    },
  );

  it('is refused where it buys nothing, or more than any account can hold', () => {
    const refused = expect.objectContaining({ code: 'INVALID_AMOUNT' });
    expect(() => exchanged(1n, readExchangeRate('0.5'), { from: 2, to: 2 })).toThrow(refused);
    expect(() => exchanged(10n ** 17n, readExchangeRate('10'), { from: 2, to: 2 })).toThrow(
      refused,
    );
  });
});
