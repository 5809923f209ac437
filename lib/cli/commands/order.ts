import type { Command } from '../context.js';
import { UsageError } from '../exit-codes.js';
import { orderJson } from '../json.js';
import { annotationOptions, textOption } from '../read-options.js';
import { moneyText, orderText } from '../say.js';
import { withBank } from '../with-bank.js';

/** `drovebank order <from> <to> <amount>`: gives a standing order. */
export const run: Command = async (context, [from = '', to = '', amount = ''], options) => {
  const { dryRun, signal, output } = context;
  const every = textOption(options, 'every');
  if (every === undefined) {
    throw new UsageError(
      'order needs --every, such as "month on the 31st" or "2 weeks on friday".',
    );
  }
  const { memo, reference, metadata, idempotencyKey } = annotationOptions(options);
  const [start, end] = [textOption(options, 'start'), textOption(options, 'end')];
  const said = { memo, reference, metadata, idempotencyKey, dryRun, signal };
  await withBank(context, async (bank) => {
    const order = await bank.addStandingOrder({ from, to, amount, every, start, end, ...said });
    if (context.json) output.document('order.receipt', { ...orderJson(order), dryRun });
    else if (context.quiet) output.line(String(order.order));
    else {
      const what = `${moneyText(order.amount)} from ${order.from} to ${order.to}, ${orderText(order)}`;
      if (dryRun) output.line(`Would give a standing order: ${what} Nothing was booked.`);
      else if (order.replayed) output.line(`Given before: standing order ${order.order}: ${what}`);
      else output.line(`Standing order ${order.order}: ${what}`);
    }
  });
  return undefined;
};
