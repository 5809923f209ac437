import { BankError } from './errors.js';
import { TEXT_LENGTH_MAX } from './text.js';

function invalid(why: string, hint: string): BankError {
  return new BankError('INVALID_TEXT', `The metadata ${why}`, {
    details: { field: 'metadata' },
    hint,
  });
}

/**
 * Reads what a program wants to keep with an entry: an object that JSON can hold. Answers its canonical text.
 * Every control character in it stands escaped there; line separators and bidi controls are escaped here, so
 * that none reaches a terminal or breaks a line.
 * @throws BankError INVALID_TEXT
 */
export function readMetadata(input: unknown): string {
  if (!isPlain(input)) throw invalid('is no object.', 'Give an object such as { "order": 7 }.');
  const text = canonical(input);
  if (text.length > TEXT_LENGTH_MAX.metadata) {
    const why = `has ${text.length} characters as JSON; at most ${TEXT_LENGTH_MAX.metadata} are allowed.`;
    throw invalid(why, 'Keep a reference to what is long.');
  }
  return text;
}

/**
 * What a program wants to keep, with something of ours under `name`, which it must not use itself.
 * @throws BankError INVALID_TEXT
 */
export function metadataWith(input: unknown, name: string, own: object): Record<string, unknown> {
  if (input === undefined) return { [name]: own };
  readMetadata(input);
  if (!Object.hasOwn(input as object, name)) return { ...(input as object), [name]: own };
  throw invalid(
    `has a field "${name}", which is the bank's own here.`,
    'Name the field otherwise.',
  );
}

/** Of others JSON would keep nothing. */
function isPlain(input: unknown): input is object {
  if (typeof input !== 'object' || input === null) return false;
  const prototype: unknown = Object.getPrototypeOf(input);
  return prototype === null || prototype === Object.prototype;
}

/** Spelt as who reads it and writes it again spells it: numbers that are names come first, and twice is once. */
function canonical(input: object): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(input);
    text = text && metadataText(JSON.parse(text));
  } catch (cause) {
    const error = invalid("can't be told as JSON.", 'Leave out bigints, cycles and functions.');
    throw Object.assign(error, { cause });
  }
  if (text?.startsWith('{')) return text;
  throw invalid('is no object once it is JSON.', 'Give a plain object.');
}

const UNSEEN = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** A JSON value as the books spell it. */
export function metadataText(value: unknown): string {
  return JSON.stringify(value).replace(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
