import type { Position } from '../format/position.js';
import type { Entry, EntryType } from '../ledger/entry.js';
import { type EntryFilter, isSearched, readEntryFilter } from '../ledger/entry-filter.js';
import { assert, refuseCancelled } from '../ledger/errors.js';
import { toMoney } from '../ledger/money.js';
import { Breath } from '../store/breath.js';
import type { BankFiles } from '../store/store.js';
import type { EntriesOptions, EntryInfo, Listing } from './api.js';
import { toDetails, toTime } from './history.js';
import { listing, readCount } from './listing.js';

/** The bank's entries that are searched for, the oldest first. */
export function listEntries(
  files: BankFiles,
  options: EntriesOptions,
  head: () => Promise<Position>,
): Listing<EntryInfo, number> {
  const filter = readEntryFilter(options);
  const from = options.from === undefined ? '' : toTime(options.from, 'from');
  const to = options.to === undefined ? undefined : toTime(options.to, 'to');
  const after = options.after === undefined ? 0 : readCount(options.after, 'after', 0);
  async function* items() {
    const end = await head();
    const breath = new Breath(files.system);
    let last = after;
    for await (const entries of files.journal.entriesBehind(after, end)) {
      refuseCancelled(options.signal);
      await breath.take();
      for (const entry of entries) {
        if (entry.transfer <= last) continue; // Copied from the segment before.
        last = entry.transfer;
        if (to !== undefined && entry.bookedAt >= to) return;
        if (entry.bookedAt < from) continue;
        const digits = files.digitsOf(entry.currency);
        assert(digits !== undefined, `${entry.currency} has no digits`);
        if (touches(entry, filter) && isSearched(filter, entry, digits)) {
          yield toEntryInfo(entry, digits);
        }
      }
    }
  }
  return listing(items, options.limit, ({ transfer }) => transfer);
}

function touches({ debit, credit }: Entry, { counterparty }: EntryFilter): boolean {
  if (counterparty === undefined) return true;
  return debit?.account === counterparty || credit?.account === counterparty;
}

function toEntryInfo(entry: Entry, digits: number): EntryInfo {
  const { transfer, bookedAt, currency, amount, debit, credit } = entry;
  const { memo, reference, valueDate, key } = entry;
  const type: EntryType = entry.type;
  return Object.freeze({
    ...{ transfer, bookedAt, type },
    amount: toMoney(amount, currency, digits),
    // The first account of a currency opens the outside as well: nothing comes from there.
    from: type === 'open' ? undefined : debit?.account,
    to: credit?.account,
    ...{ memo, reference, valueDate, key },
    details: toDetails(entry, digits),
  });
}
