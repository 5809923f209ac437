/**
 * The closed set of reasons why the bank says no. `docs/errors.md` gives cause and cure of each.
 * Codes are stable; messages are for people and may change.
 */
export type BankErrorCode =
  | 'INVALID_AMOUNT'
  | 'INVALID_ID'
  | 'INVALID_TEXT'
  | 'INVALID_CURRENCY'
  | 'INVALID_TIME'
  | 'INVALID_FILE'
  | 'ACCOUNT_NOT_FOUND'
  | 'ACCOUNT_EXISTS'
  | 'ACCOUNT_FROZEN'
  | 'ACCOUNT_CLOSED'
  | 'ACCOUNT_NOT_EMPTY'
  | 'CURRENCY_MISMATCH'
  | 'SAME_ACCOUNT'
  | 'INSUFFICIENT_FUNDS'
  | 'LIMIT_EXCEEDED'
  | 'IDEMPOTENCY_MISMATCH'
  | 'HOLD_NOT_FOUND'
  | 'HOLD_EXPIRED'
  | 'HOLD_CLOSED'
  | 'EXCEEDS_HOLD'
  | 'TRANSFER_NOT_FOUND'
  | 'ALREADY_REVERSED'
  | 'PIN_WRONG'
  | 'PIN_LOCKED'
  | 'BANK_NOT_FOUND'
  | 'BANK_EXISTS'
  | 'BANK_TOO_NEW'
  | 'BANK_BUSY'
  | 'BANK_DAMAGED'
  | 'BANK_READ_ONLY'
  | 'NO_PERMISSION'
  | 'DISK_FULL'
  | 'IO_ERROR'
  | 'CLOCK_AHEAD'
  | 'OUTCOME_UNKNOWN'
  | 'CANCELLED'
  | 'UNSUPPORTED_FILE_SYSTEM';

/** Whether the money of the request moved: known either way, or not known. */
export type Committed = boolean | 'unknown';

interface CodeFacts {
  /** The same request may succeed later without anything being changed in it. */
  readonly retryable: boolean;
  readonly committed: Committed;
  /** What to do next, where the thrower knows nothing better. */
  readonly hint: string;
}

const rule = (hint: string): CodeFacts => ({ retryable: false, committed: false, hint });
const later = (hint: string): CodeFacts => ({ retryable: true, committed: false, hint });

const FACTS = {
  INVALID_AMOUNT: rule('Give a decimal text such as "12.50".'),
  INVALID_ID: rule('Check the account id, for example in the account list.'),
  INVALID_TEXT: rule('Take out control characters, or shorten the text.'),
  INVALID_CURRENCY: rule('Give an ISO 4217 code such as USD or CZK.'),
  INVALID_TIME: rule('Give a date such as 2026-11-20, or a time such as 2026-11-20T09:00:00Z.'),
  INVALID_FILE: rule('Mend the file and try again; nothing was booked from it.'),
  ACCOUNT_NOT_FOUND: rule('Look for the account in the list, or open it first.'),
  ACCOUNT_EXISTS: rule('Choose another id, or leave it out and let the bank give one.'),
  ACCOUNT_FROZEN: rule('Unfreeze the account first.'),
  ACCOUNT_CLOSED: rule('Reopen the account first.'),
  ACCOUNT_NOT_EMPTY: rule('Settle what the account has, owes or holds first.'),
  CURRENCY_MISMATCH: rule('Move money between accounts of one currency.'),
  SAME_ACCOUNT: rule('Name two different accounts.'),
  INSUFFICIENT_FUNDS: rule('Ask for less, pay something in first, or raise the overdraft limit.'),
  LIMIT_EXCEEDED: rule('Split the amount.'),
  IDEMPOTENCY_MISMATCH: rule('Use a new key for a new request.'),
  HOLD_NOT_FOUND: rule('Check the number of the hold.'),
  HOLD_EXPIRED: rule('Place a new hold.'),
  HOLD_CLOSED: rule('Place a new hold.'),
  EXCEEDS_HOLD: rule('Capture no more than what is left of the hold.'),
  TRANSFER_NOT_FOUND: rule('Take the number from a receipt or a history.'),
  ALREADY_REVERSED: rule('Nothing is left to do: the reversal is booked.'),
  PIN_WRONG: rule('Try again with the right PIN.'),
  PIN_LOCKED: later('Wait until the lock is over.'),
  BANK_NOT_FOUND: rule('Make a bank with `drovebank init`, or name another directory with --dir.'),
  BANK_EXISTS: rule('Open the bank that is there, or choose an empty directory.'),
  BANK_TOO_NEW: rule('Update drovebank.'),
  BANK_BUSY: later('Try again in a moment.'),
  BANK_DAMAGED: rule('Run drovebank-recover; it explains what is wrong and what it can repair.'),
  BANK_READ_ONLY: later('Make the directory writable.'),
  NO_PERMISSION: later('Ask the owner of the file for access.'),
  DISK_FULL: later('Make room on the disk; nothing was changed.'),
  IO_ERROR: later('Look at the disk and the system log.'),
  CLOCK_AHEAD: later('Set the clock; if it is right, say so once: --accept-clock, or acceptClock.'),
  OUTCOME_UNKNOWN: {
    retryable: true,
    committed: 'unknown',
    hint: 'Ask again with the same idempotency key: it settles what happened.',
  },
  CANCELLED: later('Ask again.'),
  UNSUPPORTED_FILE_SYSTEM: rule('Keep the bank on a local disk.'),
} satisfies Record<BankErrorCode, CodeFacts>;

export interface BankErrorOptions {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly hint?: string;
  readonly committed?: Committed;
  readonly cause?: unknown;
}

/** A refusal or damage; never a bug. `message` says both sides, `hint` what to do next. */
export class BankError extends Error {
  override readonly name = 'BankError';
  readonly code: BankErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly hint: string;
  /** Whether the same request, unchanged, may succeed later. */
  readonly retryable: boolean;
  readonly committed: Committed;

  constructor(code: BankErrorCode, message: string, options: BankErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.hint = options.hint ?? FACTS[code].hint;
    this.retryable = FACTS[code].retryable;
    this.committed = options.committed ?? FACTS[code].committed;
  }
}

/** Cancelled by the caller before anything was booked. */
export function cancelledError(signal?: AbortSignal): BankError {
  return new BankError('CANCELLED', 'Cancelled before anything was booked.', {
    cause: signal?.reason,
  });
}

/** @throws BankError CANCELLED when `signal` was aborted */
export function refuseCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelledError(signal);
}

/** All codes, in the order of the union. */
export const BANK_ERROR_CODES = Object.keys(FACTS) as readonly BankErrorCode[];

/** Every error that is not ours is a bug: it says so and stops. */
export function assert(claim: boolean, message: string): asserts claim {
  if (!claim) throw new Error(`drovebank bug: ${message}`);
}
