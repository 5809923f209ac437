import type { Bank } from '../../bank/api.js';
import { BankError } from '../../ledger/errors.js';
import { type Asker, Walkaway } from '../ask/asker.js';
import type { Context } from '../context.js';
import { reportError } from '../error-report.js';

/** What the interactive bank hands to its parts. */
export interface Counter {
  readonly context: Context;
  readonly bank: Bank;
  readonly asker: Asker;
}

/** A refusal leads back to where one was; what concerns the bank itself ends the session. */
export async function attempt(counter: Counter, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (error instanceof Walkaway && error.where === 'back') return;
    if (!(error instanceof BankError) || error.code === 'BANK_DAMAGED') throw error;
    if (error.code === 'CANCELLED') throw new Walkaway('left');
    reportError(counter.context.output, counter.context, error);
  }
}
