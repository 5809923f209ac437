import { type AccountId, parseChosenId, parseCustomerId } from './account-id.js';
import type { Frozen } from './entry.js';
import { BankError } from './errors.js';
import { HOLD_SECONDS_MAX, type HoldId, parseHoldId } from './hold.js';
import { readMetadata } from './metadata.js';
import { type AskedAmount, isZero, readAmount, textOf } from './money.js';
import { record, type Writable } from './record.js';
import { emptyText, readDay, readName, readText, shown, TEXT_LENGTH_MAX } from './text.js';

/** What can be said besides, checked for all that is wrong in itself. Texts that were not given are ''. */
export interface Annotated {
  readonly memo: string;
  readonly reference: string;
  readonly valueDate: string;
  /** A JSON object as `JSON.stringify` spells it. */
  readonly meta: string;
  readonly key: string;
  /** Nobody can have used the key before. */
  readonly freshKey: boolean;
}

/** Most requests say nothing besides: one object for all of them. */
export const NOTHING_SAID: Annotated = Object.freeze({
  memo: '',
  reference: '',
  valueDate: '',
  meta: '',
  key: '',
  freshKey: false,
});

/** What every request has. */
interface Said {
  readonly said: Annotated;
}

/** A request to open an account. */
export interface OpenRequest extends Said {
  readonly kind: 'open';
  /** `undefined`: the bank gives one. */
  readonly id: AccountId | undefined;
  readonly firstName: string;
  readonly lastName: string;
  /** `undefined`: the bank's default. */
  readonly currency: string | undefined;
  readonly overdraftLimit: AskedAmount;
}

/** A request to move money. */
export interface MoveRequest extends Said {
  readonly kind: 'deposit' | 'withdraw' | 'transfer';
  /** `undefined` for a deposit: the money comes from outside. */
  readonly from: AccountId | undefined;
  /** `undefined` for a withdrawal: the money goes outside. */
  readonly to: AccountId | undefined;
  readonly amount: AskedAmount;
  /** Where less is available, that much is moved. */
  readonly upTo: boolean;
}

/** A request to set money aside. */
export interface HoldRequest extends Said {
  readonly kind: 'hold';
  readonly account: AccountId;
  readonly amount: AskedAmount;
  /** How long it lives; `undefined`: until it is used or released. */
  readonly ttlSeconds: number | undefined;
}

/** A request to move money that was set aside. */
export interface CaptureRequest extends Said {
  readonly kind: 'capture';
  readonly hold: HoldId;
  /** `undefined`: the money goes outside. */
  readonly to: AccountId | undefined;
  /** `undefined`: all that is left. */
  readonly amount: AskedAmount | undefined;
  /** What is left stays held; else it is released. */
  readonly keepRest: boolean;
}

/** A request to give back what was set aside. */
export interface ReleaseRequest extends Said {
  readonly kind: 'release';
  readonly hold: HoldId;
}

/** A request to take a movement back by one in the other direction. */
export interface ReverseRequest extends Said {
  readonly kind: 'reverse';
  /** Number of the entry to be taken back. */
  readonly transfer: number;
  /** Also where the giver has not enough. */
  readonly force: boolean;
}

/** A standing order is given, or ended: an entry that says so, and changes nothing of the account. */
export type OrderKind = 'order' | 'end-order';

/** A request to change what an account may do, or what it is called. */
export interface ChangeRequest extends Said {
  readonly kind: 'freeze' | 'unfreeze' | 'close' | 'reopen' | 'rename' | 'limit' | OrderKind;
  readonly account: AccountId;
  /** `freeze`: what is refused from now on. */
  readonly frozen: Frozen;
  /** `close`: who gets what is left; `undefined`: nothing may be left. */
  readonly sweepTo: AccountId | undefined;
  /** `rename`: a name that is not given stays. */
  readonly firstName: string | undefined;
  readonly lastName: string | undefined;
  /** `limit`: one that is not given stays. */
  readonly overdraftLimit: AskedAmount | undefined;
  /** At once, and in one day; `none`: any amount. */
  readonly transferLimit: AskedAmount | 'none' | undefined;
  readonly dayLimit: AskedAmount | 'none' | undefined;
}

export type Request =
  | OpenRequest
  | MoveRequest
  | HoldRequest
  | CaptureRequest
  | ReleaseRequest
  | ReverseRequest
  | ChangeRequest;

const NO_KEYS: readonly string[] = [];

/** The keys that somebody may have used before: one, or none. */
export function usedKeys({ said: { key, freshKey } }: Request): readonly string[] {
  return key === '' || freshKey ? NO_KEYS : [key];
}

/** The same request, asked with a key of the bank's own. */
export function withKey<T extends Request>(request: T, key: string): T {
  return { ...request, said: { ...request.said, key } };
}

/** What can be said about every write. */
export interface Annotations {
  /** For people: shown in the passbook, at most 500 characters. */
  readonly memo?: string | undefined;
  /** For the business: an invoice or order number, at most 100 characters. */
  readonly reference?: string | undefined;
  /** The day from which the money counts, `2026-11-20`. Never reorders rows. */
  readonly valueDate?: string | undefined;
  /** For programs: a small object that is kept with the entry, at most 2,000 characters as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
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
  /** Moves what is available, where that is less than the amount. */
  readonly upTo?: boolean | undefined;
}

export interface HoldInput extends Annotations {
  /** How many seconds the hold lives; until it is used or released, if absent. */
  readonly ttlSeconds?: number | undefined;
}

export interface CaptureInput extends Annotations {
  /** How much of the hold; all that is left of it, if absent. */
  readonly amount?: string | bigint | undefined;
  /** Who gets it; the outside, if absent. */
  readonly to?: string | undefined;
  /** What is left stays held for another capture; else it is released. */
  readonly keepRest?: boolean | undefined;
}

export interface ReverseInput extends Annotations {
  /** Also where the account that gives back has not enough: it goes into the red. */
  readonly force?: boolean | undefined;
}

export interface FreezeInput extends Annotations {
  /** What is refused: to give (the default), or to receive as well. */
  readonly refuse?: Frozen | undefined;
}

export interface CloseInput extends Annotations {
  /** The account that gets what is left; without one, nothing may be left. */
  readonly sweepTo?: string | undefined;
}

export interface RenameInput extends Annotations {
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
}

/** What is absent stays as it is. */
export interface LimitInput extends Annotations {
  /** How far below zero the account may go. */
  readonly overdraftLimit?: string | bigint | undefined;
  /** How much may leave it at once; `none`: any amount. */
  readonly transferLimit?: string | bigint | undefined;
  /** How much may leave it in one day (UTC); `none`: any amount. */
  readonly dayLimit?: string | bigint | undefined;
}

function readAnnotations(input: Annotations): Annotated {
  const { memo, reference, valueDate, metadata, idempotencyKey, freshKey } = given(input);
  const nothing =
    memo === undefined &&
    reference === undefined &&
    valueDate === undefined &&
    metadata === undefined &&
    idempotencyKey === undefined &&
    freshKey === undefined;
  if (nothing) return NOTHING_SAID;
  return {
    memo: memo === undefined ? '' : readText(memo, 'memo', TEXT_LENGTH_MAX.memo),
    reference:
      reference === undefined ? '' : readText(reference, 'reference', TEXT_LENGTH_MAX.reference),
    valueDate: valueDate === undefined ? '' : readDay(valueDate, 'value date'),
    meta: metadata === undefined ? '' : readMetadata(metadata),
    key: idempotencyKey === undefined ? '' : readKey(idempotencyKey),
    freshKey: readFlag(freshKey, 'freshKey'),
  };
}

/** What keys of standing orders, and of what they book, begin with. */
export const ORDER_KEYS = 'standing-order/';

/** Reads a key; `room` characters are to be put behind it. @throws BankError INVALID_TEXT */
export function readKey(input: unknown, room = 0): string {
  const key = readText(input, 'idempotency key', TEXT_LENGTH_MAX.key - room);
  if (key === '') throw emptyText('idempotency key');
  if (!key.startsWith(ORDER_KEYS)) return key;
  throw new BankError('INVALID_TEXT', `Keys that begin with "${ORDER_KEYS}" are the bank's own.`, {
    details: { field: 'idempotencyKey' },
    hint: 'Choose another key.',
  });
}

/** A sum that moves: more than nothing. */
function readSum(input: unknown): AskedAmount {
  const amount = readAmount(input);
  if (isZero(amount)) {
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
  given(input);
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
    said: readAnnotations(input),
  };
}

const Move = record(function (
  this: Writable<MoveRequest>,
  kind: MoveRequest['kind'],
  from: AccountId | undefined,
  to: AccountId | undefined,
  amount: AskedAmount,
  upTo: boolean,
  input: Annotations,
) {
  this.kind = kind;
  this.from = from;
  this.to = to;
  this.amount = amount;
  this.upTo = upTo;
  this.said = readAnnotations(input);
});

export function readDeposit(id: string, amount: unknown, input: Annotations): MoveRequest {
  const to = parseCustomerId(id);
  return new Move('deposit', undefined, to, readSum(amount), false, input);
}

export function readWithdraw(
  id: string,
  amount: unknown,
  input: Annotations & Pick<TransferInput, 'upTo'>,
): MoveRequest {
  const from = parseCustomerId(id);
  return new Move(
    'withdraw',
    from,
    undefined,
    readSum(amount),
    readFlag(given(input).upTo, 'upTo'),
    input,
  );
}

export function readTransfer(input: TransferInput): MoveRequest {
  given(input);
  const from = parseCustomerId(input.from);
  const to = parseCustomerId(input.to);
  const amount = readSum(input.amount);
  const request = new Move('transfer', from, to, amount, readFlag(input.upTo, 'upTo'), input);
  if (from === to) {
    throw new BankError('SAME_ACCOUNT', `${from} was named on both sides of the transfer.`, {
      details: { id: from },
    });
  }
  return request;
}

/** Yes or no. Nothing else is taken for one of them: money depends on it. @throws BankError INVALID_TEXT */
export function readFlag(input: unknown, what: string): boolean {
  if (input === undefined || typeof input === 'boolean') return input === true;
  throw new BankError('INVALID_TEXT', `${what} is ${shown(input)}, neither true nor false.`, {
    details: { field: what },
    hint: 'Give true or false, or leave it out.',
  });
}

/** What a request is made of. @throws BankError INVALID_TEXT where that is no object */
export function given<T>(input: T): T {
  if (typeof input === 'object' && input !== null) return input;
  throw new BankError('INVALID_TEXT', `The request is ${shown(input)}, and no object.`, {
    hint: 'Give an object with what is asked for.',
  });
}

export function readHold(id: string, amount: unknown, input: HoldInput): HoldRequest {
  given(input);
  return {
    kind: 'hold',
    account: parseCustomerId(id),
    amount: readSum(amount),
    ttlSeconds: input.ttlSeconds === undefined ? undefined : readSeconds(input.ttlSeconds),
    said: readAnnotations(input),
  };
}

function readSeconds(input: unknown): number {
  if (typeof input === 'number' && Number.isInteger(input) && input > 0) {
    if (input <= HOLD_SECONDS_MAX) return input;
  }
  throw new BankError(
    'INVALID_TIME',
    `A hold can't live for ${shown(input, 40)} seconds; give a whole number from 1 to ${HOLD_SECONDS_MAX}.`,
    {
      details: { ttlSeconds: shown(input, 40) },
      hint: 'Give fewer seconds, or none: it then lives until it is used or released.',
    },
  );
}

export function readCapture(hold: string, input: CaptureInput): CaptureRequest {
  given(input);
  return {
    kind: 'capture',
    hold: parseHoldId(hold),
    to: input.to === undefined ? undefined : parseCustomerId(input.to),
    amount: input.amount === undefined ? undefined : readSum(input.amount),
    keepRest: readFlag(input.keepRest, 'keepRest'),
    said: readAnnotations(input),
  };
}

export function readRelease(hold: string, input: Annotations): ReleaseRequest {
  return { kind: 'release', hold: parseHoldId(hold), said: readAnnotations(input) };
}

export function readReverse(transfer: unknown, input: ReverseInput): ReverseRequest {
  given(input);
  if (typeof transfer !== 'number' || !Number.isSafeInteger(transfer) || transfer < 1) {
    throw new BankError(
      'INVALID_ID',
      `${shown(transfer, 40)} is no number of a transfer: a whole number from 1 on.`,
      { details: { transfer: shown(transfer, 40) }, hint: 'Take the number from its receipt.' },
    );
  }
  return {
    kind: 'reverse',
    transfer,
    force: readFlag(input.force, 'force'),
    said: readAnnotations(input),
  };
}

const NO_CHANGE = {
  frozen: 'debits',
  sweepTo: undefined,
  firstName: undefined,
  lastName: undefined,
  overdraftLimit: undefined,
  transferLimit: undefined,
  dayLimit: undefined,
} as const;

export function readFreeze(id: string, input: FreezeInput): ChangeRequest {
  given(input);
  const frozen = input.refuse ?? 'debits';
  if (frozen !== 'debits' && frozen !== 'all') {
    throw new BankError(
      'INVALID_TEXT',
      `A frozen account refuses "debits" or "all", not ${shown(frozen)}.`,
      {
        details: { field: 'refuse' },
      },
    );
  }
  return change('freeze', id, input, { frozen });
}

export function readUnfreeze(id: string, input: Annotations): ChangeRequest {
  return change('unfreeze', id, input, {});
}

export function readClose(id: string, input: CloseInput): ChangeRequest {
  given(input);
  const sweepTo = input.sweepTo === undefined ? undefined : parseCustomerId(input.sweepTo);
  const request = change('close', id, input, { sweepTo });
  if (sweepTo !== request.account) return request;
  throw new BankError('SAME_ACCOUNT', `${sweepTo} can't get what is left of itself.`, {
    details: { id: sweepTo },
  });
}

export function readReopen(id: string, input: Annotations): ChangeRequest {
  return change('reopen', id, input, {});
}

export function readOrder(kind: OrderKind, id: string, input: Annotations): ChangeRequest {
  return change(kind, id, input, {});
}

export function readRename(id: string, input: RenameInput): ChangeRequest {
  given(input);
  const name = (text: unknown, what: string) =>
    text === undefined ? undefined : readName(text, what);
  const firstName = name(input.firstName, 'first name');
  const lastName = name(input.lastName, 'last name');
  if (firstName === undefined && lastName === undefined) throw emptyText('new name');
  return change('rename', id, input, { firstName, lastName });
}

export function readLimit(id: string, input: LimitInput): ChangeRequest {
  given(input);
  const { overdraftLimit, transferLimit, dayLimit } = input;
  const limit = (given: string | bigint | undefined, what: string) =>
    given === undefined || given === 'none'
      ? (given as 'none' | undefined)
      : readAmount(given, what);
  const limits = {
    overdraftLimit:
      overdraftLimit === undefined ? undefined : readAmount(overdraftLimit, 'overdraft limit'),
    transferLimit: limit(transferLimit, 'transfer limit'),
    dayLimit: limit(dayLimit, 'day limit'),
  };
  if (Object.values(limits).every((value) => value === undefined)) {
    throw new BankError('INVALID_AMOUNT', 'No limit was given; nothing would change.', {
      hint: 'Give an overdraft, transfer or day limit.',
    });
  }
  return change('limit', id, input, limits);
}

function change(
  kind: ChangeRequest['kind'],
  id: string,
  input: Annotations,
  what: Partial<Omit<ChangeRequest, keyof Said | 'kind' | 'account'>>,
): ChangeRequest {
  return {
    kind,
    account: parseCustomerId(id),
    ...NO_CHANGE,
    ...what,
    said: readAnnotations(input),
  };
}
