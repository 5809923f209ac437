import type { MovementInput } from '../bank/api.js';
import { BankError } from '../ledger/errors.js';
import { textOf as written } from '../ledger/money.js';
import type { MoveRequest, OpenAccountInput, OpenRequest } from '../ledger/request.js';
import { readDeposit, readOpen, readWithdraw } from '../ledger/request.js';
import { emptyText, readDay } from '../ledger/text.js';
import { invalidFile, type SourceFile } from './csv-source.js';
import type { Problems } from './problems.js';

const ACCOUNT_COLUMNS = [
  'account',
  'opened',
  'first_name',
  'last_name',
  'currency',
  'overdraft_limit',
] as const;
const TRANSACTION_COLUMNS = ['id', 'date', 'account', 'direction', 'amount'] as const;
const TRANSACTION_COLUMNS_OPTIONAL = ['description', 'other_bank', 'other_account'] as const;

export type ImportKind = 'account' | 'transaction';

/** A row that makes sense in itself, and where it stands. */
export interface ImportRow<Request> {
  readonly file: string;
  readonly line: number;
  /** What the file calls it: the account, or the transaction. */
  readonly id: string;
  readonly request: Request;
}

/** Tells by its header what a file has. @throws BankError INVALID_FILE when it is neither */
export function kindOf(source: SourceFile): ImportKind {
  const { file, columns } = source;
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined) throw invalidFile(file, 1, `the column ${twice} is there twice.`);
  const lacks = (names: readonly string[]) => names.filter((name) => !columns.includes(name));
  const [ofAccounts, ofTransactions] = [lacks(ACCOUNT_COLUMNS), lacks(TRANSACTION_COLUMNS)];
  if (ofTransactions.length === 0) return 'transaction';
  if (ofAccounts.length === 0) return 'account';
  // The kind that fewer columns are missing of is the one that was meant.
  const accounts = ofAccounts.length / ACCOUNT_COLUMNS.length;
  const transactions = ofTransactions.length / TRANSACTION_COLUMNS.length;
  if (accounts === 1 && transactions === 1) {
    const what = `the header has neither the columns of accounts (${ACCOUNT_COLUMNS.join(',')}) nor of transactions (${TRANSACTION_COLUMNS.join(',')}).`;
    throw invalidFile(file, 1, what);
  }
  const [kind, missing] =
    accounts < transactions ? ['accounts', ofAccounts] : ['transactions', ofTransactions];
  const columnsText = `column${missing.length > 1 ? 's' : ''} ${missing.join(', ')}`;
  const them = missing.length > 1 ? 'them' : 'it';
  throw invalidFile(
    file,
    1,
    `a file of ${kind} needs the ${columnsText}; the header lacks ${them}.`,
  );
}

/** Reads cells by their column's name; '' for an optional column that is not there. */
function cellReader<Name extends string>(source: SourceFile, names: readonly Name[]) {
  const positions = new Map(names.map((name) => [name, source.columns.indexOf(name)]));
  return (cells: readonly string[], name: Name) => cells[positions.get(name) ?? -1] ?? '';
}

/** The accounts to open, keyed `import:account:<id>`. */
export function readAccountRows(source: SourceFile, problems: Problems): ImportRow<OpenRequest>[] {
  const { file } = source;
  const cell = cellReader(source, ACCOUNT_COLUMNS);
  return source.rows.flatMap(({ line, cells }) => {
    const request = problems.gather(file, line, () => {
      const id = cell(cells, 'account');
      return readOpen({
        id,
        firstName: cell(cells, 'first_name'),
        lastName: cell(cells, 'last_name'),
        currency: cell(cells, 'currency'),
        overdraftLimit: cell(cells, 'overdraft_limit'),
        valueDate: readDay(cell(cells, 'opened'), 'day of opening'),
        idempotencyKey: `import:account:${id.toLowerCase()}`,
      });
    });
    return request === undefined ? [] : [{ file, line, id: String(request.id), request }];
  });
}

/** The deposits and withdrawals to book, keyed `import:transaction:<id>`. */
export function readTransactionRows(
  source: SourceFile,
  problems: Problems,
): ImportRow<MoveRequest>[] {
  const { file } = source;
  const cell = cellReader(source, [...TRANSACTION_COLUMNS, ...TRANSACTION_COLUMNS_OPTIONAL]);
  return source.rows.flatMap(({ line, cells }) => {
    const request = problems.gather(file, line, () => {
      const id = cell(cells, 'id');
      if (id.trim() === '') throw emptyText('id');
      const read = readerOf(cell(cells, 'direction'));
      const other = [cell(cells, 'other_bank'), cell(cells, 'other_account')];
      return read(cell(cells, 'account'), cell(cells, 'amount'), {
        memo: cell(cells, 'description'),
        reference: other.filter(Boolean).join('/'),
        valueDate: readDay(cell(cells, 'date'), 'date'),
        idempotencyKey: `import:transaction:${id}`,
      });
    });
    return request === undefined ? [] : [{ file, line, id: cell(cells, 'id'), request }];
  });
}

function readerOf(direction: string): typeof readDeposit {
  if (direction === 'in') return readDeposit;
  if (direction === 'out') return readWithdraw;
  const shown = JSON.stringify(direction.slice(0, 40));
  throw new BankError('INVALID_TEXT', `The direction ${shown} is neither "in" nor "out".`);
}

function annotationsOf({ said }: OpenRequest | MoveRequest) {
  const { memo, reference, valueDate, key } = said;
  return { memo, reference, valueDate, idempotencyKey: key };
}

/** The row as the bank takes it. */
export function openInput(request: OpenRequest): OpenAccountInput {
  const { id, firstName, lastName, currency, overdraftLimit } = request;
  const person = { firstName, lastName, currency };
  return { id, ...person, overdraftLimit: written(overdraftLimit), ...annotationsOf(request) };
}

/** The row as the bank takes it. */
export function moveInput(request: MoveRequest): MovementInput {
  const { from, to, amount } = request;
  return { from, to, amount: written(amount), ...annotationsOf(request) };
}
