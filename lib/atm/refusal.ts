/** A refusal as it is told to a holder, who has no command line at hand. */
import type { BankError, BankErrorCode } from '../ledger/errors.js';

const LESS = 'Ask for less.';
const AT_THE_COUNTER = 'Ask at the counter of the bank.';
const HINTS: Partial<Record<BankErrorCode, string>> = {
  INVALID_ID: 'Check the number.',
  ACCOUNT_NOT_FOUND: 'Check the number.',
  ACCOUNT_FROZEN: AT_THE_COUNTER,
  ACCOUNT_CLOSED: AT_THE_COUNTER,
  CURRENCY_MISMATCH: 'Name an account of your currency.',
  SAME_ACCOUNT: 'Name another account.',
  INSUFFICIENT_FUNDS: LESS,
  LIMIT_EXCEEDED: LESS,
  PIN_LOCKED: 'Come back then.',
};

/** What happened, and what to do next; `now` in milliseconds since 1970. */
export function tellRefusal(error: BankError, now: number): string[] {
  const { code, details } = error;
  if (typeof details.until === 'string') {
    const what = code === 'PIN_LOCKED' ? 'Too many wrong PINs' : 'Wrong PIN';
    return [`${what}: locked for ${spanText(Date.parse(details.until) - now)}.`];
  }
  if (details.set === false) return [error.message, AT_THE_COUNTER];
  const hint = HINTS[code] ?? error.hint;
  return hint === '' ? [error.message] : [error.message, hint];
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** `30 seconds`, `8 minutes`: never less than it takes. */
function spanText(ms: number): string {
  const [unit, name] = ms <= 2 * MINUTE_MS ? [SECOND_MS, 'second'] : [MINUTE_MS, 'minute'];
  const count = Math.max(1, Math.ceil(ms / unit));
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
