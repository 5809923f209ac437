import { BankError, type BankErrorCode } from '../ledger/errors.js';

/** What a process of ours ends with. Stable; 0 whenever the money moved. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notFound: 3,
  pin: 4,
  refused: 5,
  busy: 6,
  damaged: 7,
  environment: 8,
  outcomeUnknown: 9,
  interrupted: 130,
  terminated: 143,
} as const;

const EXIT_CODES = {
  INVALID_AMOUNT: EXIT.usage,
  INVALID_ID: EXIT.usage,
  INVALID_TEXT: EXIT.usage,
  INVALID_CURRENCY: EXIT.usage,
  INVALID_TIME: EXIT.usage,
  INVALID_FILE: EXIT.usage,
  ACCOUNT_NOT_FOUND: EXIT.notFound,
  ACCOUNT_EXISTS: EXIT.refused,
  ACCOUNT_FROZEN: EXIT.refused,
  ACCOUNT_CLOSED: EXIT.refused,
  ACCOUNT_NOT_EMPTY: EXIT.refused,
  CURRENCY_MISMATCH: EXIT.refused,
  SAME_ACCOUNT: EXIT.refused,
  INSUFFICIENT_FUNDS: EXIT.refused,
  LIMIT_EXCEEDED: EXIT.refused,
  IDEMPOTENCY_MISMATCH: EXIT.refused,
  HOLD_NOT_FOUND: EXIT.refused,
  HOLD_EXPIRED: EXIT.refused,
  HOLD_CLOSED: EXIT.refused,
  EXCEEDS_HOLD: EXIT.refused,
  TRANSFER_NOT_FOUND: EXIT.notFound,
  ALREADY_REVERSED: EXIT.refused,
  PIN_WRONG: EXIT.pin,
  PIN_LOCKED: EXIT.pin,
  BANK_NOT_FOUND: EXIT.notFound,
  BANK_EXISTS: EXIT.refused,
  BANK_TOO_NEW: EXIT.environment,
  BANK_BUSY: EXIT.busy,
  BANK_DAMAGED: EXIT.damaged,
  BANK_READ_ONLY: EXIT.environment,
  NO_PERMISSION: EXIT.environment,
  DISK_FULL: EXIT.environment,
  IO_ERROR: EXIT.unexpected,
  CLOCK_AHEAD: EXIT.refused,
  OUTCOME_UNKNOWN: EXIT.outcomeUnknown,
  CANCELLED: EXIT.interrupted,
  UNSUPPORTED_FILE_SYSTEM: EXIT.environment,
} satisfies Record<BankErrorCode, number>;

/** The exit code of a refusal; anything else that was thrown is a bug, a usage error apart. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof BankError) return EXIT_CODES[error.code];
  return error instanceof UsageError ? EXIT.usage : EXIT.unexpected;
}

const GENERAL_HINT = 'See `drovebank help`, or the help of the command.';

/** The command line itself makes no sense: a flag, an argument, a missing terminal. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly hint: string;

  constructor(message: string, hint = GENERAL_HINT) {
    super(message);
    this.hint = hint;
  }

  /** The same, with the help of a command as what to do next where nothing better is known. */
  of(command = ''): UsageError {
    if (this.hint !== GENERAL_HINT) return this;
    return new UsageError(this.message, `See \`drovebank help ${command}\`.`);
  }
}
