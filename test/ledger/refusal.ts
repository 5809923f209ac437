import { BankError, type BankErrorCode } from '#lib/ledger/errors.js';

/** The refusal that `run` ends in. Anything but a BankError is a bug and goes through. */
export function refusal(run: () => unknown): BankError {
  try {
    run();
  } catch (error) {
    if (error instanceof BankError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** The code of the refusal, or 'accepted'. */
export function outcome(run: () => unknown): BankErrorCode | 'accepted' {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (error instanceof BankError) return error.code;
    throw error;
  }
}

/** Rows of a table with a title in front, for `it.each(…)('%s', …)`. */
export function titled<Row extends readonly unknown[]>(
  rows: readonly Row[],
  title: (...row: Row) => string,
) {
  return rows.map((row): [string, ...Row] => [title(...row), ...row]);
}
