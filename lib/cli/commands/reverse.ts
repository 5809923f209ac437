import type { Command } from '../context.js';
import { printReceipt } from '../print-receipt.js';
import { isSet, readCount } from '../read-options.js';
import { book } from '../with-bank.js';

/** `drovebank reverse <transfer>`: takes a transfer back by another one. */
export const run: Command = async (context, [typed = ''], options) => {
  const { dryRun, signal } = context;
  const transfer = readCount('transfer', typed);
  const force = isSet(options, 'force');
  await book(context, options, async (bank, { annotations, key }) => {
    const receipt = await bank.reverse(transfer, { ...annotations, force, dryRun, signal });
    printReceipt(context, 'reverse', receipt, key);
  });
  return undefined;
};
