import { BankError } from '../../ledger/errors.js';
import type { Line } from '../output.js';
import type { Look } from './asker.js';

/** What would be booked as things stand, to be looked at until somebody says yes; or why it would not any more. */
export function orRefusal(tryOut: () => Promise<readonly Line[]>): Look {
  return async () => {
    try {
      return await tryOut();
    } catch (error) {
      if (!(error instanceof BankError) || error.code === 'BANK_DAMAGED') throw error;
      return [{ text: `Not any more: ${error.message}`, style: 'bad' }];
    }
  };
}
