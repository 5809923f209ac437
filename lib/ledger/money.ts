import { BankError } from './errors.js';
import { record, type Writable } from './record.js';
import { shown } from './text.js';

declare const branded: unique symbol;
/** An amount as it was asked for, before its currency is known: decimal text that was checked, or minor units. */
export type AskedAmount = (string & { readonly [branded]: 'AskedAmount' }) | bigint;

/** An asked amount as the caller wrote it, for messages. */
export function textOf(asked: AskedAmount): string {
  return `${asked}`;
}

/** Money as it leaves the library: exact. `minor` counts the currency's smallest unit. */
export interface Money {
  readonly amount: string;
  readonly minor: bigint;
  readonly currency: string;
}

/** No amount and no balance has more digits than this (minor units): all of them fit 64 bits. */
export const AMOUNT_DIGITS_MAX = 18;
export const AMOUNT_MAX = 10n ** BigInt(AMOUNT_DIGITS_MAX) - 1n;

const AMOUNT_PATTERN = /^(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,4})?$/;

function invalid(what: string, input: unknown, why: string): BankError {
  return new BankError('INVALID_AMOUNT', `${what} ${shown(input)} ${why}`, {
    details: { [what]: typeof input === 'string' ? input.slice(0, 60) : shown(input) },
  });
}

/**
 * Reads an amount at the door: decimal text ("12.50") or minor units (1250n), zero or more.
 * A JS number is refused: it cannot hold money exactly.
 * @throws BankError INVALID_AMOUNT
 */
export function readAmount(input: unknown, what = 'amount'): AskedAmount {
  if (typeof input === 'bigint') {
    if (input < 0n) throw invalid(what, input, 'is below zero.');
    if (input > AMOUNT_MAX) throw invalid(what, input, 'is more than 18 digits.');
    return input;
  }
  if (typeof input === 'number') {
    throw invalid(what, input, 'is a JS number, which cannot hold money exactly.');
  }
  if (typeof input !== 'string') {
    throw invalid(what, input, 'is no text and no bigint.');
  }
  if (!AMOUNT_PATTERN.test(input)) throw invalid(what, input, whyNotAnAmount(input));
  return input as AskedAmount;
}

function whyNotAnAmount(text: string): string {
  if (text === '') return 'is empty.';
  if (/^-/.test(text)) return 'is below zero; amounts have no sign.';
  if (/^\+/.test(text)) return 'has a sign; amounts have none.';
  if (/,/.test(text)) return 'has a comma; write 1234.50.';
  if (/^[0-9]+(\.[0-9]+)?$/.test(text)) {
    if (/^0[0-9]/.test(text)) return 'begins with a zero too many.';
    return /\.[0-9]{5,}$/.test(text) ? 'has too many decimals.' : 'is more than 18 digits.';
  }
  return 'is no decimal number such as 12.50.';
}

/** Whether nothing was asked for, in whatever currency. */
export function isZero(asked: AskedAmount): boolean {
  return typeof asked === 'bigint' ? asked === 0n : !/[1-9]/.test(asked);
}

/** How many decimals were asked for; those of the currency, `digits`, where it was minor units. */
export function decimalsOf(asked: AskedAmount, digits: number): number {
  if (typeof asked === 'bigint') return digits;
  const point = asked.indexOf('.');
  return point === -1 ? 0 : asked.length - point - 1;
}

/** An asked amount without its point. */
export function unitsOf(asked: AskedAmount): bigint {
  if (typeof asked === 'bigint') return asked;
  const point = asked.indexOf('.');
  return BigInt(point === -1 ? asked : asked.slice(0, point) + asked.slice(point + 1));
}

/** An asked amount in minor units of a currency with `digits` decimals; `undefined`: it has more of them. */
export function minorOf(asked: AskedAmount, digits: number): bigint | undefined {
  const decimals = decimalsOf(asked, digits);
  if (decimals > digits) return undefined;
  const units = unitsOf(asked);
  return decimals === digits ? units : units * 10n ** BigInt(digits - decimals);
}

/**
 * An asked amount in minor units of a currency with `digits` decimals.
 * @throws BankError INVALID_AMOUNT when it has more decimals than the currency, or is too large.
 */
export function scaleAmount(
  asked: AskedAmount,
  currency: string,
  digits: number,
  what = 'amount',
): bigint {
  const minor = minorOf(asked, digits);
  if (minor === undefined) {
    const why = `has ${decimalsOf(asked, digits)} decimals; ${currency} has ${digits}.`;
    throw invalid(what, textOf(asked), why);
  }
  if (minor > AMOUNT_MAX) throw invalid(what, textOf(asked), 'is more than 18 digits.');
  return minor;
}

/** `.00` to `.99`. A receipt has five amounts, and each text that is cut from one is garbage. */
const CENTS = Array.from({ length: 100 }, (_, cents) => `.${String(cents).padStart(2, '0')}`);

/** Minor units as decimal text: `(7500n, 2)` → `75.00`, `(-5n, 2)` → `-0.05`. */
export function formatMinor(minor: bigint, digits: number): string {
  if (digits === 0) return minor.toString();
  const text = minor.toString();
  const point = text.length - digits;
  const negative = text.charCodeAt(0) === 45;
  if (point > (negative ? 1 : 0)) {
    if (digits === 2) return text.slice(0, point) + CENTS[centsAt(text, point)];
    return `${text.slice(0, point)}.${text.slice(point)}`;
  }
  const fraction = (negative ? text.slice(1) : text).padStart(digits, '0');
  return `${negative ? '-' : ''}0.${fraction}`;
}

function centsAt(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}

/**
 * What {@link formatMinor} wrote, back to minor units; `undefined` when it would have written it
 * otherwise: each amount has one spelling, so that two books that say the same say it in the same bytes.
 */
export function parseMinor(text: string, digits: number): bigint | undefined {
  const negative = text.charCodeAt(0) === 45;
  const start = negative ? 1 : 0;
  const point = digits === 0 ? text.length : text.length - digits - 1;
  if (point <= start || text.length > AMOUNT_DIGITS_MAX + 2) return undefined;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (at === point ? code !== 46 : code < 48 || code > 57) return undefined;
  }
  // No zero too many in front, and no minus before nothing.
  if (text.charCodeAt(start) === 48 && point > start + 1) return undefined;
  const minor = BigInt(digits === 0 ? text : text.slice(0, point) + text.slice(point + 1));
  return minor === 0n && negative ? undefined : minor;
}

const MoneyRecord = record(function (
  this: Writable<Money>,
  amount: string,
  minor: bigint,
  currency: string,
) {
  this.amount = amount;
  this.minor = minor;
  this.currency = currency;
});

/** {@link Money} of `minor` units. */
export function toMoney(minor: bigint, currency: string, digits: number): Money {
  return new MoneyRecord(formatMinor(minor, digits), minor, currency);
}

/** Digits behind the point, as {@link Money} is spelled. */
export function digitsOfText(amount: string): number {
  return (amount.split('.')[1] ?? '').length;
}

/** `parts` / `whole` as a whole number; a half goes to the even one. `whole` is above zero. */
export function roundHalfEven(parts: bigint, whole: bigint): bigint {
  const negative = parts < 0n;
  const size = negative ? -parts : parts;
  let units = size / whole;
  const twice = (size % whole) * 2n;
  if (twice > whole || (twice === whole && units % 2n === 1n)) units += 1n;
  return negative ? -units : units;
}
