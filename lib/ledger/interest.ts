/**
 * Interest as exact arithmetic: balances at the end of each day, times a rate a year, times the part of a year
 * that a convention counts for the days between. It is rounded once, at the end. Pure.
 */
import { serialOf } from './day.js';
import { BankError } from './errors.js';
import { type AskedAmount, isZero, readAmount, roundHalfEven, scaleAmount } from './money.js';
import { shown } from './text.js';

/** How days are counted: as they are over 365 or 360, or months of 30 days (30E/360, ISDA 2006 section 4.16 g). */
export type DayCount = 'act/365' | 'act/360' | '30/360';

/** What a part of the balance earns: whatever of it lies above `above`, up to the next band. */
export interface RateBand {
  readonly above: string | bigint;
  /** Percent a year, such as `1.25`. */
  readonly rate: string;
}

interface Convention {
  /** Days from some day on, so that the days between two days are a difference. */
  readonly serial: (day: string) => number;
  /** Days of a year. */
  readonly year: bigint;
}

const [yearOf, monthOf] = [(day: string) => +day.slice(0, 4), (day: string) => +day.slice(5, 7)];

const CONVENTIONS: Readonly<Record<DayCount, Convention>> = {
  'act/365': { serial: serialOf, year: 365n },
  'act/360': { serial: serialOf, year: 360n },
  '30/360': {
    serial: (day) => yearOf(day) * 360 + monthOf(day) * 30 + Math.min(+day.slice(8), 30),
    year: 360n,
  },
};

export const DAY_COUNTS = Object.keys(CONVENTIONS) as readonly DayCount[];

/** @throws BankError INVALID_TEXT */
export function readDayCount(input: unknown): DayCount {
  const known = DAY_COUNTS.find((one) => one === input);
  if (known) return known;
  throw new BankError(
    'INVALID_TEXT',
    `The day count ${shown(input)} is none of: ${DAY_COUNTS.join(', ')}.`,
    { details: { field: 'dayCount' }, hint: 'Name one of them.' },
  );
}

/** Rates are kept as percent × 10^8. */
const RATE_DECIMALS = 8;
const RATE_PATTERN = /^(0|[1-9][0-9]{0,3})(?:\.([0-9]{1,8}))?$/;

/** Reads percent a year: `1.25` → 125000000n. @throws BankError INVALID_AMOUNT */
export function readRate(input: unknown, what = 'rate'): bigint {
  const match = typeof input === 'string' ? RATE_PATTERN.exec(input) : null;
  if (match) return BigInt(`${match[1]}${(match[2] ?? '').padEnd(RATE_DECIMALS, '0')}`);
  throw new BankError(
    'INVALID_AMOUNT',
    `The ${what} ${shown(input)} is no percentage such as 1.25.`,
    {
      details: { field: what },
      hint: 'Give percent a year, from 0 to 9999, as a text with at most 8 decimals.',
    },
  );
}

/** A table of rates before the currency is known. */
export interface AskedRates {
  readonly bands: readonly { readonly above: AskedAmount; readonly rate: bigint }[];
  /** On what an account owes. */
  readonly overdraft: bigint;
}

/** Reads one rate for all, or bands that begin at zero and rise. @throws BankError INVALID_AMOUNT */
export function readRates(rate: unknown, overdraftRate: unknown): AskedRates {
  const overdraft = overdraftRate === undefined ? 0n : readRate(overdraftRate, 'overdraft rate');
  const given = Array.isArray(rate) ? (rate as unknown[]) : [{ above: 0n, rate }];
  const bands = given.map((band) => {
    const { above, rate: own } = (band ?? {}) as RateBand;
    return { above: readAmount(above, 'above'), rate: readRate(own) };
  });
  if (bands[0] !== undefined && isZero(bands[0].above)) return { bands, overdraft };
  throw new BankError('INVALID_AMOUNT', 'The first band of the rates does not begin at zero.', {
    details: { field: 'rate' },
    hint: 'Give what the first part of the balance earns, be it 0.',
  });
}

/** A table of rates in minor units of a currency. */
export interface Rates {
  readonly bands: readonly { readonly above: bigint; readonly rate: bigint }[];
  readonly overdraft: bigint;
}

/** @throws BankError INVALID_AMOUNT for bands that do not rise */
export function scaleRates(asked: AskedRates, currency: string, digits: number): Rates {
  const bands = asked.bands.map(({ above, rate }) => ({
    above: scaleAmount(above, currency, digits, 'above'),
    rate,
  }));
  for (const [at, { above }] of bands.entries()) {
    const before = bands[at - 1];
    if (before === undefined || above > before.above) continue;
    throw new BankError(
      'INVALID_AMOUNT',
      `Band ${at + 1} of the rates begins no higher than the one before.`,
      {
        details: { field: 'rate' },
        hint: 'Give the bands in rising order.',
      },
    );
  }
  return { bands, overdraft: asked.overdraft };
}

/** The balance at the end of `day` and of all days up to the next one that is told. */
export interface DayBalance {
  readonly day: string;
  /** Minor units. */
  readonly balance: bigint;
}

/** The days that are counted: `from`, and all behind it before `asOf`. */
export interface Period {
  readonly from: string;
  readonly asOf: string;
}

/**
 * What balances earn (below zero: what the account owes) in a period, in minor units, rounded once, half to even.
 * `balances` rise by day; the first may be of a day before the period.
 */
export function interestOn(
  balances: readonly DayBalance[],
  { from, asOf }: Period,
  rates: Rates,
  dayCount: DayCount,
): bigint {
  const { serial, year } = CONVENTIONS[dayCount];
  let sum = 0n;
  for (const [at, { day, balance }] of balances.entries()) {
    const start = day < from ? from : day;
    const end = balances[at + 1]?.day ?? asOf;
    if (end <= start) continue;
    sum += yearly(balance, rates) * BigInt(serial(end) - serial(start));
  }
  return roundHalfEven(sum, 100n * 10n ** BigInt(RATE_DECIMALS) * year);
}

/** Minor units × rate that a balance earns in a year. */
function yearly(balance: bigint, { bands, overdraft }: Rates): bigint {
  if (balance < 0n) return balance * overdraft;
  let sum = 0n;
  for (const [at, { above, rate }] of bands.entries()) {
    if (balance <= above) break;
    const next = bands[at + 1]?.above;
    const end = next === undefined || balance < next ? balance : next;
    sum += (end - above) * rate;
  }
  return sum;
}
