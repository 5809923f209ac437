import { parseCustomerId } from '../ledger/account-id.js';
import { BankError } from '../ledger/errors.js';
import { exchanged, readExchangeRate } from '../ledger/exchange.js';
import { metadataWith } from '../ledger/metadata.js';
import { digitsOfText, formatMinor, readAmount, scaleAmount } from '../ledger/money.js';
import type { Receipt } from '../ledger/receipt.js';
import { type Annotations, given, readKey } from '../ledger/request.js';
import type { Bank, Booked } from './api.js';
import type { Operation } from './operations.js';

export interface ExchangeInput extends Annotations, Booked {
  readonly from: string;
  readonly to: string;
  /** What leaves `from`, in its currency. */
  readonly amount: string | bigint;
  /** How many units of the currency of `to` one unit costs: `0.9215`. */
  readonly rate: string;
}

/** Two linked movements: both are booked, or none. */
export interface ExchangeReceipt {
  /** Out of the bank, from `from`. */
  readonly sold: Receipt;
  /** Into the bank, to `to`. */
  readonly bought: Receipt;
  readonly rate: string;
  readonly replayed: boolean;
}

/** Behind a key, for the second movement of the two. */
const SECOND = '/bought';

/** @throws BankError SAME_ACCOUNT, CURRENCY_MISMATCH, INVALID_AMOUNT, and what the movements are refused with */
export async function exchange(bank: Bank, input: ExchangeInput): Promise<ExchangeReceipt> {
  const { memo, reference, valueDate, metadata, freshKey, amount, rate, dryRun, signal } =
    given(input);
  const [from, to] = [parseCustomerId(input.from), parseCustomerId(input.to)];
  const key =
    input.idempotencyKey === undefined ? undefined : readKey(input.idempotencyKey, SECOND.length);
  const [asked, read] = [readAmount(amount), readExchangeRate(rate)];
  const [giver, taker] = [await bank.account(from, { signal }), await bank.account(to, { signal })];
  if (giver.currency === taker.currency) {
    throw new BankError('CURRENCY_MISMATCH', `${from} and ${to} are both in ${giver.currency}.`, {
      details: { from, to },
      hint: 'Use a transfer.',
    });
  }
  const digits = { from: digitsOfText(giver.ledger.amount), to: digitsOfText(taker.ledger.amount) };
  const sold = scaleAmount(asked, giver.currency, digits.from);
  const bought = exchanged(sold, read, digits);
  const kept = metadataWith(metadata, 'exchange', { from, to, rate });
  const said = { memo, reference, valueDate, metadata: kept, freshKey };
  const keyed = (end: string) => (key === undefined ? {} : { idempotencyKey: `${key}${end}` });
  const operations: Operation[] = [
    { ...said, op: 'withdraw', id: from, amount: formatMinor(sold, digits.from), ...keyed('') },
    { ...said, op: 'deposit', id: to, amount: formatMinor(bought, digits.to), ...keyed(SECOND) },
  ];
  const results = await bank.batch(operations, { atomic: true, dryRun, signal }).catch((error) => {
    // Which of the two operations it was is nothing to the caller.
    throw error instanceof BankError && error.cause instanceof BankError ? error.cause : error;
  });
  const [first, second] = results.map((result) => 'receipt' in result && result.receipt) as [
    Receipt,
    Receipt,
  ];
  return Object.freeze({
    sold: first,
    bought: second,
    rate,
    replayed: first.replayed && second.replayed,
  });
}
