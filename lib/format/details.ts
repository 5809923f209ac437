/**
 * The `details` cell of both books: a small JSON object, in one spelling. What users give lies only under
 * `meta`. In a journal: what an entry says besides. In a passbook: the same, and on the first row of a page
 * what must be known of the account without its earlier pages.
 */
import { NO_TERMS, type Terms } from '../ledger/account.js';
import type { EntryDetails, Frozen } from '../ledger/entry.js';
import { type Hold, type HoldChange, isHoldId } from '../ledger/hold.js';
import { metadataText } from '../ledger/metadata.js';
import { formatMinor, parseMinor } from '../ledger/money.js';
import { isTime } from './csv.js';
import { FormatDamage, undamaged } from './damage.js';

/** What the first row of a page says of the account, as it stands behind that row. */
export interface PageOpening {
  /** Last check of the page before; absent on the first page. */
  readonly prev: string | undefined;
  readonly terms: Terms;
}

type Pairs = [name: string, json: string][];

const quoted = (minor: bigint, digits: number) => `"${formatMinor(minor, digits)}"`;

const objectOf = (pairs: Pairs) =>
  `{${pairs.map(([name, json]) => `"${name}":${json}`).join(',')}}`;

/** The details of an entry of a currency with `digits` decimals; '' if there are none. */
export function encodeDetails(details: EntryDetails | undefined, digits: number): string {
  return details === undefined ? '' : objectOf(entryPairs(details, digits));
}

/**
 * The details of a page's first row: those of its entry, as the journal spells them, and what the page must
 * know.
 */
export function encodeOpening(entryDetails: string, opening: PageOpening, digits: number): string {
  const own = entryDetails === '' ? '' : entryDetails.slice(1, -1);
  const more = objectOf(openingPairs(opening, digits)).slice(1, -1);
  return `{${own}${own !== '' && more !== '' ? ',' : ''}${more}}`;
}

function entryPairs(details: EntryDetails, digits: number): Pairs {
  const { meta, upTo, asked, hold, reverses, freeze, limit } = details;
  const pairs: Pairs = [];
  if (meta !== undefined) pairs.push(['meta', meta]);
  if (upTo !== undefined) pairs.push(['up_to', quoted(upTo, digits)]);
  if (asked !== undefined) pairs.push(['asked', JSON.stringify(asked)]);
  if (hold !== undefined) pairs.push(['hold', objectOf(holdPairs(hold, digits))]);
  if (reverses !== undefined) pairs.push(['reverses', String(reverses)]);
  if (freeze !== undefined) pairs.push(['freeze', `"${freeze}"`]);
  if (limit !== undefined) {
    const of = (minor: bigint | undefined) =>
      minor === undefined ? 'null' : quoted(minor, digits);
    pairs.push(['limit', `{"transfer":${of(limit.transfer)},"day":${of(limit.day)}}`]);
  }
  return pairs;
}

function holdPairs({ id, left, expires, released, expired }: HoldChange, digits: number): Pairs {
  const pairs: Pairs = [
    ['id', `"${id}"`],
    ['left', quoted(left, digits)],
  ];
  if (expires !== undefined) pairs.push(['expires', `"${expires}"`]);
  if (released !== undefined) pairs.push(['released', quoted(released, digits)]);
  if (expired) pairs.push(['expired', 'true']);
  return pairs;
}

function openingPairs({ prev, terms }: PageOpening, digits: number): Pairs {
  const pairs: Pairs = prev === undefined ? [] : [['prev', `"${prev}"`]];
  if (terms === NO_TERMS) return pairs;
  const { holds, frozen, transferLimit, dayLimit, day, spent } = terms;
  if (holds.length > 0) {
    const all = holds.map((hold) => objectOf(holdPairs(hold, digits)));
    pairs.push(['holds', `[${all.join(',')}]`]);
  }
  if (frozen !== 'debits') pairs.push(['frozen', `"${frozen}"`]);
  const limits: Pairs = [];
  if (transferLimit !== undefined) limits.push(['transfer', quoted(transferLimit, digits)]);
  if (dayLimit !== undefined) limits.push(['day', quoted(dayLimit, digits)]);
  if (day !== '') limits.push(['on', `"${day}"`], ['spent', quoted(spent, digits)]);
  if (limits.length > 0) pairs.push(['limits', objectOf(limits)]);
  return pairs;
}

/** Whether a row says nothing that only the first one of a page says. */
export function isNoOpening({ prev, terms }: PageOpening): boolean {
  return prev === undefined && terms === NO_TERMS;
}

/** What a `details` cell says; the opening's part is empty but on a page's first row. */
export interface Details {
  readonly entry: EntryDetails | undefined;
  readonly opening: PageOpening;
}

export const NO_OPENING: PageOpening = { prev: undefined, terms: NO_TERMS };
const NOTHING: Details = { entry: undefined, opening: NO_OPENING };

/**
 * Reads the `details` cell of `row`, as messages call it. @throws FormatDamage for what is not spelt as the bank
 * does
 */
export function decodeDetails(text: string, digits: number, row: string): Details {
  if (text === '') return NOTHING;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FormatDamage(`${row} has details that are no JSON`, { cause });
  }
  const reader = new Reader(json, digits, row);
  const entry = reader.entry();
  const opening = reader.opening();
  const spelt = encodeOpening(encodeDetails(entry, digits), opening, digits);
  undamaged(spelt === text, () => `${row} has odd details`);
  return { entry, opening };
}

/** Reads the `details` cell of a journal line. @throws FormatDamage */
export function decodeEntryDetails(
  text: string,
  digits: number,
  row: string,
): EntryDetails | undefined {
  if (text === '') return undefined;
  const { entry, opening } = decodeDetails(text, digits, row);
  undamaged(entry !== undefined && isNoOpening(opening), () => `${row} has odd details`);
  return entry;
}

/** Takes JSON apart; whatever it does not understand is left out, and shows when it is spelt again. */
class Reader {
  readonly #json: Readonly<Record<string, unknown>>;
  readonly #digits: number;
  readonly #row: string;

  constructor(json: unknown, digits: number, row: string) {
    undamaged(typeof json === 'object' && json !== null, () => `${row} has odd details`);
    this.#row = row;
    this.#json = json as Readonly<Record<string, unknown>>;
    this.#digits = digits;
  }

  entry(): EntryDetails | undefined {
    const { meta, up_to: upTo, asked, hold, reverses, freeze, limit } = this.#json;
    const limits = limit === undefined ? undefined : this.#within(limit);
    const details: { -readonly [Key in keyof EntryDetails]: EntryDetails[Key] } = {};
    if (meta !== undefined) details.meta = metadataText(meta);
    if (upTo !== undefined) details.upTo = this.#minor(upTo);
    if (asked !== undefined) details.asked = String(asked);
    if (hold !== undefined) details.hold = this.#within(hold).#hold();
    if (reverses !== undefined) details.reverses = Number(reverses);
    if (freeze !== undefined) details.freeze = this.#frozen(freeze);
    if (limits) {
      const of = (value: unknown) => (value === null ? undefined : this.#minor(value));
      details.limit = { transfer: of(limits.#json.transfer), day: of(limits.#json.day) };
    }
    return Object.keys(details).length === 0 ? undefined : details;
  }

  opening(): PageOpening {
    const { prev, holds, frozen, limits } = this.#json;
    undamaged(
      prev === undefined || (typeof prev === 'string' && /^[0-9a-f]{16}$/.test(prev)),
      () => `${this.#row} follows an odd check`,
    );
    if (holds === undefined && frozen === undefined && limits === undefined) {
      return { prev, terms: NO_TERMS };
    }
    const terms = {
      ...NO_TERMS,
      holds: Array.isArray(holds) ? holds.map((hold) => this.#within(hold).#hold() as Hold) : [],
      frozen: frozen === undefined ? NO_TERMS.frozen : this.#frozen(frozen),
      ...(limits === undefined ? {} : this.#within(limits).#limits()),
    };
    return { prev, terms };
  }

  #limits(): Partial<Terms> {
    const { transfer, day, on, spent } = this.#json;
    undamaged(on === undefined || typeof on === 'string', () => `${this.#row} has odd limits`);
    return {
      transferLimit: transfer === undefined ? undefined : this.#minor(transfer),
      dayLimit: day === undefined ? undefined : this.#minor(day),
      day: on ?? '',
      spent: spent === undefined ? 0n : this.#minor(spent),
    };
  }

  #hold(): HoldChange {
    const { id, left, expires, released, expired } = this.#json;
    undamaged(typeof id === 'string' && isHoldId(id), () => `${this.#row} has an odd hold`);
    const ends = typeof expires === 'string' && (expires === '' || isTime(expires));
    undamaged(expires === undefined || ends, () => `${this.#row} has a hold with an odd end`);
    return {
      id,
      left: this.#minor(left),
      ...(expires === undefined ? {} : { expires: String(expires) }),
      ...(released === undefined ? {} : { released: this.#minor(released) }),
      ...(expired === true ? { expired } : {}),
    };
  }

  #within(json: unknown): Reader {
    return new Reader(json, this.#digits, this.#row);
  }

  #minor(value: unknown): bigint {
    const minor = typeof value === 'string' ? parseMinor(value, this.#digits) : undefined;
    undamaged(minor !== undefined, () => `${this.#row} has an odd amount in its details`);
    return minor;
  }

  #frozen(value: unknown): Frozen {
    undamaged(value === 'debits' || value === 'all', () => `${this.#row} has odd details`);
    return value;
  }
}
