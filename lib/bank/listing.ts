import { BankError } from '../ledger/errors.js';
import { shown } from '../ledger/text.js';
import type { Listing } from './api.js';

/** Items on a page unless the caller says otherwise. */
const PAGE_ITEMS = 100;

/** A whole number, `min` or more. @throws BankError INVALID_AMOUNT */
export function readCount(input: unknown, what: string, min: number): number {
  if (typeof input === 'number' && Number.isSafeInteger(input) && input >= min) return input;
  throw new BankError(
    'INVALID_AMOUNT',
    `The ${what} ${shown(input)} is no whole number, ${min} or more.`,
    { details: { field: what }, hint: `Give a whole number, ${min} or more.` },
  );
}

/**
 * An async iterator over `items`, with its twin that gives one page. `items` is told how many of them will be
 * looked at, at most, where that is known.
 */
export function listing<Item, Cursor>(
  items: (count?: number) => AsyncIterable<Item>,
  limit: number | undefined,
  cursorOf: (item: Item) => Cursor,
): Listing<Item, Cursor> {
  if (limit !== undefined) readCount(limit, 'limit', 1);
  return {
    async *[Symbol.asyncIterator]() {
      let count = 0;
      for await (const item of items(limit)) {
        yield item;
        count++;
        if (count === limit) return;
      }
    },
    async page() {
      const page: Item[] = [];
      const length = limit ?? PAGE_ITEMS;
      // One more than the page holds shows that there is a next one.
      for await (const item of items(length + 1)) {
        const last = page.at(-1);
        if (page.length === length && last !== undefined) {
          return { items: page, next: cursorOf(last) };
        }
        page.push(item);
      }
      return { items: page, next: undefined };
    },
  };
}
