/**
 * `index/keys…`: which entry was booked with an idempotency key, and which takes another one back. Kept for as long
 * as the journal, by digest: the keys themselves stand in the journal alone.
 */
import { hash } from 'node:crypto';
import { decodeText, splitRow } from '../format/csv.js';
import { CELL, EntryLine } from '../format/entry-line.js';
import { entriesOfType } from '../format/journal-row.js';
import type { DigitsOf } from '../format/passbook-page.js';
import type { Entry } from '../ledger/entry.js';
import type { IndexKind } from './index-writer.js';
import { INDEX_FOLDER } from './sorted-index.js';

/** What an entry can be found by: the key that it was booked with, or the number of the one that it takes back. */
export type Term = string & { readonly term: 'term' };

export const keyTerm = (key: string) => `k${key}` as Term;
export const reversalTerm = (transfer: number) => `r${transfer}` as Term;

/** The terms of an entry: none, for most. */
export function termsOf({ key, details }: Entry): Term[] {
  const terms: Term[] = key === '' ? [] : [keyTerm(key)];
  if (details?.reverses !== undefined) terms.push(reversalTerm(details.reverses));
  return terms;
}

/** 24 hex digits: two of a billion keys have one digest with a chance of one to 10^11. */
const DIGEST_DIGITS = 24;

export function digestOfTerm(term: Term): string {
  return hash('sha256', term).slice(0, DIGEST_DIGITS);
}

/** A term's line: `8ddabf1f3b11efd853ced56c-42`. All of it is its key: none takes the place of another. */
export function termLine(term: Term, transfer: number): string {
  return `${digestOfTerm(term)}-${transfer}`;
}

/** The number in a line. */
export function transferOf(line: string): number {
  return Number(line.slice(DIGEST_DIGITS + 1));
}

export const KEYS: IndexKind = {
  name: 'keys',
  cell: 'keys',
  header: 'digest-transfer',
  filtered: true,
  joins: 4,
  linesOf: (batch, digitsOf) => {
    const lines: string[] = [];
    eachKey(batch, (key, transfer) => lines.push(termLine(keyTerm(key), transfer)));
    eachReversal(batch, digitsOf, (of, transfer) =>
      lines.push(termLine(reversalTerm(of), transfer)),
    );
    return lines;
  },
};
export const KEYS_FILE = `${INDEX_FOLDER}/${KEYS.name}.csv`;

/** A line with a key ends like this; one without ends with commas alone. */
const KEYED_END = Buffer.from('",,,\n');
const LINE = new EntryLine();

/** Calls `each` with the keys of a batch's entries; lines without one are passed over without being taken apart. */
export function eachKey(batch: Buffer, each: (key: string, transfer: number) => void): void {
  for (let end = batch.indexOf(KEYED_END); end !== -1; end = batch.indexOf(KEYED_END, end + 1)) {
    LINE.read(batch, batch.lastIndexOf(10, end) + 1);
    const cell = batch.toString('utf8', LINE.start(CELL.key), LINE.end(CELL.key));
    each(decodeText(splitRow(cell)?.[0] ?? ''), LINE.count(CELL.transfer));
  }
}

/** Calls `each` with the numbers of those entries that a batch takes back. */
export function eachReversal(
  batch: Buffer,
  digitsOf: DigitsOf,
  each: (reversed: number, transfer: number) => void,
): void {
  for (const { transfer, details } of entriesOfType('reverse', batch, digitsOf)) {
    if (details?.reverses !== undefined) each(details.reverses, transfer);
  }
}
