import type { AccountId } from '../ledger/account-id.js';
import { accountsOf } from '../ledger/decide.js';
import { BankError } from '../ledger/errors.js';
import { toReceipt } from '../ledger/receipt.js';
import { type MoveRequest, readDeposit, readTransfer, readWithdraw } from '../ledger/request.js';
import type { Bookkeeper } from '../store/bookkeeper.js';
import type { Task } from '../store/group-commit.js';
import type { LedgerState } from '../store/ledger-state.js';
import { BATCH_ENTRIES_MAX } from '../store/limits.js';
import type { MovementInput, TransferResult } from './api.js';

export interface ManyOptions {
  readonly atomic: boolean;
  readonly dryRun: boolean;
}

/** Many movements as one task: one result each, in order; atomic: all or none. */
export function bookMany(
  inputs: readonly MovementInput[],
  { atomic, dryRun }: ManyOptions,
): Task<TransferResult[]> {
  if (inputs.length > BATCH_ENTRIES_MAX) {
    const message = `${inputs.length} transfers were asked for at once; at most ${BATCH_ENTRIES_MAX} go together.`;
    throw new BankError('LIMIT_EXCEEDED', message, { hint: 'Split them into several calls.' });
  }
  const requests = inputs.map((input, index) => readOne(input, index, atomic));
  const wellFormed = requests.flatMap((request) => (request instanceof BankError ? [] : [request]));
  const all = (book: Bookkeeper) =>
    requests.map((request, index) => bookOne(book, request, index, atomic));
  return {
    books: !dryRun,
    size: requests.length,
    ids: (state) => idsOf(state, wellFormed),
    keys: wellFormed.flatMap(({ key, freshKey }) => (key === '' || freshKey ? [] : [key])),
    run(book) {
      if (dryRun) return book.dryly(() => all(book));
      return atomic ? book.atomically(() => all(book)) : all(book);
    },
  };
}

function idsOf(state: LedgerState, requests: readonly MoveRequest[]): AccountId[] {
  return requests.flatMap((request) => accountsOf(state, request));
}

function readOne(input: MovementInput, index: number, atomic: boolean): MoveRequest | BankError {
  try {
    const { from, to, amount } = input;
    if (from !== undefined && to !== undefined) return readTransfer({ ...input, from, to });
    if (to !== undefined) return readDeposit(to, amount, input);
    if (from !== undefined) return readWithdraw(from, amount, input);
    throw new BankError('INVALID_ID', 'Neither side of the transfer is named.');
  } catch (error) {
    if (!(error instanceof BankError)) throw error;
    if (atomic) throw withIndex(error, index);
    return error;
  }
}

function bookOne(
  book: Bookkeeper,
  request: MoveRequest | BankError,
  index: number,
  atomic: boolean,
): TransferResult {
  if (request instanceof BankError) return { error: request };
  try {
    const { entry, replayed } = book.book(request);
    return { receipt: toReceipt(entry, book.digitsOf(entry.currency), replayed) };
  } catch (error) {
    if (!(error instanceof BankError)) throw error;
    if (atomic) throw withIndex(error, index);
    return { error };
  }
}

/** Which of the many was refused. */
function withIndex(error: BankError, index: number): BankError {
  return new BankError(error.code, `Transfer ${index + 1}: ${error.message}`, {
    details: { ...error.details, index },
    hint: error.hint,
    cause: error,
  });
}
