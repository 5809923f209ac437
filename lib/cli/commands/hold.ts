import type { Command } from '../context.js';
import { printHold } from '../print-receipt.js';
import { secondsOption } from '../read-options.js';
import { book } from '../with-bank.js';

/** `drovebank hold <id> <amount>`: sets money aside. With `--quiet` the hold's id alone is printed. */
export const run: Command = async (context, [id = '', amount = ''], options) => {
  const { dryRun, signal } = context;
  const ttlSeconds = secondsOption(options, 'ttl');
  await book(context, options, async (bank, { annotations, key }) => {
    const receipt = await bank.hold(id, amount, { ...annotations, ttlSeconds, dryRun, signal });
    printHold(context, receipt, key);
  });
  return undefined;
};
