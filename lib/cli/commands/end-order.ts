import type { Command } from '../context.js';
import { orderJson } from '../json.js';
import { readCount } from '../read-options.js';
import { moneyText } from '../say.js';
import { withBank } from '../with-bank.js';

/** `drovebank end-order <order>`: from now on it is due no more. */
export const run: Command = async (context, [typed = '']) => {
  const { dryRun, signal, output } = context;
  const number = readCount('order', typed);
  await withBank(context, async (bank) => {
    const order = await bank.endStandingOrder(number, { dryRun, signal });
    if (context.json) output.document('order.receipt', { ...orderJson(order), dryRun });
    else if (!context.quiet) {
      const what = `standing order ${number}: ${moneyText(order.amount)} from ${order.from} to ${order.to}.`;
      const done = order.replayed ? 'Ended before: ' : 'Ended ';
      output.line(dryRun ? `Would end ${what} Nothing was booked.` : `${done}${what}`);
    }
  });
  return undefined;
};
