import type { Command } from '../context.js';
import { accountJson } from '../json.js';
import { textOption } from '../read-options.js';
import { openedText } from '../say.js';
import { book } from '../with-bank.js';

/** `drovebank open <first> <last>`: opens an account. With `--quiet` its id alone is printed. */
export const run: Command = async (context, [firstName = '', lastName = ''], options) => {
  const { dryRun, signal, output } = context;
  await book(context, options, async (bank, { annotations, key }) => {
    const account = await bank.openAccount(
      {
        firstName,
        lastName,
        id: textOption(options, 'id'),
        currency: textOption(options, 'currency'),
        overdraftLimit: textOption(options, 'overdraftLimit'),
        ...annotations,
        dryRun,
      },
      { signal },
    );
    const { transfer, bookedAt, replayed } = account;
    if (context.json) {
      const receipt = { ...accountJson(account), transfer, bookedAt, replayed };
      output.document('account.open', { ...receipt, key, dryRun });
    } else if (context.quiet) output.line(account.id);
    else output.line(openedText(account, dryRun));
  });
  return undefined;
};
