import type { Decision } from '../ledger/booking.js';
import { eachAccountOf } from '../ledger/decide.js';
import { BankError } from '../ledger/errors.js';
import { type Receipt, WithReceipt } from '../ledger/receipt.js';
import { record, type Writable } from '../ledger/record.js';
import {
  type Request,
  readDeposit,
  readTransfer,
  readWithdraw,
  type TransferInput,
  usedKeys,
} from '../ledger/request.js';
import type { Bookkeeper } from '../store/bookkeeper.js';
import type { Breath } from '../store/breath.js';
import type { Task } from '../store/group-commit.js';
import type { LedgerState } from '../store/ledger-state.js';
import { BATCH_ENTRIES_MAX, DECISIONS_AT_ONCE } from '../store/limits.js';
import type { MovementInput } from './api.js';

export interface ManyOptions<Input> {
  readonly atomic: boolean;
  readonly dryRun: boolean;
  /** Reads one request. @throws BankError what is wrong with it in itself */
  readonly read: (input: Input) => Request;
  /** What one of them is called in messages. */
  readonly name: string;
  /** Why one of them is not to be booked, by what stands there then; and the keys that it asks for. */
  readonly unless?: (input: Input, state: LedgerState) => BankError | undefined;
  readonly asks?: readonly string[];
}

/** What is answered for an entry that was booked. */
export type Answer<Result> = (book: Bookkeeper, decision: Decision) => Result;

/** Many requests as one task: one result each, in order; atomic: all or none. */
export function bookMany<Input, Result>(
  inputs: readonly Input[],
  { atomic, dryRun, read, name, unless, asks = [] }: ManyOptions<Input>,
  answer: Answer<Result>,
): Task<(Result | { readonly error: BankError })[]> {
  if (!Array.isArray(inputs)) {
    throw new BankError('INVALID_TEXT', `What is asked for is no list of ${name.toLowerCase()}s.`, {
      hint: 'Give an array.',
    });
  }
  if (inputs.length > BATCH_ENTRIES_MAX) {
    const message = `${inputs.length} ${name.toLowerCase()}s were asked for at once; at most ${BATCH_ENTRIES_MAX} go together.`;
    throw new BankError('LIMIT_EXCEEDED', message, { hint: 'Split them into several calls.' });
  }
  const told = (error: unknown, index: number): BankError => {
    if (!(error instanceof BankError)) throw error;
    if (atomic) throw withIndex(error, name, index);
    return error;
  };
  // A hole in a list is nothing that could be asked for.
  const requests = Array.from(inputs, (input, index) => {
    try {
      return read(input);
    } catch (error) {
      return told(error, index);
    }
  });
  const keys: string[] = [...asks];
  const reverses: number[] = [];
  // One walk, and no list beside: who asks is waiting, and there may be thousands.
  for (const request of requests) {
    if (request instanceof BankError) continue;
    keys.push(...usedKeys(request));
    if (request.kind === 'reverse') reverses.push(request.transfer);
  }
  const one = (book: Bookkeeper, state: LedgerState, request: Request, index: number) => {
    try {
      const refusal = unless?.(inputs[index] as Input, state);
      if (refusal) throw refusal;
      return answer(book, book.book(request));
    } catch (error) {
      return { error: told(error, index) };
    }
  };
  const all = async (book: Bookkeeper, state: LedgerState, breath: Pick<Breath, 'take'>) => {
    const results: (Result | { readonly error: BankError })[] = [];
    for (const [index, request] of requests.entries()) {
      if (index % DECISIONS_AT_ONCE === 0) await breath.take();
      results.push(
        request instanceof BankError ? { error: request } : one(book, state, request, index),
      );
    }
    return results;
  };
  return {
    books: !dryRun,
    size: requests.length,
    eachId: (state, each) => {
      for (const request of requests) {
        if (!(request instanceof BankError)) eachAccountOf(state, request, each);
      }
    },
    keys,
    reverses,
    run(book, state, breath) {
      const work = () => all(book, state, breath);
      if (dryRun) return book.dryly(work);
      return atomic ? book.atomically(work) : work();
    },
  };
}

/** A movement of {@link Bank.transferMany}. */
export function readMovement(input: MovementInput): Request {
  if (typeof input !== 'object' || input === null) return readTransfer(input);
  if (namesBoth(input)) return readTransfer(input);
  const { from, to, amount } = input;
  if (to !== undefined) return readDeposit(to, amount, input);
  if (from !== undefined) return readWithdraw(from, amount, input);
  throw new BankError('INVALID_ID', 'Neither side of the transfer is named.');
}

function namesBoth(input: MovementInput): input is TransferInput {
  return input.from !== undefined && input.to !== undefined;
}

export const withReceipt: Answer<{ readonly receipt: Receipt }> = (book, { entry, replayed }) =>
  new WithReceipt(entry, book.digitsOf(entry.currency), replayed);

export const withNumber: Answer<Pick<Receipt, 'transfer' | 'replayed'>> = (
  _,
  { entry, replayed },
) => new Numbered(entry.transfer, replayed);

const Numbered = record(function (
  this: Writable<Pick<Receipt, 'transfer' | 'replayed'>>,
  transfer: number,
  replayed: boolean,
) {
  this.transfer = transfer;
  this.replayed = replayed;
});

/** Which of the many was refused. */
function withIndex(error: BankError, name: string, index: number): BankError {
  return new BankError(error.code, `${name} ${index + 1}: ${error.message}`, {
    details: { ...error.details, index },
    hint: error.hint,
    cause: error,
  });
}
