import type { Command } from '../context.js';
import { printChange } from '../print-receipt.js';
import { textOption } from '../read-options.js';
import { book } from '../with-bank.js';

/** `drovebank close <id>`: closes an account at zero, or sweeps what it has to another one. */
export const run: Command = async (context, [id = ''], options) => {
  const { dryRun, signal } = context;
  const sweepTo = textOption(options, 'sweepTo');
  await book(context, options, async (bank, { annotations, key }) => {
    const receipt = await bank.closeAccount(id, { ...annotations, sweepTo, dryRun, signal });
    printChange(context, receipt, key, { sweptTo: sweepTo });
  });
  return undefined;
};
