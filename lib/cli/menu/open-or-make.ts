import type { Bank } from '../../bank/api.js';
import { openBank } from '../../bank/open-bank.js';
import { BankError } from '../../ledger/errors.js';
import { type Asker, Walkaway } from '../ask/asker.js';
import type { Context } from '../context.js';
import { reportError } from '../error-report.js';

/** Opens the bank; if there is none, offers to make one. */
export async function openOrMake(context: Context, asker: Asker): Promise<Bank> {
  const { directory, signal } = context;
  try {
    return await openBank(directory, { signal });
  } catch (error) {
    if (!(error instanceof BankError) || error.code !== 'BANK_NOT_FOUND') throw error;
    if (context.dryRun) throw error;
    context.output.line(`There is no bank in ${directory}.`);
    if (!(await asker.confirm('Make one there?'))) throw new Walkaway('left');
    return make(context, asker);
  }
}

async function make(context: Context, asker: Asker): Promise<Bank> {
  const { directory, signal } = context;
  for (;;) {
    const currency = (await asker.ask('Its currency (USD)')) || 'USD';
    try {
      return await openBank(directory, { create: true, currency, signal });
    } catch (error) {
      // A mistyped code is asked for again.
      if (!(error instanceof BankError) || error.code !== 'INVALID_CURRENCY') throw error;
      reportError(context.output, context, error);
    }
  }
}
