import type { Command } from '../context.js';
import { printChange } from '../print-receipt.js';
import { textOption } from '../read-options.js';
import { book } from '../with-bank.js';

/** `drovebank limit <id>`: what an account may owe, and what may leave it at once and in a day. */
export const run: Command = async (context, [id = ''], options) => {
  const { dryRun, signal } = context;
  const limits = {
    overdraftLimit: textOption(options, 'overdraftLimit'),
    transferLimit: textOption(options, 'transfer'),
    dayLimit: textOption(options, 'day'),
  };
  await book(context, options, async (bank, { annotations, key }) => {
    const receipt = await bank.limit(id, { ...annotations, ...limits, dryRun, signal });
    printChange(context, receipt, key);
  });
  return undefined;
};
