import type { CurrencyTotal } from '../../bank/api.js';
import type { Command, Context } from '../context.js';
import { totalJson } from '../json.js';
import { momentOption } from '../read-options.js';
import { createTable } from '../table.js';
import { withBank } from '../with-bank.js';

/** `drovebank totals` */
export const run: Command = async (context, _, options) => {
  const at = momentOption(options, 'at');
  await withBank(context, async (bank) => {
    const totals = await bank.totals({ at, signal: context.signal });
    if (context.json) context.output.document('bank.totals', { totals: totals.map(totalJson) });
    else printTotals(context, totals);
  });
  return undefined;
};

export function printTotals(context: Context, totals: readonly CurrencyTotal[]): void {
  const table = createTable<CurrencyTotal>(context, [
    { title: 'currency', kind: 'id', cell: ({ currency }) => currency },
    { title: 'accounts', kind: 'money', cell: ({ accounts }) => String(accounts) },
    { title: 'customers', kind: 'money', cell: ({ customers }) => customers.amount },
    { title: 'world', kind: 'money', cell: ({ world }) => world.amount },
    { title: 'sum', kind: 'money', cell: ({ sum }) => sum.amount },
  ]);
  table.rows(totals);
  if (totals.length === 0) context.output.note('No accounts yet.');
}
