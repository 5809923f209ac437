import { resolve } from 'node:path';
import { BankError } from '../ledger/errors.js';
import { shown } from '../ledger/text.js';

/**
 * The full path of a bank's directory. An empty name is a variable that was not set: it must not mean the working directory.
 * @throws BankError INVALID_TEXT, BANK_NOT_FOUND
 */
export function readDirectory(directory: unknown): string {
  if (typeof directory === 'string' && directory !== '' && !directory.includes('\0')) {
    try {
      return resolve(directory);
    } catch (error) {
      // A relative name, and the working directory was removed.
      throw new BankError('BANK_NOT_FOUND', 'The working directory is not there any more.', {
        hint: 'Change to one that is, or give the full path of the bank.',
        cause: error,
      });
    }
  }
  const message = `The directory ${shown(directory)} is no path.`;
  throw new BankError('INVALID_TEXT', message, { hint: 'Name the directory of a bank.' });
}
