/** Which entries are searched for. */
import { type AccountId, parseAccountId } from './account-id.js';
import { ENTRY_TYPES, type EntryType } from './entry.js';
import { BankError } from './errors.js';
import { type AskedAmount, decimalsOf, readAmount, unitsOf } from './money.js';
import { readText, shown, TEXT_LENGTH_MAX } from './text.js';

export interface EntryFilterInput {
  /** Any part of memo, reference, key or metadata, case ignored; several words must all be found. */
  readonly search?: string | undefined;
  /** Exactly this reference. */
  readonly reference?: string | undefined;
  readonly type?: EntryType | undefined;
  /** The other account; of a search among all entries: on either side. */
  readonly counterparty?: string | undefined;
  /** At least, and at most, so much was moved. */
  readonly min?: string | bigint | undefined;
  readonly max?: string | bigint | undefined;
}

/** What of an entry, or of a row, a filter looks at. */
export interface Searched {
  readonly type: EntryType;
  /** Minor units. */
  readonly amount: bigint;
  readonly memo: string;
  readonly reference: string;
  readonly key: string;
  readonly details: { readonly meta?: string } | undefined;
}

export interface EntryFilter {
  readonly words: readonly string[];
  readonly reference: string | undefined;
  readonly type: EntryType | undefined;
  readonly counterparty: AccountId | undefined;
  readonly min: AskedAmount | undefined;
  readonly max: AskedAmount | undefined;
}

/** @throws BankError what of it makes no sense */
export function readEntryFilter(input: EntryFilterInput): EntryFilter {
  const { search = '', reference, type, counterparty, min, max } = input;
  if (type !== undefined && !ENTRY_TYPES.includes(type)) {
    throw new BankError(
      'INVALID_TEXT',
      `The type ${shown(type)} is none of: ${ENTRY_TYPES.join(', ')}.`,
      {
        details: { field: 'type' },
        hint: 'Name one of them.',
      },
    );
  }
  const words = readText(search, 'search', TEXT_LENGTH_MAX.memo).toLowerCase().split(/\s+/);
  return {
    words: words.filter(Boolean),
    reference:
      reference === undefined
        ? undefined
        : readText(reference, 'reference', TEXT_LENGTH_MAX.reference),
    type,
    counterparty: counterparty === undefined ? undefined : parseAccountId(counterparty),
    min: min === undefined ? undefined : readAmount(min, 'min'),
    max: max === undefined ? undefined : readAmount(max, 'max'),
  };
}

/** Whether an entry of a currency with `digits` decimals is searched for, but for its counterparty. */
export function isSearched(filter: EntryFilter, entry: Searched, digits: number): boolean {
  const { words, reference, type, min, max } = filter;
  if (type !== undefined && entry.type !== type) return false;
  if (reference !== undefined && entry.reference !== reference) return false;
  if (min !== undefined && compare(entry.amount, digits, min) < 0n) return false;
  if (max !== undefined && compare(entry.amount, digits, max) > 0n) return false;
  if (words.length === 0) return true;
  const { memo, key, details } = entry;
  const text = [memo, entry.reference, key, details?.meta ?? ''].join(' ').toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Below zero, zero, or above: exact, whatever decimals were asked with. */
function compare(amount: bigint, digits: number, asked: AskedAmount): bigint {
  const decimals = decimalsOf(asked, digits);
  return amount * 10n ** BigInt(decimals) - unitsOf(asked) * 10n ** BigInt(digits);
}
