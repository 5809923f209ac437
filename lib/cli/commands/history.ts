import type { Command } from '../context.js';
import { historyTable } from '../history-table.js';
import { entryJson } from '../json.js';
import { printPages } from '../print-pages.js';
import { countOption, filterOptions, isSet, textOption } from '../read-options.js';
import { withBank } from '../with-bank.js';

/** `drovebank history <id>` */
export const run: Command = async (context, [id = ''], options) => {
  const limit = countOption(options, 'limit');
  const after = countOption(options, 'after');
  const range = {
    from: textOption(options, 'from'),
    to: textOption(options, 'to'),
    ...filterOptions(options),
    reverse: isSet(options, 'reverse'),
    signal: context.signal,
  };
  await withBank(context, async (bank) => {
    const table = historyTable(context);
    await printPages(context, {
      limit,
      after,
      page: (cursor, count) => bank.history(id, { ...range, after: cursor, limit: count }).page(),
      print: (entries) => {
        if (!context.json) table.rows(entries);
        else
          for (const entry of entries) context.output.document('account.history', entryJson(entry));
      },
      more: (next) => `More rows: --after ${next}`,
      none: 'No rows.',
    });
  });
  return undefined;
};
