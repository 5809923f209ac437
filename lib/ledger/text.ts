import { BankError } from './errors.js';

/** Longest texts, in UTF-16 units. Small enough that a row stays readable and a batch bounded. */
export const TEXT_LENGTH_MAX = {
  name: 100,
  memo: 500,
  reference: 100,
  key: 200,
  metadata: 2000,
} as const;

// Control characters (C0, DEL, C1), line and paragraph separators, and everything that turns the
// direction of text around: none may reach a terminal, a spreadsheet or a passbook.
const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;
const FORBIDDEN_ALL = new RegExp(FORBIDDEN, 'g');
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}]/u;

/**
 * What a caller gave, fit for a message: short, in quotes, and without a character that could play
 * tricks on a terminal. `shown('a\u009b')` → `"a\\u009b"`.
 */
export function shown(input: unknown, lengthMax = 60): string {
  if (typeof input === 'bigint') return `${input}n`.slice(0, lengthMax);
  if (typeof input === 'function') return 'a function';
  if (typeof input === 'object' && input !== null) return 'an object';
  if (typeof input !== 'string') return String(input).slice(0, lengthMax);
  const text = input.length > lengthMax ? `${input.slice(0, lengthMax)}…` : input;
  return JSON.stringify(text).replace(FORBIDDEN_ALL, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function invalid(what: string, why: string, hint: string): BankError {
  return new BankError('INVALID_TEXT', `The ${what} ${why}`, { details: { field: what }, hint });
}

const TAKE_OUT = 'Take the character out.';

/** A text that must say something says nothing. */
export function emptyText(what: string): BankError {
  return invalid(what, 'is empty.', 'Give a text, or leave it out where it need not be.');
}

/**
 * Reads a text at the door: of bounded length, well-formed, without control or bidi characters.
 * @throws BankError INVALID_TEXT
 */
export function readText(input: unknown, what: string, lengthMax: number): string {
  if (typeof input !== 'string') throw invalid(what, 'is not a text.', 'Give a text.');
  if (input.length > lengthMax) {
    const why = `has ${input.length} characters; at most ${lengthMax} are allowed.`;
    throw invalid(what, why, 'Shorten it.');
  }
  const found = FORBIDDEN.exec(input);
  if (found) {
    const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    const why = `has the control character U+${code} at position ${found.index + 1}.`;
    throw invalid(what, why, TAKE_OUT);
  }
  if (!input.isWellFormed()) {
    throw invalid(what, 'has half a character (a lone surrogate).', TAKE_OUT);
  }
  return input;
}

/** A text that must say something: not empty, not only blanks or characters that nobody sees. */
export function readName(input: unknown, what: string): string {
  const name = readText(input, what, TEXT_LENGTH_MAX.name);
  if (!VISIBLE.test(name)) throw emptyText(what);
  return name;
}

/** Reads a calendar day such as `2026-11-20`. @throws BankError INVALID_TIME */
export function readDay(input: unknown, what: string): string {
  if (typeof input === 'string' && /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(input)) {
    // Date takes 30 February for 2 March, and has none (NaN) for the 13th month.
    const date = new Date(`${input}T00:00:00Z`);
    if (date.getUTCDate() === Number(input.slice(8))) return input;
  }
  throw new BankError('INVALID_TIME', `The ${what} ${shown(input)} is no day such as 2026-11-20.`, {
    details: { field: what },
  });
}

/**
 * Reads a moment: a `Date`, `2026-11-20` (its first instant, UTC) or an ISO time with its zone.
 * Returns milliseconds since 1970 UTC. @throws BankError INVALID_TIME
 */
export function readMoment(input: unknown, what: string): number {
  if (input instanceof Date && !Number.isNaN(input.getTime())) return input.getTime();
  if (typeof input === 'string') {
    if (/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(input)) return Date.parse(readDay(input, what));
    const zoned = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T[0-9:.]{5,12}(Z|[+-][0-9]{2}:[0-9]{2})$/.exec(
      input,
    );
    // Date.parse takes 30 February for 2 March: the day is looked at alone.
    if (zoned) readDay(zoned[1], what);
    const time = zoned ? Date.parse(input) : Number.NaN;
    if (!Number.isNaN(time)) return time;
  }
  throw new BankError(
    'INVALID_TIME',
    `The ${what} ${shown(input)} is neither a day (2026-11-20) nor a time with its zone (2026-11-20T09:00:00Z).`,
    { details: { field: what } },
  );
}

export function isPin(text: string): boolean {
  return /^[0-9]{4}$/.test(text);
}

/** Reads a PIN: four digits, which no message quotes. @throws BankError INVALID_TEXT */
export function readPin(input: unknown): string {
  if (typeof input === 'string' && isPin(input)) return input;
  throw invalid('PIN', 'is not four digits.', 'Give four digits, as a text.');
}
