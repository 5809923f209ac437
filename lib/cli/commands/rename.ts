import type { Command } from '../context.js';
import { printChange } from '../print-receipt.js';
import { book } from '../with-bank.js';

/** `drovebank rename <id> <first> <last>` */
export const run: Command = async (context, [id = '', firstName, lastName], options) => {
  const { dryRun, signal } = context;
  await book(context, options, async (bank, { annotations, key }) => {
    const names = { firstName, lastName };
    const receipt = await bank.rename(id, { ...annotations, ...names, dryRun, signal });
    printChange(context, receipt, key);
  });
  return undefined;
};
