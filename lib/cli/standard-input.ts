import { addAbortSignal } from 'node:stream';
import { BankError } from '../ledger/errors.js';

/** Standard input until its end, or until somebody presses Ctrl-C. */
export async function* standardInput(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* addAbortSignal(signal, process.stdin);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new BankError('CANCELLED', 'Cancelled.');
  }
}
