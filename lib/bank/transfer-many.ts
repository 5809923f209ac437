import { type Decision, eachAccountOf } from '../ledger/decide.js';
import { BankError } from '../ledger/errors.js';
import { type Receipt, toReceipt } from '../ledger/receipt.js';
import { record, type Writable } from '../ledger/record.js';
import {
  type MoveRequest,
  readDeposit,
  readTransfer,
  readWithdraw,
  type TransferInput,
} from '../ledger/request.js';
import type { Bookkeeper } from '../store/bookkeeper.js';
import type { Task } from '../store/group-commit.js';
import { BATCH_ENTRIES_MAX } from '../store/limits.js';
import type { MovementInput } from './api.js';

export interface ManyOptions {
  readonly atomic: boolean;
  readonly dryRun: boolean;
}

/** What is answered for an entry that was booked. */
export type Answer<Result> = (book: Bookkeeper, decision: Decision) => Result;

/** Many movements as one task: one result each, in order; atomic: all or none. */
export function bookMany<Result>(
  inputs: readonly MovementInput[],
  { atomic, dryRun }: ManyOptions,
  answer: Answer<Result>,
): Task<(Result | { readonly error: BankError })[]> {
  if (inputs.length > BATCH_ENTRIES_MAX) {
    const message = `${inputs.length} transfers were asked for at once; at most ${BATCH_ENTRIES_MAX} go together.`;
    throw new BankError('LIMIT_EXCEEDED', message, { hint: 'Split them into several calls.' });
  }
  const requests = inputs.map((input, index) => readOne(input, index, atomic));
  const wellFormed = requests.filter(
    (request): request is MoveRequest => !(request instanceof BankError),
  );
  const keyed = wellFormed.filter(({ key, freshKey }) => key !== '' && !freshKey);
  const all = (book: Bookkeeper) =>
    requests.map((request, index) => bookOne(book, request, index, atomic, answer));
  return {
    books: !dryRun,
    size: requests.length,
    eachId: (state, each) => {
      for (const request of wellFormed) eachAccountOf(state, request, each);
    },
    keys: keyed.map(({ key }) => key),
    run(book) {
      if (dryRun) return book.dryly(() => all(book));
      return atomic ? book.atomically(() => all(book)) : all(book);
    },
  };
}

function readOne(input: MovementInput, index: number, atomic: boolean): MoveRequest | BankError {
  try {
    if (namesBoth(input)) return readTransfer(input);
    const { from, to, amount } = input;
    if (to !== undefined) return readDeposit(to, amount, input);
    if (from !== undefined) return readWithdraw(from, amount, input);
    throw new BankError('INVALID_ID', 'Neither side of the transfer is named.');
  } catch (error) {
    if (!(error instanceof BankError)) throw error;
    if (atomic) throw withIndex(error, index);
    return error;
  }
}

function namesBoth(input: MovementInput): input is TransferInput {
  return input.from !== undefined && input.to !== undefined;
}

function bookOne<Result>(
  book: Bookkeeper,
  request: MoveRequest | BankError,
  index: number,
  atomic: boolean,
  answer: Answer<Result>,
): Result | { readonly error: BankError } {
  if (request instanceof BankError) return { error: request };
  try {
    return answer(book, book.book(request));
  } catch (error) {
    if (!(error instanceof BankError)) throw error;
    if (atomic) throw withIndex(error, index);
    return { error };
  }
}

export const withReceipt: Answer<{ readonly receipt: Receipt }> = (book, { entry, replayed }) =>
  new Booked(toReceipt(entry, book.digitsOf(entry.currency), replayed));

const Booked = record(function (this: { receipt: Receipt }, receipt: Receipt) {
  this.receipt = receipt;
});

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
function withIndex(error: BankError, index: number): BankError {
  return new BankError(error.code, `Transfer ${index + 1}: ${error.message}`, {
    details: { ...error.details, index },
    hint: error.hint,
    cause: error,
  });
}
