import type { Command } from '../context.js';
import { printReceipt } from '../print-receipt.js';
import { isSet } from '../read-options.js';
import { book } from '../with-bank.js';

/** `drovebank withdraw <id> <amount>` */
export const run: Command = async (context, [id = '', amount = ''], options) => {
  const { dryRun, signal } = context;
  await book(context, options, async (bank, { annotations, key }) => {
    const upTo = isSet(options, 'upTo');
    const receipt = await bank.withdraw(id, amount, { ...annotations, upTo, dryRun, signal });
    printReceipt(context, 'withdraw', receipt, key);
  });
  return undefined;
};
