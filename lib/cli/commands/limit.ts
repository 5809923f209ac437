import type { Command } from '../context.js';
import { printChange } from '../print-receipt.js';
import { textOption } from '../read-options.js';
import { book } from '../with-bank.js';

/** `drovebank limit <id>`: what an account may owe, and what may leave it at once and in a day. */
export const run: Command = async (context, [id = ''], options) => {
  const { dryRun, signal } = context;
  const asked = {
    overdraftLimit: textOption(options, 'overdraftLimit'),
    transferLimit: textOption(options, 'transfer'),
    dayLimit: textOption(options, 'day'),
  };
  const limits = Object.entries(asked)
    .flatMap(([name, limit]) =>
      limit === undefined ? [] : `${name.replace('Limit', ' limit')} ${limit}`,
    )
    .join(', ');
  await book(context, options, async (bank, { annotations, key }) => {
    const receipt = await bank.limit(id, { ...annotations, ...asked, dryRun, signal });
    printChange(context, receipt, key, { limits });
  });
  return undefined;
};
