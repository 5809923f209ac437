import type { Command } from '../context.js';
import { printReceipt } from '../print-receipt.js';
import { isSet, textOption } from '../read-options.js';
import { book } from '../with-bank.js';

/** `drovebank capture <hold>`: moves what was set aside, or a part of it. */
export const run: Command = async (context, [hold = ''], options) => {
  const { dryRun, signal } = context;
  await book(context, options, async (bank, { annotations, key }) => {
    const receipt = await bank.capture(hold, {
      ...annotations,
      amount: textOption(options, 'amount'),
      to: textOption(options, 'to'),
      keepRest: isSet(options, 'keepRest'),
      dryRun,
      signal,
    });
    printReceipt(context, 'capture', receipt, key);
  });
  return undefined;
};
