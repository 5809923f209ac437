import type { PageOf } from '../bank/api.js';
import type { Context } from './context.js';

/** Rows that are read, laid out and printed at a time. */
const PAGE_ROWS = 200;

export interface Paged<Item, Cursor> {
  readonly limit: number | undefined;
  readonly after: Cursor | undefined;
  readonly page: (after: Cursor | undefined, count: number) => Promise<PageOf<Item, Cursor>>;
  readonly print: (items: readonly Item[]) => void;
  readonly more: (next: Cursor) => string;
  readonly none: string;
}

/** Prints a listing page by page, as fast as it is read, until its end or `limit`. */
export async function printPages<Item, Cursor>(
  { output }: Context,
  paged: Paged<Item, Cursor>,
): Promise<void> {
  await output.page();
  let { after } = paged;
  let left = paged.limit ?? Number.POSITIVE_INFINITY;
  let printed = 0;
  do {
    const { items, next } = await paged.page(after, Math.min(left, PAGE_ROWS));
    paged.print(items);
    printed += items.length;
    left -= items.length;
    after = next;
    await output.drained();
  } while (after !== undefined && left > 0 && !output.broken);
  await output.finish(); // Notes stand below what was read.
  if (printed === 0) output.note(paged.none);
  else if (after !== undefined && !output.broken) output.note(paged.more(after));
}
