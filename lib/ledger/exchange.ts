/** What an amount of one currency is in another, at a rate. Pure. */
import { BankError } from './errors.js';
import { AMOUNT_MAX, roundHalfEven } from './money.js';
import { shown } from './text.js';

/** So many units of the other currency for one unit of this one: `units` × 10^-`decimals`. */
export interface ExchangeRate {
  readonly units: bigint;
  readonly decimals: number;
}

const RATE_PATTERN = /^(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,12}))?$/;

/** @throws BankError INVALID_AMOUNT */
export function readExchangeRate(input: unknown): ExchangeRate {
  const match = typeof input === 'string' ? RATE_PATTERN.exec(input) : null;
  const decimals = match?.[2] ?? '';
  const units = match ? BigInt(`${match[1]}${decimals}`) : 0n;
  if (units > 0n) return { units, decimals: decimals.length };
  throw new BankError('INVALID_AMOUNT', `The rate ${shown(input)} is no rate such as 0.9215.`, {
    details: { field: 'rate' },
    hint: 'Give how many units of the other currency one unit costs, above zero, as a text with at most 12 decimals.',
  });
}

/**
 * `minor` units of a currency with `from` digits, in minor units of one with `to` digits: rounded half to even.
 * @throws BankError INVALID_AMOUNT, where nothing is left, or more than 18 digits
 */
export function exchanged(
  minor: bigint,
  { units, decimals }: ExchangeRate,
  { from, to }: { readonly from: number; readonly to: number },
): bigint {
  const parts = minor * units * 10n ** BigInt(to);
  const bought = roundHalfEven(parts, 10n ** BigInt(from + decimals));
  if (bought > 0n && bought <= AMOUNT_MAX) return bought;
  const why = bought === 0n ? 'buys nothing' : 'buys more than 18 digits';
  throw new BankError('INVALID_AMOUNT', `At this rate the amount ${why}.`, {
    details: { field: 'amount' },
    hint: 'Look at the rate: it says how much of the other currency one unit costs.',
  });
}
