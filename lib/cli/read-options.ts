import type { EntryFilterInput } from '../ledger/entry-filter.js';
import type { Annotations } from '../ledger/request.js';
import { readMoment } from '../ledger/text.js';
import type { Options } from './context.js';
import { UsageError } from './exit-codes.js';
import { CHOICES } from './flags.js';

/** The text of an option, `undefined` where it was not given. */
export function textOption(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export function isSet(options: Options, name: string): boolean {
  return options[name] === true;
}

/** A whole number above zero. @throws UsageError for anything else */
export function countOption(options: Options, name: string): number | undefined {
  const text = textOption(options, name);
  return text === undefined ? undefined : readCount(`--${name}`, text);
}

/** A whole number above zero. @throws UsageError for anything else */
export function readCount(what: string, text: string): number {
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`${what} ${JSON.stringify(text)} is no whole number above zero.`);
}

/** A moment, of which the library says whether it is one; a plain number is that of a transfer. */
export function momentOption(options: Options, name: string): string | number | undefined {
  const text = textOption(options, name);
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : text;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A span of time: `90`, `90s`, `15m`, `36h`, `7d`. @throws UsageError for anything else */
export function secondsOption(options: Options, name: string): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const match = /^([1-9][0-9]{0,9})([smhd]?)$/.exec(text);
  if (match) return Number(match[1]) * (UNITS[match[2] || 's'] ?? 1);
  throw new UsageError(
    `--${name} ${JSON.stringify(text)} is no span of time such as 90s, 15m, 36h or 7d.`,
  );
}

/** One of a few words. @throws UsageError for anything else */
export function choiceOption<Name extends keyof typeof CHOICES>(
  options: Options,
  name: Name,
): (typeof CHOICES)[Name][number] | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const choices: readonly (typeof CHOICES)[Name][number][] = CHOICES[name];
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`--${name} ${JSON.stringify(text)} is not one of: ${choices.join(', ')}.`);
}

/** `--from --to`, of which the first must not lie behind the second. @throws UsageError where it does; BankError INVALID_TIME */
export function periodOptions(options: Options): {
  readonly from: string | undefined;
  readonly to: string | undefined;
} {
  const [from, to] = [textOption(options, 'from'), textOption(options, 'to')];
  const begin = from === undefined ? undefined : readMoment(from, 'from');
  const end = to === undefined ? undefined : readMoment(to, 'to');
  if (begin !== undefined && end !== undefined && begin > end) {
    throw new UsageError(
      `--from ${from} lies behind --to ${to}.`,
      'Rows are told from --from on, and before --to: the day behind the last one.',
    );
  }
  return { from, to };
}

/** `--search --reference --type --with --min --max`, as the library takes them and refuses them. */
export function filterOptions(options: Options): EntryFilterInput {
  return {
    search: textOption(options, 'search'),
    reference: textOption(options, 'reference'),
    type: textOption(options, 'type') as EntryFilterInput['type'],
    counterparty: textOption(options, 'with'),
    min: textOption(options, 'min'),
    max: textOption(options, 'max'),
  };
}

/** `--memo --reference --value-date --metadata --key`, as the library takes them. */
export function annotationOptions(options: Options): Annotations {
  return {
    memo: textOption(options, 'memo'),
    reference: textOption(options, 'reference'),
    valueDate: textOption(options, 'valueDate'),
    metadata: metadataOption(options),
    idempotencyKey: textOption(options, 'key'),
  };
}

/** The library says what is wrong with what is JSON, and no object. */
function metadataOption(options: Options): Annotations['metadata'] {
  const text = textOption(options, 'metadata');
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`--metadata ${JSON.stringify(text.slice(0, 60))} is no JSON.`);
  }
}
