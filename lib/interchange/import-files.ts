import type { Bank } from '../bank/api.js';
import { BankError } from '../ledger/errors.js';
import type { MoveRequest, OpenRequest } from '../ledger/request.js';
import { checkImport, type ImportFile } from './check-import.js';
import { type ImportRow, moveInput, openInput } from './import-rows.js';

/** Rows that go to the bank at once. */
const TRANSACTIONS_AT_ONCE = 2_000;
const ACCOUNTS_AT_ONCE = 500;

export interface ImportOptions {
  readonly signal?: AbortSignal | undefined;
  /** Check the files, and book nothing. */
  readonly dryRun?: boolean | undefined;
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

export interface ImportCount {
  /** Rows in the files. */
  readonly rows: number;
  readonly booked: number;
  /** Known from an earlier run, with the same content; in a dry run: those that would be skipped. */
  readonly skipped: number;
}

/** What an import did. Where `stopped` is set, the rows before it are booked and stay booked. */
export interface ImportResult {
  readonly accounts: ImportCount;
  readonly transactions: ImportCount;
  readonly stopped: ImportStop | undefined;
}

/** The first row that was not booked: order matters in real books, so nothing behind it was. */
export interface ImportStop {
  readonly file: string;
  readonly line: number;
  readonly error: BankError;
}

interface Count {
  rows: number;
  booked: number;
  skipped: number;
}

/**
 * Books accounts and transactions from CSV files, in the order of the files. All files are checked
 * whole before. Each row carries a key made of its id, so that the same files can be imported again:
 * what is known is skipped, what is known with other content is refused.
 * @throws BankError INVALID_FILE, IDEMPOTENCY_MISMATCH or ACCOUNT_EXISTS for an id that is booked with
 *   other content, or whatever keeps the bank from working; nothing is booked
 */
export async function importFiles(
  bank: Bank,
  files: readonly ImportFile[],
  options: ImportOptions = {},
): Promise<ImportResult> {
  const { signal, dryRun = false, onProgress } = options;
  const plan = await checkImport(bank, files, signal);
  const accounts: Count = { rows: plan.accounts.length, booked: 0, skipped: 0 };
  const transactions: Count = { rows: plan.transactions.length, booked: 0, skipped: 0 };
  if (dryRun) {
    accounts.skipped = plan.known.accounts;
    transactions.skipped = plan.known.transactions;
    return { accounts, transactions, stopped: undefined };
  }
  const told = () => {
    const done = accounts.booked + accounts.skipped + transactions.booked + transactions.skipped;
    onProgress?.(done, accounts.rows + transactions.rows);
  };
  const stopped =
    (await openAll(bank, plan.accounts, accounts, told, signal)) ??
    (await moveAll(bank, plan.transactions, transactions, told, signal));
  return { accounts, transactions, stopped };
}

async function openAll(
  bank: Bank,
  rows: readonly ImportRow<OpenRequest>[],
  count: Count,
  told: () => void,
  signal: AbortSignal | undefined,
): Promise<ImportStop | undefined> {
  for (let begin = 0; begin < rows.length; begin += ACCOUNTS_AT_ONCE) {
    const chunk = rows.slice(begin, begin + ACCOUNTS_AT_ONCE);
    const results = await Promise.allSettled(
      chunk.map(({ request }) => bank.openAccount(openInput(request), { signal })),
    );
    let stopped: ImportStop | undefined;
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') count[result.value.replayed ? 'skipped' : 'booked'] += 1;
      else stopped ??= stopAt(chunk[index], result.reason);
    }
    told();
    if (stopped !== undefined) return stopped;
  }
  return undefined;
}

async function moveAll(
  bank: Bank,
  rows: readonly ImportRow<MoveRequest>[],
  count: Count,
  told: () => void,
  signal: AbortSignal | undefined,
): Promise<ImportStop | undefined> {
  for (let begin = 0; begin < rows.length; begin += TRANSACTIONS_AT_ONCE) {
    const chunk = rows.slice(begin, begin + TRANSACTIONS_AT_ONCE);
    const stopped = await moveChunk(bank, chunk, count, signal);
    told();
    if (stopped !== undefined) return stopped;
  }
  return undefined;
}

/** Books a chunk as a whole or, if a row of it is refused, the rows before that one. */
async function moveChunk(
  bank: Bank,
  chunk: readonly ImportRow<MoveRequest>[],
  count: Count,
  signal: AbortSignal | undefined,
): Promise<ImportStop | undefined> {
  if (chunk.length === 0) return undefined;
  const inputs = chunk.map(({ request }) => moveInput(request));
  try {
    const all = { atomic: true, receipts: false, signal } as const;
    for (const result of await bank.transferMany(inputs, all)) {
      if ('error' in result) throw result.error;
      count[result.replayed ? 'skipped' : 'booked'] += 1;
    }
    return undefined;
  } catch (error) {
    const index = error instanceof BankError ? error.details.index : undefined;
    // Without an index nothing of this chunk is known to be refused: cancelled, disk full, unknown.
    if (typeof index !== 'number') return stopAt(chunk[0], error);
    const before = await moveChunk(bank, chunk.slice(0, index), count, signal);
    return before ?? stopAt(chunk[index], withoutIndex(error));
  }
}

/** The refusal itself: its place among the chunk's transfers says nothing to whoever has the file. */
function withoutIndex(error: unknown): unknown {
  return error instanceof BankError && error.cause instanceof BankError ? error.cause : error;
}

function stopAt(row: ImportRow<unknown> | undefined, error: unknown): ImportStop {
  if (!(error instanceof BankError) || row === undefined) throw error;
  const { file, line } = row;
  return { file, line, error };
}
