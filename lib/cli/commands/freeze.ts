import type { Command } from '../context.js';
import { printChange } from '../print-receipt.js';
import { isSet } from '../read-options.js';
import { book } from '../with-bank.js';

/** `drovebank freeze <id>`: the account gives nothing any more; with `--all` it receives nothing either. */
export const run: Command = async (context, [id = ''], options) => {
  const { dryRun, signal } = context;
  const refuse = isSet(options, 'all') ? 'all' : 'debits';
  await book(context, options, async (bank, { annotations, key }) => {
    const receipt = await bank.freeze(id, { ...annotations, refuse, dryRun, signal });
    printChange(context, receipt, key);
  });
  return undefined;
};
