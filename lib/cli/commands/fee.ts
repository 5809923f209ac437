import { runOverAccounts } from '../account-run.js';
import type { Command } from '../context.js';
import { UsageError } from '../exit-codes.js';
import { isSet, textOption } from '../read-options.js';

/** `drovebank fee <amount>`: charges all accounts a fee for a period. */
export const run: Command = async (context, [amount = ''], options) => {
  const period = textOption(options, 'period');
  if (period === undefined) {
    throw new UsageError('fee needs --period, such as 2026-11: an account pays once for one.');
  }
  const waiveFrom = textOption(options, 'waiveFrom');
  const upTo = isSet(options, 'upTo');
  return runOverAccounts(context, options, 'Fees', (bank, input) =>
    bank.chargeFee({ ...input, amount, period, waiveFrom, upTo }),
  );
};
