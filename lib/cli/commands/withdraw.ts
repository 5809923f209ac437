import type { Command } from '../context.js';
import { printReceipt } from '../print-receipt.js';
import { book } from '../with-bank.js';

/** `drovebank withdraw <id> <amount>` */
export const run: Command = async (context, [id = '', amount = ''], options) => {
  const { dryRun, signal } = context;
  await book(context, options, async (bank, { annotations, key }) => {
    const receipt = await bank.withdraw(id, amount, { ...annotations, dryRun, signal });
    printReceipt(context, 'withdraw', receipt, key);
  });
  return undefined;
};
