import type { Command } from '../context.js';
import { printReceipt } from '../print-receipt.js';
import { book } from '../with-bank.js';

/** `drovebank transfer <from> <to> <amount>` */
export const run: Command = async (context, [from = '', to = '', amount = ''], options) => {
  const { dryRun, signal } = context;
  await book(context, options, async (bank, { annotations, key }) => {
    const receipt = await bank.transfer({ from, to, amount, ...annotations, dryRun }, { signal });
    printReceipt(context, 'transfer', receipt, key);
  });
  return undefined;
};
