import type { Command } from '../context.js';
import { printReceipt } from '../print-receipt.js';
import { isSet } from '../read-options.js';
import { book } from '../with-bank.js';

/** `drovebank transfer <from> <to> <amount>` */
export const run: Command = async (context, [from = '', to = '', amount = ''], options) => {
  const { dryRun, signal } = context;
  const upTo = isSet(options, 'upTo');
  await book(context, options, async (bank, { annotations, key }) => {
    const receipt = await bank.transfer(
      { from, to, amount, upTo, ...annotations, dryRun },
      { signal },
    );
    printReceipt(context, 'transfer', receipt, key);
  });
  return undefined;
};
