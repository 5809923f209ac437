import { OPERATIONS, type Operation, readOperation } from '../bank/operations.js';
import { BankError } from '../ledger/errors.js';

type Fields = Readonly<Record<string, unknown>>;

const ANNOTATIONS = ['memo', 'reference', 'valueDate', 'metadata', 'key'];
const FIELDS: Readonly<Record<Operation['op'], readonly string[]>> = {
  deposit: ['id', 'to', 'amount'],
  withdraw: ['id', 'from', 'amount', 'upTo'],
  transfer: ['from', 'to', 'amount', 'upTo'],
  open: ['firstName', 'lastName', 'id', 'currency', 'overdraftLimit'],
  hold: ['id', 'amount', 'ttlSeconds'],
  capture: ['hold', 'amount', 'to', 'keepRest'],
  release: ['hold'],
  reverse: ['transfer', 'force'],
  freeze: ['id', 'refuse'],
  unfreeze: ['id'],
  close: ['id', 'sweepTo'],
  reopen: ['id'],
  rename: ['id', 'firstName', 'lastName'],
  limit: ['id', 'overdraftLimit', 'transferLimit', 'dayLimit'],
};

/** Fields that are no texts in the library, as a CSV cell tells them. */
const CELLS: Readonly<Record<string, (cell: string) => unknown>> = {
  transfer: numberOf,
  ttlSeconds: numberOf,
  upTo: flagOf,
  keepRest: flagOf,
  force: flagOf,
  metadata: jsonOf,
};

/**
 * Reads one request. Names may be written as in JSON or in CSV (`valueDate`, `value_date`); one that
 * the operation does not know is refused, because a misspelt key would book twice.
 * @throws BankError for what is wrong with the line in itself
 */
export function readBatchRequest(line: unknown): Operation {
  const given = fieldsOf(line);
  const { op, ...fields } = given;
  if (typeof op !== 'string' || !Object.hasOwn(FIELDS, op)) {
    const shown = op === undefined ? 'The line names no "op"' : `The op ${short(op)} is unknown`;
    throw invalidLine(`${shown}; it is one of ${OPERATIONS.join(', ')}.`);
  }
  const known = [...FIELDS[op as Operation['op']], ...ANNOTATIONS];
  const stranger = Object.keys(fields).find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw invalidLine(`${op} has no field ${short(stranger)}; it takes ${known.join(', ')}.`);
  }
  const { key, ...rest } = fields;
  const operation = { op, ...withId(op, rest), idempotencyKey: key } as unknown as Operation;
  readOperation(operation);
  return operation;
}

/** The account of a deposit or withdrawal is `id`, or the side that it is on. */
function withId(op: string, fields: Fields): Fields {
  const { from, to, id, ...rest } = fields;
  if (op === 'deposit') return { ...rest, id: oneOf(id, to, op, 'to') };
  if (op === 'withdraw') return { ...rest, id: oneOf(id, from, op, 'from') };
  return op === 'transfer' ? { from: '', to: '', ...fields } : fields;
}

function oneOf(id: unknown, side: unknown, op: string, name: string): unknown {
  if (id !== undefined && side !== undefined && id !== side) {
    throw invalidLine(`${op} names two accounts, in "id" and in "${name}"; give one.`);
  }
  const account = id ?? side;
  if (account === undefined) throw invalidLine(`${op} names no account; give "id".`);
  // The library's own check tells what is wrong with anything but a text.
  return account;
}

/** The line's fields under their JSON names; what is empty or null counts as not given. */
function fieldsOf(line: unknown): Fields {
  if (typeof line !== 'object' || line === null || Array.isArray(line)) {
    throw invalidLine('The line is no JSON object.');
  }
  const given = Object.entries(line).filter(([, value]) => value !== null && value !== '');
  const names = given.map(([written]) => jsonName(written));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw invalidLine(`The line has the field ${short(twice)} twice.`);
  return Object.fromEntries(
    given.map(([written, value]) => {
      const name = jsonName(written);
      const read = Object.hasOwn(CELLS, name) ? CELLS[name] : undefined;
      return [name, read && typeof value === 'string' ? read(value) : value];
    }),
  );
}

/** What is no number, flag or JSON stays a text, of which the library says what is wrong with it. */
function numberOf(cell: string): unknown {
  return /^[0-9]{1,15}$/.test(cell) ? Number(cell) : cell;
}

function flagOf(cell: string): unknown {
  if (cell === 'true') return true;
  if (cell === 'false') return false;
  throw invalidLine(`${short(cell)} is neither true nor false.`);
}

function jsonOf(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
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
