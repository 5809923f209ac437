import type { MovementInput } from '../bank/api.js';
import { BankError } from '../ledger/errors.js';
import {
  type OpenAccountInput,
  readDeposit,
  readOpen,
  readTransfer,
  readWithdraw,
} from '../ledger/request.js';

/** One line of a batch that makes sense in itself. */
export type BatchRequest =
  | { readonly op: 'deposit' | 'withdraw' | 'transfer'; readonly movement: MovementInput }
  | { readonly op: 'open'; readonly account: OpenAccountInput };

type Fields = Readonly<Record<string, unknown>>;

const ANNOTATIONS = ['memo', 'reference', 'valueDate', 'key'];
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  deposit: ['id', 'to', 'amount', ...ANNOTATIONS],
  withdraw: ['id', 'from', 'amount', ...ANNOTATIONS],
  transfer: ['from', 'to', 'amount', ...ANNOTATIONS],
  open: ['firstName', 'lastName', 'id', 'currency', 'overdraftLimit', ...ANNOTATIONS],
};

/**
 * Reads one request. Names may be written as in JSON or in CSV (`valueDate`, `value_date`); one that
 * the operation does not know is refused, because a misspelt key would book twice.
 * @throws BankError for what is wrong with the line in itself
 */
export function readBatchRequest(line: unknown): BatchRequest {
  const given = fieldsOf(line);
  const { op, ...fields } = given;
  const known = typeof op === 'string' && Object.hasOwn(FIELDS, op) ? FIELDS[op] : undefined;
  if (known === undefined) {
    const shown = op === undefined ? 'The line names no "op"' : `The op ${short(op)} is unknown`;
    throw invalidLine(`${shown}; it is deposit, withdraw, transfer or open.`);
  }
  const stranger = Object.keys(fields).find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw invalidLine(`${op} has no field ${short(stranger)}; it takes ${known.join(', ')}.`);
  }
  return op === 'open' ? openRequest(fields) : movementRequest(String(op), fields);
}

function openRequest(fields: Fields): BatchRequest {
  const { key, ...rest } = fields;
  const account = { ...rest, idempotencyKey: key } as unknown as OpenAccountInput;
  readOpen(account);
  return { op: 'open', account };
}

function movementRequest(op: string, fields: Fields): BatchRequest {
  const { key, id, ...rest } = fields;
  const annotated = { ...rest, idempotencyKey: key } as unknown as MovementInput;
  switch (op) {
    case 'deposit': {
      const movement = { ...annotated, to: oneOf(id, rest.to, 'deposit', 'to') };
      readDeposit(movement.to, movement.amount, movement);
      return { op, movement };
    }
    case 'withdraw': {
      const movement = { ...annotated, from: oneOf(id, rest.from, 'withdraw', 'from') };
      readWithdraw(movement.from, movement.amount, movement);
      return { op, movement };
    }
    default: {
      const { from = '', to = '' } = annotated;
      readTransfer({ ...annotated, from, to });
      return { op: 'transfer', movement: annotated };
    }
  }
}

/** The account of a deposit or withdrawal: `id`, or the side that it is on. */
function oneOf(id: unknown, side: unknown, op: string, name: string): string {
  if (id !== undefined && side !== undefined && id !== side) {
    throw invalidLine(`${op} names two accounts, in "id" and in "${name}"; give one.`);
  }
  const account = id ?? side;
  if (account === undefined) throw invalidLine(`${op} names no account; give "id".`);
  // The library's own check tells what is wrong with anything but a text.
  return account as string;
}

/** The line's fields under their JSON names; what is empty or null counts as not given. */
function fieldsOf(line: unknown): Fields {
  if (typeof line !== 'object' || line === null || Array.isArray(line)) {
    throw invalidLine('The line is no JSON object.');
  }
  const given = Object.entries(line).filter(([, value]) => value !== null && value !== '');
  return Object.fromEntries(given.map(([name, value]) => [jsonName(name), value]));
}

/** `value_date` → `valueDate` */
function jsonName(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function short(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

function invalidLine(what: string): BankError {
  return new BankError('INVALID_FILE', what, { hint: 'Mend the line and run it again.' });
}
