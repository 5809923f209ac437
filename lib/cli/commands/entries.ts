import type { EntryInfo } from '../../bank/api.js';
import type { Command, Context } from '../context.js';
import { heldText } from '../history-table.js';
import { entryInfoJson } from '../json.js';
import { printPages } from '../print-pages.js';
import { countOption, filterOptions, periodOptions } from '../read-options.js';
import { createTable, type Table } from '../table.js';
import { withBank } from '../with-bank.js';

/** `drovebank entries`: the entries of the whole bank, or those that are searched for. */
export const run: Command = async (context, _, options) => {
  const wanted = {
    ...filterOptions(options),
    ...periodOptions(options),
    signal: context.signal,
  };
  const limit = countOption(options, 'limit');
  const after = countOption(options, 'after');
  await withBank(context, async (bank) => {
    const table = entryTable(context);
    await printPages(context, {
      limit,
      after,
      page: (cursor, count) => bank.entries({ ...wanted, after: cursor, limit: count }).page(),
      print: (entries) => {
        if (!context.json) table.rows(entries);
        else
          for (const entry of entries) context.output.document('bank.entry', entryInfoJson(entry));
      },
      more: (next) => `More entries: --after ${next}`,
      none: 'No entries.',
    });
  });
  return undefined;
};

function entryTable(context: Context): Table<EntryInfo> {
  return createTable<EntryInfo>(context, [
    { title: 'transfer', kind: 'money', cell: ({ transfer }) => String(transfer) },
    {
      title: 'date',
      kind: 'id',
      cell: ({ valueDate, bookedAt }) => valueDate || bookedAt.slice(0, 10),
    },
    { title: 'type', kind: 'id', cell: ({ type }) => type },
    { title: 'from', kind: 'id', cell: ({ from }) => from ?? '' },
    { title: 'to', kind: 'id', cell: ({ to }) => to ?? '' },
    {
      title: 'amount',
      kind: 'money',
      cell: ({ amount }) => (amount.minor === 0n ? '' : amount.amount),
    },
    {
      title: 'memo',
      kind: 'text',
      cell: ({ memo, reference, details }) => memo || reference || heldText(details),
    },
  ]);
}
