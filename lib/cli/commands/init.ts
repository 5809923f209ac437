import { resolve } from 'node:path';
import { initBank } from '../../bank/open-bank.js';
import { isAbsentOrEmpty } from '../../disk/user-files.js';
import { currencyDigits } from '../../ledger/currencies.js';
import { BankError } from '../../ledger/errors.js';
import { readCurrency } from '../../ledger/request.js';
import type { Command, Context } from '../context.js';
import { directoryFlag } from '../flags.js';
import { isSet, textOption } from '../read-options.js';

/** What `init` tells about the bank that it made, or would make. */
interface MadeBank {
  readonly directory: string;
  readonly currency: string;
  readonly shared: boolean;
}

/** `drovebank init`: makes a bank. */
export const run: Command = async (context, _operands, options) => {
  const { output, dryRun } = context;
  const currency = textOption(options, 'currency');
  const shared = isSet(options, 'shared');
  let made: MadeBank;
  if (dryRun) made = await wouldMake(context, currency ?? 'USD', shared);
  else {
    made = await initBank(context.directory, {
      ...(currency === undefined ? {} : { currency }),
      shared,
      force: isSet(options, 'force'),
      signal: context.signal,
    });
  }
  if (context.json) output.document('bank.init', { ...made, dryRun });
  else if (!context.quiet) {
    const verb = dryRun ? 'Would make' : 'Made';
    const ending = dryRun ? ' Dry run: nothing was made.' : '';
    output.line(`${verb} a bank in ${made.directory}, currency ${made.currency}.${ending}`);
    if (!dryRun) output.note(`Next: drovebank open <first> <last>${directoryFlag(context)}`);
  }
  return undefined;
};

/** All that `init` checks before it touches the directory. */
async function wouldMake(context: Context, typed: string, shared: boolean): Promise<MadeBank> {
  const directory = resolve(context.directory);
  const currency = readCurrency(typed);
  if (!currencyDigits().has(currency)) {
    throw new BankError('INVALID_CURRENCY', `${currency} is no active ISO 4217 currency.`);
  }
  if (!(await isAbsentOrEmpty(directory))) {
    throw new BankError('BANK_EXISTS', `${directory} is not empty.`, { details: { directory } });
  }
  return { directory, currency, shared };
}
