import type { Bank } from '../bank/api.js';
import { currencyDigits } from '../ledger/currencies.js';
import { BankError } from '../ledger/errors.js';
import { scaleAmount } from '../ledger/money.js';
import type { MoveRequest, OpenRequest } from '../ledger/request.js';
import { checkKnown, type KnownCount } from './check-known.js';
import { readCsv } from './csv-source.js';
import { type ImportRow, kindOf, readAccountRows, readTransactionRows } from './import-rows.js';
import { createProblems, type Problems } from './problems.js';

/** A file that a user handed in. */
export interface ImportFile {
  /** Its name as the user knows it, for messages. */
  readonly file: string;
  readonly bytes: Buffer;
}

/** All rows of all files, checked: what is left to refuse depends on balances alone. */
export interface ImportPlan {
  readonly accounts: readonly ImportRow<OpenRequest>[];
  readonly transactions: readonly ImportRow<MoveRequest>[];
  readonly known: KnownCount;
}

/** Accounts that are asked for at once. */
const LOOKUPS_AT_ONCE = 500;

/**
 * Checks the files whole, before anything is booked from any of them.
 * @throws BankError INVALID_FILE with everything that was found; IDEMPOTENCY_MISMATCH or ACCOUNT_EXISTS
 *   where the files are in order, and the bank knows an id with other content
 */
export async function checkImport(
  bank: Bank,
  files: readonly ImportFile[],
  signal: AbortSignal | undefined,
): Promise<ImportPlan> {
  const sources = files.map(({ file, bytes }) => readCsv(file, bytes));
  const kinds = sources.map(kindOf);
  const problems = createProblems();
  const accounts = sources
    .filter((_, index) => kinds[index] === 'account')
    .flatMap((source) => readAccountRows(source, problems));
  const transactions = sources
    .filter((_, index) => kinds[index] === 'transaction')
    .flatMap((source) => readTransactionRows(source, problems));
  refuseRepeated(accounts, problems);
  refuseRepeated(transactions, problems);
  checkLimits(accounts, problems);
  await checkAmounts(bank, { accounts, transactions }, problems, signal);
  problems.refuse();
  const known = await checkKnown(bank, accounts, transactions, problems, signal);
  problems.refuse();
  return { accounts, transactions, known };
}

function refuseRepeated(rows: readonly ImportRow<unknown>[], problems: Problems): void {
  const seen = new Map<string, ImportRow<unknown>>();
  for (const row of rows) {
    const { id } = row;
    const first = seen.get(id);
    if (first === undefined) seen.set(id, row);
    else {
      const where = `${first.file}:${first.line}`;
      problems.add(row.file, row.line, `the id ${id} is there twice; first in ${where}.`);
    }
  }
}

function checkLimits(rows: readonly ImportRow<OpenRequest>[], problems: Problems): void {
  for (const { file, line, request } of rows) {
    const { currency = '', overdraftLimit } = request;
    problems.gather(file, line, () => scaleAmount(overdraftLimit, currency, digitsOf(currency)));
  }
}

function digitsOf(currency: string): number {
  const digits = currencyDigits().get(currency);
  if (digits !== undefined) return digits;
  throw new BankError('INVALID_CURRENCY', `${currency} is no active ISO 4217 currency.`);
}

/** Every transaction's account is in the files or in the bank, and its currency has such decimals. */
async function checkAmounts(
  bank: Bank,
  { accounts, transactions }: Omit<ImportPlan, 'known'>,
  problems: Problems,
  signal: AbortSignal | undefined,
): Promise<void> {
  const idOf = ({ from, to }: MoveRequest) => String(from ?? to);
  const currencies = new Map<string, string | undefined>(
    accounts.map(({ request }) => [String(request.id), request.currency]),
  );
  const others = new Set(transactions.map(({ request }) => idOf(request)));
  const unknown = [...others].filter((id) => !currencies.has(id));
  for (let begin = 0; begin < unknown.length; begin += LOOKUPS_AT_ONCE) {
    const ids = unknown.slice(begin, begin + LOOKUPS_AT_ONCE);
    const found = await Promise.all(ids.map((id) => currencyInBank(bank, id, signal)));
    for (const [index, id] of ids.entries()) currencies.set(id, found[index]);
  }
  for (const { file, line, request } of transactions) {
    const currency = currencies.get(idOf(request));
    if (currency === undefined) {
      const what = `there is no account ${idOf(request)}, neither in the bank nor in the files.`;
      problems.add(file, line, what);
    } else {
      problems.gather(file, line, () => scaleAmount(request.amount, currency, digitsOf(currency)));
    }
  }
}

async function currencyInBank(
  bank: Bank,
  id: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    return (await bank.account(id, { signal })).currency;
  } catch (error) {
    if (error instanceof BankError && error.code === 'ACCOUNT_NOT_FOUND') return undefined;
    throw error;
  }
}
