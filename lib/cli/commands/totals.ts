import type { Bank, CurrencyTotal } from '../../bank/api.js';
import { dayOf, serialOf } from '../../ledger/day.js';
import { type Bar, printBars } from '../chart.js';
import type { Command, Context } from '../context.js';
import { UsageError } from '../exit-codes.js';
import { moneyJson, totalJson } from '../json.js';
import { createProgress } from '../progress.js';
import { choiceOption, countOption, momentOption } from '../read-options.js';
import { createTable } from '../table.js';
import { withBank } from '../with-bank.js';

const PERIODS = 12;
const PERIODS_MAX = 366;

/** `drovebank totals` */
export const run: Command = async (context, _, options) => {
  const at = momentOption(options, 'at');
  const by = choiceOption(options, 'by');
  const count = countOption(options, 'count');
  if (by !== undefined && at !== undefined) {
    throw new UsageError('--by tells the periods up to now; --at one moment. Give one of them.');
  }
  if (by === undefined && count !== undefined) throw new UsageError('--count needs --by.');
  if ((count ?? 0) > PERIODS_MAX) throw new UsageError(`--count is at most ${PERIODS_MAX}.`);
  if (by !== undefined) {
    await withBank(context, (bank) => printPeriods(context, bank, by, count ?? PERIODS));
    return undefined;
  }
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

type Period = 'day' | 'month' | 'year';

/** What customers had at the end of each period, the running one last: bars, a currency below the other. */
async function printPeriods(
  context: Context,
  bank: Bank,
  by: Period,
  count: number,
): Promise<void> {
  const { output, signal } = context;
  const bars = new Map<string, Bar[]>();
  const { answered } = await bank.health({ signal });
  const progress = createProgress(context, 'Adding up');
  const labels = periods(answered.bookedAt, by, count);
  for (const [index, { label, end }] of labels.entries()) {
    const totals = await bank.totals({ at: end, signal });
    for (const { currency, customers } of totals) {
      const one = { label, value: customers };
      bars.set(currency, [...(bars.get(currency) ?? []), one]);
      const told = { by, period: label, currency, customers: moneyJson(customers) };
      if (context.json) output.document('bank.period', told);
    }
    progress.update(index + 1, labels.length);
  }
  progress.end();
  if (bars.size === 0) output.note('No accounts yet.');
  if (context.json) return;
  for (const [currency, of] of bars) {
    if (context.plain) {
      for (const { label, value } of of) output.plainRow([currency, label, value.amount]);
    } else {
      output.line(currency, 'strong');
      printBars(context, of);
    }
  }
}

/** So many periods up to the one that a time is in, and when each ends; `undefined`: it goes on. */
function periods(time: string, by: Period, count: number): { label: string; end?: string }[] {
  const digits = { day: 10, month: 7, year: 4 }[by];
  const found: { label: string; end?: string }[] = [];
  let day = time.slice(0, 10);
  let end: string | undefined;
  while (found.length < count && day >= '0001') {
    const label = day.slice(0, digits);
    found.unshift(end === undefined ? { label } : { label, end });
    const first = `${label}${'-01-01'.slice(digits - 4)}`;
    end = new Date(Date.parse(first) - 1).toISOString();
    day = dayOf(serialOf(first) - 1);
  }
  return found;
}
