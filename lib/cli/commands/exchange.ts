import type { Command } from '../context.js';
import { UsageError } from '../exit-codes.js';
import { receiptJson } from '../json.js';
import { textOption } from '../read-options.js';
import { moneyText } from '../say.js';
import { book } from '../with-bank.js';

/** `drovebank exchange <from> <to> <amount>`: moves money into another currency. */
export const run: Command = async (context, [from = '', to = '', amount = ''], options) => {
  const { dryRun, signal, output } = context;
  const rate = textOption(options, 'rate');
  if (rate === undefined) {
    throw new UsageError(
      'exchange needs --rate: how many units of the other currency one unit costs.',
    );
  }
  await book(context, options, async (bank, { annotations, key }) => {
    const input = { ...annotations, from, to, amount, rate, dryRun, signal };
    const { sold, bought, replayed } = await bank.exchange(input);
    if (context.json) {
      const both = { sold: receiptJson(sold), bought: receiptJson(bought) };
      output.document('transfer.exchange', { ...both, rate, replayed, key, dryRun });
    } else if (!context.quiet) {
      const what = `${moneyText(sold.amount)} for ${moneyText(bought.amount)} at ${rate}`;
      const numbers = `transfers ${sold.transfer} and ${bought.transfer}`;
      if (dryRun) output.line(`Would exchange ${what}. Nothing was booked.`);
      else if (replayed) output.line(`Booked before: ${what}, ${numbers}.`);
      else output.line(`Exchanged ${what}: ${numbers}.`);
    }
  });
  return undefined;
};
