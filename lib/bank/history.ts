import { encodeDetails } from '../format/details.js';
import type { PassbookRow } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import type { AccountId } from '../ledger/account-id.js';
import { isSearched, readEntryFilter } from '../ledger/entry-filter.js';
import { refuseCancelled } from '../ledger/errors.js';
import { toMoney } from '../ledger/money.js';
import { readMoment } from '../ledger/text.js';
import { asBankError } from '../store/disk-error.js';
import { rowsOf, type Span } from '../store/history.js';
import type { BankFiles } from '../store/store.js';
import type { HistoryEntry, HistoryOptions, Listing } from './api.js';
import { listing, readCount } from './listing.js';

/**
 * An account's entries. `known` refuses an account that does not exist; `confirmDamage` hears of damage,
 * and looks again.
 */
export function listHistory(
  files: BankFiles,
  id: AccountId,
  options: HistoryOptions,
  known: () => Promise<{ digits: number }>,
  head: () => Promise<Position>,
  confirmDamage: (error: unknown, look: () => Promise<void>) => Promise<void>,
): Listing<HistoryEntry, number> {
  const span: Span = {
    from: options.from === undefined ? undefined : toTime(options.from, 'from'),
    to: options.to === undefined ? undefined : toTime(options.to, 'to'),
    reverse: options.reverse === true,
    after: options.after === undefined ? undefined : readCount(options.after, 'after', 0),
  };
  const filter = readEntryFilter(options);
  const { counterparty } = filter;
  async function* items() {
    const { digits } = await known();
    try {
      for await (const row of rowsOf(files, id, head, span)) {
        refuseCancelled(options.signal);
        if (counterparty !== undefined && row.counterparty !== counterparty) continue;
        if (!isSearched(filter, row, digits)) continue;
        yield toHistoryEntry(row, digits);
      }
    } catch (error) {
      const refusal = asBankError(error);
      await confirmDamage(refusal, async () => {
        for await (const _ of rowsOf(files, id, head, span)) refuseCancelled(options.signal);
      });
      throw refusal;
    }
  }
  return listing(items, options.limit, (entry) => entry.seq);
}

/** Moments are compared as text, which years of four digits alone allow: others are moved to the edge. */
const EARLIEST = Date.parse('0000-01-01T00:00:00.000Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** A moment as rows have it. @throws BankError INVALID_TIME */
export function toTime(input: Date | string, what: string): string {
  const time = Math.min(Math.max(readMoment(input, what), EARLIEST), LATEST);
  return new Date(time).toISOString();
}

const NO_DETAILS = Object.freeze({});

/** What the `details` cell says of an entry. */
export function toDetails(
  { details }: Pick<PassbookRow, 'details'>,
  digits: number,
): Readonly<Record<string, unknown>> {
  return details ? Object.freeze(JSON.parse(encodeDetails(details, digits))) : NO_DETAILS;
}

function toHistoryEntry(row: PassbookRow, digits: number): HistoryEntry {
  const { account, seq, bookedAt, type, transfer, counterparty, direction, currency } = row;
  const { memo, reference, valueDate, key } = row;
  const money = (minor: bigint) => toMoney(minor, currency, digits);
  const amount = money(row.amount);
  const balance = money(row.balance);
  const held = money(row.held);
  const own = { account, seq, bookedAt, type, transfer, counterparty, direction } as const;
  return Object.freeze({
    ...own,
    amount,
    balance,
    held,
    memo,
    reference,
    valueDate,
    key,
    details: toDetails(row, digits),
  });
}
