import { BankError } from './errors.js';
import { shown } from './text.js';

declare const branded: unique symbol;
/** An account id that has been checked: `[a-z0-9][a-z0-9_-]{0,63}`, lower case. */
export type AccountId = string & { readonly [branded]: 'AccountId' };

const GIVEN_PATTERN = /^a[0-9]{5,}$/;

/** The number that the first account given out by a bank is made of: a1001 + its check digit. */
export const FIRST_ACCOUNT_NUMBER = 1001;

/** Check digit by Luhn's rule: every second digit from the right doubled. `1001` → 7. */
export function luhnDigit(payload: string): number {
  let sum = 0;
  for (let index = 0; index < payload.length; index++) {
    const digit = payload.charCodeAt(payload.length - 1 - index) - 48;
    const weighed = index % 2 === 0 ? digit * 2 : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return (10 - (sum % 10)) % 10;
}

/** The id that the bank gives out for its `number`-th account: `1001` → `a10017`. */
export function givenAccountId(number: number): AccountId {
  return `a${number}${luhnDigit(String(number))}` as AccountId;
}

/** The number inside an id that the bank gave out, else `undefined`: `a10017` → 1001. */
export function givenAccountNumber(id: string): number | undefined {
  return GIVEN_PATTERN.test(id) ? Number(id.slice(1, -1)) : undefined;
}

/** The outside, seen from accounts of `currency`: `CZK` → `world-czk`. */
export function worldId(currency: string): AccountId {
  return `world-${currency.toLowerCase()}` as AccountId;
}

/** Number for the next account, if it was `next` and then the account `id` was opened. */
export function nextNumberBehind(next: number, id: string): number {
  return Math.max(next, 1 + (givenAccountNumber(id) ?? 0));
}

/**
 * Whether a text has the form of an id: what has not must never become a path. A loop and no pattern, since it
 * is asked of each id of each request.
 */
export function isAccountId(text: string): text is AccountId {
  const { length } = text;
  if (length === 0 || length > 64) return false;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    const letterOrDigit = (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
    if (!letterOrDigit && (at === 0 || (code !== 45 && code !== 95))) return false;
  }
  return true;
}

export function isWorldId(id: string): boolean {
  return id.startsWith('world');
}

/** A-Z alone: `toLowerCase` would make a plain k of the Kelvin sign. */
function folded(input: string): string {
  return input.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function invalid(input: unknown, why: string, hint?: string): BankError {
  return new BankError('INVALID_ID', `Account id ${shown(input, 80)} ${why}`, {
    details: { id: typeof input === 'string' ? input.slice(0, 80) : shown(input, 80) },
    ...(hint === undefined ? {} : { hint }),
  });
}

/**
 * Reads the id of an account that should exist. Upper case is folded.
 * @throws BankError INVALID_ID for anything that cannot be an id, also for a wrong check digit
 */
export function parseAccountId(input: unknown): AccountId {
  return readId(input);
}

/** `hint` says what to do about one that is none, where looking in the list is no help. */
function readId(input: unknown, hint?: string): AccountId {
  if (typeof input !== 'string') throw invalid(input, 'is not a text.', hint);
  if (isAccountId(input)) return checked(input, input); // Nothing to fold.
  if (input === '') throw invalid(input, 'is empty.', hint);
  if (input.length > 64) {
    throw invalid(input, `has ${input.length} characters; at most 64 are allowed.`, hint);
  }
  const id = folded(input);
  if (!isAccountId(id)) {
    const form =
      'may have letters a-z, digits, "-" and "_" only, and begins with a letter or digit.';
    throw invalid(input, form, hint);
  }
  return checked(id, input);
}

/** An id of the right form; `input` is how it was written. */
function checked(id: AccountId, input: string): AccountId {
  const given = id.charCodeAt(0) === 97 && GIVEN_PATTERN.test(id);
  if (given && luhnDigit(id.slice(1, -1)) !== Number(id.at(-1))) {
    throw invalid(input, 'has a wrong check digit: a digit was mistyped or two were swapped.');
  }
  return id;
}

/**
 * Reads the id of an account that customers may use to move money: not one of the bank's own.
 * @throws BankError INVALID_ID
 */
export function parseCustomerId(input: unknown): AccountId {
  const id = parseAccountId(input);
  if (isWorldId(id)) throw invalid(input, "is the bank's own; deposits and withdrawals use it.");
  return id;
}

/**
 * Reads an id that a user chose for a new account: what the bank itself gives out is reserved.
 * @throws BankError INVALID_ID
 */
export function parseChosenId(input: unknown): AccountId {
  const reserved = 'Leave the id out to be given one, or choose one of another form.';
  if (typeof input === 'string' && GIVEN_PATTERN.test(folded(input))) {
    throw invalid(
      input,
      'is of the form that the bank gives out itself ("a" and digits).',
      reserved,
    );
  }
  const id = readId(input, reserved);
  if (isWorldId(id))
    throw invalid(input, 'is reserved: ids that begin with "world" are the bank\'s own.', reserved);
  return id;
}
