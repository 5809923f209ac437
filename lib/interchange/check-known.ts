import type { Bank } from '../bank/api.js';
import { BankError } from '../ledger/errors.js';
import type { MoveRequest, OpenRequest } from '../ledger/request.js';
import { type ImportRow, moveInput, openInput } from './import-rows.js';
import type { Problems } from './problems.js';

/** Rows that are decided at once. */
const ROWS_AT_ONCE = 2_000;

/** Rows that were booked by an earlier run, with the same content. */
export interface KnownCount {
  readonly accounts: number;
  readonly transactions: number;
}

/**
 * Has the bank decide every row without booking it, and looks at nothing but what it says of the id:
 * known with the same content, known with another one (a problem), or new. Whether a balance suffices
 * shows when the rows before are booked.
 */
export async function checkKnown(
  bank: Bank,
  accounts: readonly ImportRow<OpenRequest>[],
  transactions: readonly ImportRow<MoveRequest>[],
  problems: Problems,
  signal: AbortSignal | undefined,
): Promise<KnownCount> {
  const known = { accounts: 0, transactions: 0 };
  if (await isEmpty(bank, signal)) return known;
  for (const rows of portions(accounts)) {
    const decided = await Promise.allSettled(
      rows.map(({ request }) =>
        bank.openAccount({ ...openInput(request), dryRun: true }, { signal }),
      ),
    );
    for (const [index, result] of decided.entries()) {
      if (result.status === 'rejected') noteRefusal(rows[index], result.reason, problems);
      else if (result.value.replayed) known.accounts += 1;
    }
  }
  for (const rows of portions(transactions)) {
    const inputs = rows.map(({ request }) => moveInput(request));
    const decided = await bank.transferMany(inputs, { dryRun: true, receipts: false, signal });
    for (const [index, result] of decided.entries()) {
      if ('error' in result) noteRefusal(rows[index], result.error, problems);
      else if (result.replayed) known.transactions += 1;
    }
  }
  return known;
}

/** Whether nothing was ever booked: the next entry would be the first. */
async function isEmpty(bank: Bank, signal: AbortSignal | undefined): Promise<boolean> {
  const somebody = { firstName: 'First', lastName: 'Entry', dryRun: true };
  return (await bank.openAccount(somebody, { signal })).transfer === 1;
}

function* portions<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let begin = 0; begin < rows.length; begin += ROWS_AT_ONCE) {
    yield rows.slice(begin, begin + ROWS_AT_ONCE);
  }
}

/** A rule's refusal may depend on rows that are not booked yet; that of an id does not. */
function noteRefusal(
  row: ImportRow<unknown> | undefined,
  error: unknown,
  problems: Problems,
): void {
  if (!(error instanceof BankError) || row === undefined) throw error;
  const { file, line, id } = row;
  if (error.code === 'IDEMPOTENCY_MISMATCH') {
    const what = `the id ${id} is booked already with other content, by transfer ${error.details.transfer}.`;
    problems.add(file, line, what, error.code);
  } else if (error.code === 'ACCOUNT_EXISTS') {
    problems.add(file, line, `there is an account ${id} already; no import opened it.`, error.code);
  } else if (error.retryable) throw error;
}
