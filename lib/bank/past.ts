import type { DigitsOf, PassbookRow } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import type { AccountId } from '../ledger/account-id.js';
import { assert, BankError, refuseCancelled } from '../ledger/errors.js';
import { toMoney } from '../ledger/money.js';
import { Breath } from '../store/breath.js';
import { type Past, PastBooks } from '../store/past.js';
import type { BankFiles } from '../store/store.js';
import type { AtOptions, Balance, CurrencyTotal } from './api.js';
import { toTime } from './history.js';
import { readCount } from './listing.js';
import { sumTotals } from './totals.js';

/** Reads which moment is asked for. @throws BankError INVALID_TIME, INVALID_AMOUNT */
export function readPast(at: NonNullable<AtOptions['at']>): Past {
  if (typeof at === 'number') return { transfer: readCount(at, 'transfer', 0) };
  return { bookedAt: toTime(at, 'moment') };
}

/** @throws BankError TRANSFER_NOT_FOUND: what is not booked yet has no sums */
async function refuseFuture(past: Past, head: () => Promise<Position>): Promise<void> {
  if (!('transfer' in past)) return;
  const { transfer } = await head();
  if (past.transfer <= transfer) return;
  throw new BankError(
    'TRANSFER_NOT_FOUND',
    `There is no transfer ${past.transfer} yet; the last one is ${transfer}.`,
    {
      details: { transfer: past.transfer },
      hint: 'Give the number of a transfer, or a moment such as 2026-11-20 or 2026-11-20T09:00:00Z.',
    },
  );
}

/** What an account had at a past moment. @throws BankError ACCOUNT_NOT_FOUND */
export async function pastBalance(
  files: BankFiles,
  id: AccountId,
  past: Past,
  head: () => Promise<Position>,
): Promise<Balance> {
  await refuseFuture(past, head);
  const row = await (await PastBooks.at(files, past, head)).rowOf(id);
  if (row === undefined) {
    const when = 'transfer' in past ? `behind transfer ${past.transfer}` : `at ${past.bookedAt}`;
    throw new BankError('ACCOUNT_NOT_FOUND', `There was no account ${id} yet ${when}.`, {
      details: { id },
      hint: 'Ask for a later moment.',
    });
  }
  const { currency, balance, held, limit, transfer } = row;
  const digits = digitsFor(files.digitsOf, row);
  const money = (minor: bigint) => toMoney(minor, currency, digits);
  return Object.freeze({
    ledger: money(balance),
    held: money(held),
    available: limit === undefined ? undefined : money(balance - held + limit),
    asOf: transfer,
  });
}

function digitsFor(digitsOf: DigitsOf, { currency }: PassbookRow): number {
  const digits = digitsOf(currency);
  assert(digits !== undefined, `${currency} has no digits`);
  return digits;
}

/** The sums of a past moment, by currency. */
export async function pastTotals(
  files: BankFiles,
  past: Past,
  head: () => Promise<Position>,
  signal: AbortSignal | undefined,
): Promise<CurrencyTotal[]> {
  await refuseFuture(past, head);
  const books = await PastBooks.at(files, past, head);
  const breath = new Breath(files.system);
  const then = new Map<AccountId, PassbookRow & { readonly id: AccountId }>();
  let asOf = 0;
  for await (const id of books.ids()) {
    refuseCancelled(signal);
    await breath.take();
    const row = await books.rowOf(id);
    if (row === undefined) continue;
    then.set(id, { ...row, id });
    asOf = Math.max(asOf, row.transfer);
  }
  return sumTotals(then, files.digitsOf, asOf);
}
