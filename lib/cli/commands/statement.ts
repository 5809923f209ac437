import type { AccountInfo, Bank, HistoryEntry } from '../../bank/api.js';
import { digitsOfText, formatMinor } from '../../ledger/money.js';
import type { Command, Context } from '../context.js';
import { HISTORY_COLUMNS } from '../history-table.js';
import { accountJson, entryJson } from '../json.js';
import { periodOptions } from '../read-options.js';
import { createTable } from '../table.js';
import { withBank } from '../with-bank.js';

const ROWS_AT_ONCE = 500;

/** What a period did to an account; sums in minor units. */
interface Sums {
  opening: bigint;
  closing: bigint;
  came: bigint;
  went: bigint;
  rows: number;
}

/** `drovebank statement <id>`: the rows of a period, between the balance before and the one behind it. */
export const run: Command = async (context, [id = ''], options) => {
  const { output, signal } = context;
  const period = periodOptions(options);
  await withBank(context, async (bank) => {
    const account = await bank.account(id, { signal });
    const digits = digitsOfText(account.ledger.amount);
    const money = (minor: bigint) => formatMinor(minor, digits);
    const table = createTable<HistoryEntry>(context, HISTORY_COLUMNS);
    const people = !context.json && !context.plain;
    if (people) await output.page();
    if (people) printHead(context, account, period);
    const sums = await eachRow(bank, account.id, period, signal, async (rows, opening) => {
      if (people && opening !== undefined) output.line(`Balance before: ${money(opening)}`);
      if (context.json) {
        for (const row of rows) output.document('statement.row', entryJson(row));
      } else table.rows(rows);
      await output.drained();
      return !output.broken;
    });
    const told = { opening: money(sums.opening), closing: money(sums.closing) };
    const moved = { in: money(sums.came), out: money(sums.went) };
    if (context.json) {
      const range = { from: period.from ?? null, to: period.to ?? null };
      const sides = { ...told, ...moved, rows: sums.rows };
      output.document('account.statement', { account: accountJson(account), ...range, ...sides });
    } else if (people) {
      if (sums.rows === 0) output.line(`No rows. Balance ${told.closing} ${account.currency}.`);
      else {
        output.line('');
        output.line(`In ${moved.in}, out ${moved.out}.`);
        output.line(`Balance after: ${told.closing} ${account.currency}`, 'strong');
      }
    }
  });
  return undefined;
};

function printHead(
  { output }: Context,
  { id, firstName, lastName, currency, status }: AccountInfo,
  { from, to }: { readonly from: string | undefined; readonly to: string | undefined },
): void {
  const since = from === undefined ? 'From the beginning' : `From ${from} on`;
  output.line(`Statement of ${id}, ${firstName} ${lastName}`, 'strong');
  output.line(`${since}${to === undefined ? '' : `, before ${to}`}, in ${currency}, ${status}.`);
  output.line('');
}

/** Goes through the rows of a period; `print` gets the balance before with the first of them, and says whether to go on. */
async function eachRow(
  bank: Bank,
  id: string,
  period: { readonly from: string | undefined; readonly to: string | undefined },
  signal: AbortSignal,
  print: (rows: readonly HistoryEntry[], opening: bigint | undefined) => Promise<boolean>,
): Promise<Sums> {
  const sums: Sums = { opening: 0n, closing: 0n, came: 0n, went: 0n, rows: 0 };
  let after: number | undefined;
  do {
    const options = { ...period, after, limit: ROWS_AT_ONCE, signal };
    const { items, next } = await bank.history(id, options).page();
    const [first] = items;
    let opening: bigint | undefined;
    if (sums.rows === 0 && first) {
      opening = first.balance.minor - changeOf(first);
      sums.opening = opening;
    }
    for (const row of items) {
      const change = changeOf(row);
      if (change > 0n) sums.came += change;
      else sums.went -= change;
      sums.closing = row.balance.minor;
    }
    sums.rows += items.length;
    if (!(await print(items, opening))) break;
    after = next;
  } while (after !== undefined);
  if (sums.rows === 0)
    sums.closing = sums.opening = await balanceBefore(bank, id, period.to, signal);
  return sums;
}

/** Where a period has no rows: what there was at its end. An account that was opened later had nothing. */
async function balanceBefore(
  bank: Bank,
  id: string,
  to: string | undefined,
  signal: AbortSignal,
): Promise<bigint> {
  const { items } = await bank.history(id, { to, reverse: true, limit: 1, signal }).page();
  return items[0]?.balance.minor ?? 0n;
}

function changeOf({ direction, amount }: HistoryEntry): bigint {
  if (direction === undefined) return 0n;
  return direction === 'in' ? amount.minor : -amount.minor;
}
