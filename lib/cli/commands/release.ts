import type { Command } from '../context.js';
import { printHold } from '../print-receipt.js';
import { book } from '../with-bank.js';

/** `drovebank release <hold>`: gives back what was set aside. */
export const run: Command = async (context, [hold = ''], options) => {
  const { dryRun, signal } = context;
  await book(context, options, async (bank, { annotations, key }) => {
    printHold(context, await bank.release(hold, { ...annotations, dryRun, signal }), key);
  });
  return undefined;
};
