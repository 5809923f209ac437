import type { Command } from '../context.js';
import { printChange } from '../print-receipt.js';
import { book } from '../with-bank.js';

/** `drovebank unfreeze <id>`: the account may give and receive again. */
export const run: Command = async (context, [id = ''], options) => {
  const { dryRun, signal } = context;
  await book(context, options, async (bank, { annotations, key }) => {
    printChange(context, await bank.unfreeze(id, { ...annotations, dryRun, signal }), key);
  });
  return undefined;
};
