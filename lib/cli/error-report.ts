import { BankError } from '../ledger/errors.js';
import type { Flags } from './context.js';
import { UsageError } from './exit-codes.js';
import { directoryFlag } from './flags.js';
import type { Output } from './output.js';

/** What an error says to whoever called, the same in text and in JSON. */
interface ErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
  readonly committed: boolean | 'unknown';
  readonly details: Readonly<Record<string, unknown>>;
}

export function errorFacts(error: unknown): ErrorFacts {
  if (error instanceof BankError) {
    const { code, message, hint, retryable, committed, details } = error;
    return { code, message, hint, retryable, committed, details: exactDetails(details) };
  }
  const message = error instanceof Error ? error.message : String(error);
  const rest = { message, retryable: false, details: {} };
  if (error instanceof UsageError) {
    return { code: 'USAGE', hint: error.hint, committed: false, ...rest };
  }
  const hint = 'This is a bug in drovebank. Look at the account before you try again.';
  return { code: 'UNEXPECTED', hint, committed: 'unknown', ...rest };
}

/** Details as JSON can hold them: a bigint as text. */
function exactDetails(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(details, (_name, value) => (typeof value === 'bigint' ? `${value}` : value)),
  );
}

/** Commands that are named as what to do next, for the bank that was asked for. */
function inDirectory(hint: string, flags: Flags): string {
  const named = directoryFlag(flags);
  return hint
    .replaceAll(/`drovebank (?!help)[^`]*(?=`)/g, (command) => command + named)
    .replaceAll(/\bdrovebank-recover\b(?! --help)/g, (command) => command + named);
}

/** Tells what went wrong: one JSON document, or what and what to do next. */
export function reportError(output: Output, flags: Flags, error: unknown): void {
  const known = errorFacts(error);
  const facts = { ...known, hint: inDirectory(known.hint, flags) };
  if (flags.json) {
    output.errorDocument('error', { ...facts });
    return;
  }
  output.errorLine('error:', `${facts.message} (${facts.code})`);
  if (Array.isArray(facts.details.problems)) {
    for (const problem of facts.details.problems) output.errorLine('      -', String(problem));
  }
  if (facts.hint !== '') output.errorLine(' next:', facts.hint);
  if (facts.code !== 'UNEXPECTED' || !(error instanceof Error) || !process.env.DEBUG) return;
  for (const line of (error.stack ?? '').split('\n')) output.errorLine('stack:', line);
}
