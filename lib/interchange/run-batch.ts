import type { Bank, OpenedAccount } from '../bank/api.js';
import { BankError } from '../ledger/errors.js';
import type { Receipt } from '../ledger/receipt.js';
import type { BatchLine } from './batch-lines.js';
import type { BatchRequest } from './batch-request.js';

/** What became of one line. */
export type BatchResult = { readonly line: number } & (
  | { readonly op: 'deposit' | 'withdraw' | 'transfer'; readonly receipt: Receipt }
  | { readonly op: 'open'; readonly account: OpenedAccount }
  | { readonly op: BatchRequest['op'] | undefined; readonly error: BankError }
);

export interface BatchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly dryRun?: boolean | undefined;
  /** Asked between portions; false: nobody gets the answers, so that nothing more is booked. */
  readonly goOn?: (() => boolean) | undefined;
}

/** Movements that go to the bank at once. */
const MOVEMENTS_AT_ONCE = 2_000;

type Movement = Extract<BatchRequest, { movement: unknown }>;
type MovementLine = { readonly line: number; readonly request: Movement };

/**
 * Runs lines in their order and gives one result each, in the same order. Movements next to each
 * other go to the bank together; a refusal does not stop what follows.
 */
export async function* runBatch(
  bank: Bank,
  lines: readonly BatchLine[],
  options: BatchOptions,
): AsyncGenerator<BatchResult> {
  let waiting: MovementLine[] = [];
  for (const entry of lines) {
    if ('request' in entry && entry.request.op !== 'open') {
      waiting.push({ line: entry.line, request: entry.request });
      if (waiting.length < MOVEMENTS_AT_ONCE) continue;
    }
    yield* move(bank, waiting, options);
    waiting = [];
    if (options.goOn?.() === false) return;
    if ('error' in entry) yield { line: entry.line, op: undefined, error: entry.error };
    else if (entry.request.op === 'open')
      yield await open(bank, entry.line, entry.request, options);
  }
  yield* move(bank, waiting, options);
}

async function* move(
  bank: Bank,
  lines: readonly MovementLine[],
  options: BatchOptions,
): AsyncGenerator<BatchResult> {
  if (lines.length === 0) return;
  const inputs = lines.map(({ request }) => request.movement);
  const results = await bank.transferMany(inputs, options);
  for (const [index, { line, request }] of lines.entries()) {
    const result = results[index];
    if (result !== undefined) yield { line, op: request.op, ...result };
  }
}

async function open(
  bank: Bank,
  line: number,
  request: Extract<BatchRequest, { op: 'open' }>,
  { signal, dryRun }: BatchOptions,
): Promise<BatchResult> {
  try {
    const account = await bank.openAccount({ ...request.account, dryRun }, { signal });
    return { line, op: 'open', account };
  } catch (error) {
    if (!(error instanceof BankError)) throw error;
    return { line, op: 'open', error };
  }
}
