import type { Bank, HistoryOptions } from '../../bank/api.js';
import type { Money } from '../../ledger/money.js';
import { printBars } from '../chart.js';
import type { Command, Context } from '../context.js';
import { UsageError } from '../exit-codes.js';
import { historyTable } from '../history-table.js';
import { entryJson, moneyJson } from '../json.js';
import { printPages } from '../print-pages.js';
import { countOption, filterOptions, isSet, periodOptions } from '../read-options.js';
import { withBank } from '../with-bank.js';

/** What leaves rows out: the balance at a day's end is that of its last row. */
const NOT_OF_DAYS = [
  'limit',
  'after',
  'reverse',
  'search',
  'reference',
  'type',
  'with',
  'min',
  'max',
];

/** `drovebank history <id>` */
export const run: Command = async (context, [id = ''], options) => {
  const limit = countOption(options, 'limit');
  const after = countOption(options, 'after');
  const range = {
    ...periodOptions(options),
    ...filterOptions(options),
    reverse: isSet(options, 'reverse'),
    signal: context.signal,
  };
  if (isSet(options, 'chart')) {
    if (NOT_OF_DAYS.some((name) => options[name] !== undefined)) {
      throw new UsageError(
        '--chart takes --from and --to: a day has its balance, whatever else is looked for.',
      );
    }
    await withBank(context, (bank) => printDays(context, bank, id, range));
    return undefined;
  }
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

/** The balance at the end of each day that had a row, as bars. */
async function printDays(context: Context, bank: Bank, id: string, options: HistoryOptions) {
  const days = new Map<string, Money>();
  for await (const { bookedAt, balance } of bank.history(id, options)) {
    days.set(bookedAt.slice(0, 10), balance);
  }
  const bars = Array.from(days, ([label, value]) => ({ label, value }));
  if (bars.length === 0) context.output.note('No rows.');
  if (!context.json) printBars(context, bars);
  else
    for (const { label, value } of bars) {
      context.output.document('account.day', { id, day: label, balance: moneyJson(value) });
    }
}
