import type { Annotations } from '../ledger/request.js';
import type { Options } from './context.js';
import { UsageError } from './exit-codes.js';

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
  if (text === undefined) return undefined;
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`--${name} ${JSON.stringify(text)} is no whole number above zero.`);
}

/** One of a few words. @throws UsageError for anything else */
export function choiceOption<Choice extends string>(
  options: Options,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`--${name} ${JSON.stringify(text)} is not one of: ${choices.join(', ')}.`);
}

/** `--memo --reference --value-date --key`, as the library takes them. */
export function annotationOptions(options: Options): Annotations {
  return {
    memo: textOption(options, 'memo'),
    reference: textOption(options, 'reference'),
    valueDate: textOption(options, 'valueDate'),
    idempotencyKey: textOption(options, 'key'),
  };
}
