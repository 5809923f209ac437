import type { Bank } from '../bank/api.js';
import { openBank } from '../bank/open-bank.js';
import { BankError } from '../ledger/errors.js';
import type { Annotations } from '../ledger/request.js';
import type { Context, Options } from './context.js';
import { annotationOptions, isSet } from './read-options.js';

/** Opens the bank, does `work` with it, and closes it: then the passbooks show every row. */
export async function withBank<Result>(
  context: Context,
  work: (bank: Bank) => Promise<Result>,
  acceptClock = false,
): Promise<Result> {
  const { directory, signal } = context;
  return closing(context, await openBank(directory, { signal, acceptClock }), work);
}

/**
 * Does `work` and closes the bank. Once the work is done it stays done: a close that fails is told
 * as a warning, not as a failure.
 */
export async function closing<Result>(
  context: Context,
  bank: Bank,
  work: (bank: Bank) => Promise<Result>,
): Promise<Result> {
  let result: Result;
  try {
    result = await work(bank);
  } catch (error) {
    const told = await withNearestAccount(bank, error, context.signal);
    // The first failure is the one to tell; that of closing would only hide it.
    await bank.close().catch(() => undefined);
    throw told;
  }
  try {
    await bank.close();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.output.warn(`The command did its work; closing the bank then failed: ${why}`);
  }
  return result;
}

/** Adds the id that was perhaps meant; it is only told, never acted on. */
async function withNearestAccount(
  bank: Bank,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof BankError)) return error;
  if (error.code !== 'ACCOUNT_NOT_FOUND' && error.code !== 'INVALID_ID') return error;
  const { id } = error.details;
  if (typeof id !== 'string') return error;
  const { nearestAccount } = await import('./nearest-account.js');
  const nearest = await nearestAccount(bank, id, signal);
  // The account that was named may be there, and not have been then.
  if (nearest === undefined || nearest === id) return error;
  return new BankError(error.code, error.message, {
    details: { ...error.details, nearest },
    hint: `Did you mean ${nearest}? ${error.hint}`,
    cause: error,
  });
}

/** What a booking command is handed beside the bank. */
export interface Booking {
  readonly annotations: Annotations;
  readonly key: string;
}

/**
 * {@link withBank} for what moves money or opens: there is always a key, so that an outcome that is
 * unknown can be settled by asking again.
 */
export async function book<Result>(
  context: Context,
  options: Options,
  work: (bank: Bank, booking: Booking) => Promise<Result>,
): Promise<Result> {
  const given = annotationOptions(options);
  const key = given.idempotencyKey ?? `cli-${crypto.randomUUID()}`;
  const freshKey = given.idempotencyKey === undefined;
  const annotations = { ...given, idempotencyKey: key, freshKey };
  return settleable(key, () =>
    withBank(context, (bank) => work(bank, { annotations, key }), isSet(options, 'acceptClock')),
  );
}

/** Says with which key to ask again, where the outcome is unknown. */
export async function settleable<Result>(
  key: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BankError) || error.code !== 'OUTCOME_UNKNOWN') throw error;
    throw new BankError(error.code, error.message, {
      details: { ...error.details, key },
      hint: `Run the same command again with --key ${key}: it tells what happened, and never books twice.`,
      cause: error,
    });
  }
}
