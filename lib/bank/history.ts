import type { PassbookRow } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import type { AccountId } from '../ledger/account-id.js';
import { refuseCancelled } from '../ledger/errors.js';
import { toMoney } from '../ledger/money.js';
import { readMoment } from '../ledger/text.js';
import { asBankError } from '../store/disk-error.js';
import { rowsOf, type Span } from '../store/history.js';
import type { BankFiles } from '../store/store.js';
import type { HistoryEntry, HistoryOptions, Listing } from './api.js';
import { listing } from './listing.js';

/** An account's entries. `known` refuses an account that does not exist. */
export function listHistory(
  files: BankFiles,
  id: AccountId,
  options: HistoryOptions,
  known: () => Promise<{ digits: number }>,
  head: () => Promise<Position>,
): Listing<HistoryEntry, number> {
  const span: Span = {
    from: toTime(options.from, 'from'),
    to: toTime(options.to, 'to'),
    reverse: options.reverse === true,
    after: options.after,
  };
  async function* items() {
    const { digits } = await known();
    try {
      for await (const row of rowsOf(files, id, head, span)) {
        refuseCancelled(options.signal);
        yield toHistoryEntry(row, digits);
      }
    } catch (error) {
      throw asBankError(error);
    }
  }
  return listing(items, options.limit, (entry) => entry.seq);
}

function toTime(input: Date | string | undefined, what: string): string | undefined {
  return input === undefined ? undefined : new Date(readMoment(input, what)).toISOString();
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
    details: {},
  });
}
