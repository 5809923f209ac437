import type { Bank } from '../bank/api.js';
import type { Operation, OperationReceipt } from '../bank/operations.js';
import { BankError } from '../ledger/errors.js';
import type { BatchLine } from './batch-lines.js';

/** What became of one line. */
export type BatchResult = { readonly line: number } & (
  | { readonly op: Operation['op']; readonly receipt: OperationReceipt }
  | { readonly op: Operation['op'] | undefined; readonly error: BankError }
);

export interface BatchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly dryRun?: boolean | undefined;
  /** Called before each portion; throws where nobody gets the answers, so that nothing more is booked. */
  readonly beforeEach?: (() => void) | undefined;
}

/** Requests that go to the bank at once. */
const REQUESTS_AT_ONCE = 2_000;

type RequestLine = { readonly line: number; readonly request: Operation };

/**
 * Runs lines in their order and gives one result each, in the same order. Requests next to each
 * other go to the bank together; a refusal does not stop what follows.
 */
export async function* runBatch(
  bank: Bank,
  lines: readonly BatchLine[],
  options: BatchOptions,
): AsyncGenerator<BatchResult> {
  let waiting: RequestLine[] = [];
  for (const entry of lines) {
    if ('request' in entry) {
      waiting.push(entry);
      if (waiting.length < REQUESTS_AT_ONCE) continue;
    }
    options.beforeEach?.();
    yield* book(bank, waiting, options);
    waiting = [];
    if ('error' in entry) yield { line: entry.line, op: undefined, error: entry.error };
  }
  // Behind the last one there is nothing left to be given up.
  if (waiting.length > 0) options.beforeEach?.();
  yield* book(bank, waiting, options);
}

/**
 * Runs all lines as one: all are booked, or none. @throws BankError the first refusal, or what is wrong with a
 * line, with `details.line`
 */
export async function* runLinked(
  bank: Bank,
  lines: readonly BatchLine[],
  { signal, dryRun }: BatchOptions,
): AsyncGenerator<BatchResult> {
  const requests = lines.map((entry) => {
    if ('request' in entry) return entry;
    throw ofLine(entry.line, entry.error);
  });
  try {
    yield* book(bank, requests, { signal, dryRun, atomic: true });
  } catch (error) {
    const { index } = error instanceof BankError ? error.details : {};
    const refused = requests[Number(index)];
    throw refused ? ofLine(refused.line, (error as BankError).cause as BankError) : error;
  }
}

/** None of the lines is booked because of this one. */
function ofLine(line: number, cause: BankError): BankError {
  const message = `Line ${line}: ${cause.message} No line is booked.`;
  const { code, details, hint } = cause;
  return new BankError(code, message, { details: { ...details, line }, hint, cause });
}

async function* book(
  bank: Bank,
  lines: readonly RequestLine[],
  { signal, dryRun, atomic }: BatchOptions & { readonly atomic?: boolean },
): AsyncGenerator<BatchResult> {
  if (lines.length === 0) return;
  const operations = lines.map(({ request }) => request);
  const results = await bank.batch(operations, { signal, dryRun, atomic });
  for (const [index, { line, request }] of lines.entries()) {
    const result = results[index];
    if (result !== undefined) yield { line, op: request.op, ...result };
  }
}
