import { BankError } from '../ledger/errors.js';

/** What ended a run before its end, with how many of its `things` it has booked; `again` says how it goes on. */
export function cutShort(error: unknown, booked: number, things: string, again: string): unknown {
  if (!(error instanceof BankError) || booked === 0) return error;
  const what = error.code === 'CANCELLED' ? 'The run was cut short.' : error.message;
  return new BankError(error.code, `${what} ${booked} ${things} are booked, and stay so.`, {
    details: { ...error.details, booked },
    hint: again,
    committed: error.committed,
    cause: error,
  });
}
