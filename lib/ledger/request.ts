import { type AccountId, parseChosenId, parseCustomerId } from './account-id.js';
import { BankError } from './errors.js';
import { type AskedAmount, readAmount, textOf } from './money.js';
import { record, type Writable } from './record.js';
import { emptyText, readDay, readName, readText, shown, TEXT_LENGTH_MAX } from './text.js';

/** A request to open an account, checked for all that is wrong in itself. */
export interface OpenRequest {
  readonly kind: 'open';
  /** `undefined`: the bank gives one. */
  readonly id: AccountId | undefined;
  readonly firstName: string;
  readonly lastName: string;
  /** `undefined`: the bank's default. */
  readonly currency: string | undefined;
  readonly overdraftLimit: AskedAmount;
  readonly memo: string;
  readonly reference: string;
  readonly valueDate: string;
  readonly key: string;
  /** Nobody can have used the key before. */
  readonly freshKey: boolean;
}

/** A request to move money, checked for all that is wrong in itself. */
export interface MoveRequest {
  readonly kind: 'deposit' | 'withdraw' | 'transfer';
  /** `undefined` for a deposit: the money comes from outside. */
  readonly from: AccountId | undefined;
  /** `undefined` for a withdrawal: the money goes outside. */
  readonly to: AccountId | undefined;
  readonly amount: AskedAmount;
  readonly memo: string;
  readonly reference: string;
  readonly valueDate: string;
  readonly key: string;
  /** Nobody can have used the key before. */
  readonly freshKey: boolean;
}

export type Request = OpenRequest | MoveRequest;

/** What can be said about every write. */
export interface Annotations {
  /** For people: shown in the passbook, at most 500 characters. */
  readonly memo?: string | undefined;
  /** For the business: an invoice or order number, at most 100 characters. */
  readonly reference?: string | undefined;
  /** The day from which the money counts, `2026-11-20`. Never reorders rows. */
  readonly valueDate?: string | undefined;
  /** The same key and request again give the first receipt; another request is refused. */
  readonly idempotencyKey?: string | undefined;
  /** The key was drawn at random for this very request: nobody looks whether it was used before. */
  readonly freshKey?: boolean | undefined;
}

export interface OpenAccountInput extends Annotations {
  readonly firstName: string;
  readonly lastName: string;
  readonly id?: string | undefined;
  readonly currency?: string | undefined;
  /** How far below zero the account may go; zero unless given. */
  readonly overdraftLimit?: string | bigint | undefined;
}

export interface TransferInput extends Annotations {
  readonly from: string;
  readonly to: string;
  /** Decimal text ("12.50") or minor units (1250n). */
  readonly amount: string | bigint;
}

function readAnnotations(input: Annotations) {
  const { memo, reference, valueDate, idempotencyKey, freshKey } = input;
  return {
    memo: memo === undefined ? '' : readText(memo, 'memo', TEXT_LENGTH_MAX.memo),
    reference:
      reference === undefined ? '' : readText(reference, 'reference', TEXT_LENGTH_MAX.reference),
    valueDate: valueDate === undefined ? '' : readDay(valueDate, 'value date'),
    key: idempotencyKey === undefined ? '' : readKey(idempotencyKey),
    freshKey: freshKey === true,
  };
}

function readKey(input: unknown): string {
  const key = readText(input, 'idempotency key', TEXT_LENGTH_MAX.key);
  if (key === '') throw emptyText('idempotency key');
  return key;
}

/** A sum that moves: more than nothing. */
function readSum(input: unknown): AskedAmount {
  const amount = readAmount(input);
  if (amount.units === 0n) {
    const text = textOf(amount);
    throw new BankError('INVALID_AMOUNT', `amount "${text}" is zero; nothing would move.`, {
      details: { amount: text },
    });
  }
  return amount;
}

/** Reads a currency code; upper case is made. @throws BankError INVALID_CURRENCY */
export function readCurrency(input: unknown): string {
  if (typeof input === 'string' && /^[A-Za-z]{3}$/.test(input)) return input.toUpperCase();
  throw new BankError('INVALID_CURRENCY', `${shown(input, 20)} is no currency code.`);
}

export function readOpen(input: OpenAccountInput): OpenRequest {
  return {
    kind: 'open',
    id: input.id === undefined ? undefined : parseChosenId(input.id),
    firstName: readName(input.firstName, 'first name'),
    lastName: readName(input.lastName, 'last name'),
    currency: input.currency === undefined ? undefined : readCurrency(input.currency),
    overdraftLimit: readAmount(
      input.overdraftLimit === undefined ? 0n : input.overdraftLimit,
      'overdraft limit',
    ),
    ...readAnnotations(input),
  };
}

const Move = record(function (
  this: Writable<MoveRequest>,
  kind: MoveRequest['kind'],
  from: AccountId | undefined,
  to: AccountId | undefined,
  amount: AskedAmount,
  input: Annotations,
) {
  const { memo, reference, valueDate, key, freshKey } = readAnnotations(input);
  this.kind = kind;
  this.from = from;
  this.to = to;
  this.amount = amount;
  this.memo = memo;
  this.reference = reference;
  this.valueDate = valueDate;
  this.key = key;
  this.freshKey = freshKey;
});

export function readDeposit(id: string, amount: unknown, input: Annotations): MoveRequest {
  const to = parseCustomerId(id);
  return new Move('deposit', undefined, to, readSum(amount), input);
}

export function readWithdraw(id: string, amount: unknown, input: Annotations): MoveRequest {
  const from = parseCustomerId(id);
  return new Move('withdraw', from, undefined, readSum(amount), input);
}

export function readTransfer(input: TransferInput): MoveRequest {
  const from = parseCustomerId(input.from);
  const to = parseCustomerId(input.to);
  const amount = readSum(input.amount);
  const request = new Move('transfer', from, to, amount, input);
  if (from === to) {
    throw new BankError('SAME_ACCOUNT', `${from} was named on both sides of the transfer.`, {
      details: { id: from },
    });
  }
  return request;
}
