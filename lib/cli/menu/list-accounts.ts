import { accountTable } from '../account-table.js';
import type { Counter } from './menu.js';

/** Leaves room for the header and the question on 24 lines. */
const PAGE_ROWS = 20;

/** The list, a page at a time; typing a text searches for it. */
export async function listAccounts({ context, bank, asker }: Counter): Promise<void> {
  const { output, signal } = context;
  let search: string | undefined;
  let after: string | undefined;
  for (;;) {
    const listing = bank.accounts({ search, after, limit: PAGE_ROWS, signal });
    const { items, next } = await listing.page();
    accountTable(context).rows(items);
    if (items.length === 0) output.line(search === undefined ? 'No accounts yet.' : 'None found.');
    const more = next === undefined ? 'Enter or q: back' : 'Enter: more, q: back';
    const answer = await asker.ask(`${more}, or a text to search for: `);
    if (answer !== '') [search, after] = [answer, undefined];
    else if (next === undefined) return;
    else after = next;
  }
}
