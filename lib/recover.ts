/** drovebank/recover: what `drovebank-recover` does, for programs. */
import { resolve } from 'node:path';
import { asBankError } from './store/disk-error.js';
import { nodeHost } from './store/host.js';
import { type RecoverOptions, type Recovery, recoverBank } from './store/recover.js';

export type { Finding, TouchedAccount } from './store/diagnosis.js';
export type { RecoverOptions, RecoverPass, Recovery } from './store/recover.js';

/**
 * Says what is wrong with the bank in `directory` and puts right what a crash leaves. What could lose
 * information is done only with `apply`.
 * @throws BankError BANK_NOT_FOUND, BANK_TOO_NEW, BANK_BUSY, NO_PERMISSION, …
 */
export async function recover(directory: string, options: RecoverOptions = {}): Promise<Recovery> {
  try {
    return await recoverBank(nodeHost(), resolve(directory), options);
  } catch (error) {
    throw asBankError(error);
  }
}
