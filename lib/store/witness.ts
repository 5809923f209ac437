/**
 * What the passbooks tell of entries that the journal has lost. An entry counts as told when every
 * account that it touched has its row, all rows say the same, and each stands on a page whose checks
 * fit. Reads only.
 */

import type { System } from '../disk/system.js';
import { encodeDetails } from '../format/details.js';
import type { DigitsOf, PassbookRow } from '../format/passbook-page.js';
import { type AccountId, isWorldId } from '../ledger/account-id.js';
import { NOTHING_NAMED } from '../ledger/booking.js';
import { type Entry, setsLimit, setsNames } from '../ledger/entry.js';
import { Breath } from './breath.js';
import { unlessDamaged } from './damage.js';
import type { Passbooks } from './passbooks.js';

/** Entries from `first` to `last`, both included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export interface Witness {
  /** The newest entry that any whole page shows. */
  readonly newest: number;
  readonly digitsOf: DigitsOf;
  /** The entry of this number, if the passbooks tell all of it. */
  entry(transfer: number): Entry | undefined;
  /** Why they do not: who lacks its row. */
  whyNot(transfer: number): string;
}

/** What a page that is whole shows last; its newest. NaN where that cannot be read. */
function lastTransfer(text: string): number {
  const row = text.slice(text.lastIndexOf('\n', text.length - 3) + 1);
  return Number(row.split(',', 5)[4]);
}

/** Reads every page. `spans` are the entries to be told; those behind `tail` are told as well. */
export async function hearPassbooks(
  passbooks: Passbooks,
  system: System,
  digitsOf: DigitsOf,
  spans: readonly Span[],
  tail: number,
): Promise<Witness> {
  const rows = new Map<number, Map<AccountId, PassbookRow>>();
  const torn = new Set<number>();
  let newest = 0;
  const breath = new Breath(system);
  const wanted = (transfer: number) =>
    transfer > tail || spans.some(({ first, last }) => transfer >= first && transfer <= last);
  const hear = (row: PassbookRow) => {
    newest = Math.max(newest, row.transfer);
    if (!wanted(row.transfer)) return;
    const known = rows.get(row.transfer) ?? new Map<AccountId, PassbookRow>();
    rows.set(row.transfer, known);
    const twin = known.get(row.account);
    if (twin && twin.check !== row.check) torn.add(row.transfer);
    known.set(row.account, row);
  };
  for await (const id of passbooks.everyId()) {
    for (const number of [undefined, ...(await passbooks.sealedPages(id))]) {
      await breath.take();
      const text = await unlessDamaged(() => passbooks.readText(id, number));
      // Most pages are older than what is known, and need not be held against their checks to be left out.
      const isOld = text !== undefined && lastTransfer(text) <= Math.min(newest, tail);
      if (text === undefined || (isOld && spans.length === 0)) continue;
      const page = await unlessDamaged(() => passbooks.decode(id, text, number));
      if (page) for (const row of page.rows) hear(row);
    }
  }
  return {
    newest,
    digitsOf,
    entry(transfer) {
      const told = rows.get(transfer);
      return told === undefined || torn.has(transfer) ? undefined : entryOf([...told.values()]);
    },
    whyNot(transfer) {
      if (torn.has(transfer)) return `two pages tell entry ${transfer} differently`;
      const told = [...(rows.get(transfer)?.keys() ?? [])];
      if (told.length === 0) return `no passbook shows entry ${transfer}`;
      if (told.length > 1) return `${told.join(' and ')} tell entry ${transfer} differently`;
      return `of entry ${transfer} there is only what ${told[0]} shows`;
    },
  };
}

/** What the rows of one entry tell together; `undefined` where they are not all, or do not agree. */
function entryOf(rows: readonly PassbookRow[]): Entry | undefined {
  const [first] = rows;
  if (!first || rows.length > 2 || !rows.every((row) => agree(row, first))) return undefined;
  if (first.type === 'open') return openOf(rows);
  return first.direction === undefined ? changeOf(rows) : moveOf(rows);
}

function agree(a: PassbookRow, b: PassbookRow): boolean {
  const facts = [
    'type',
    'bookedAt',
    'currency',
    'amount',
    'memo',
    'reference',
    'valueDate',
  ] as const;
  const said = encodeDetails(a.details, 0) === encodeDetails(b.details, 0);
  return said && [...facts, 'key' as const].every((fact) => a[fact] === b[fact]);
}

function openOf(rows: readonly PassbookRow[]): Entry | undefined {
  const opened = rows.filter(({ account }) => !isWorldId(account));
  const [own] = opened;
  const outside = rows.find(({ account }) => isWorldId(account));
  if (!own || opened.length > 1 || rows.some((row) => row.seq !== 1 || row.direction))
    return undefined;
  return build(own, outside, own);
}

/** One account that changed alone. */
function changeOf(rows: readonly PassbookRow[]): Entry | undefined {
  const [own] = rows;
  return own && rows.length === 1 ? build(own, undefined, own) : undefined;
}

function moveOf(rows: readonly PassbookRow[]): Entry | undefined {
  const debit = rows.find(({ direction }) => direction === 'out');
  const credit = rows.find(({ direction }) => direction === 'in');
  if (!debit || !credit) return undefined;
  const meet = debit.counterparty === credit.account && credit.counterparty === debit.account;
  return meet ? build(debit, debit, credit) : undefined;
}

function build(row: PassbookRow, debit: PassbookRow | undefined, credit: PassbookRow): Entry {
  const { type, transfer, bookedAt, currency, amount, memo, reference, valueDate, key } = row;
  const leg = ({ account, seq, balance }: PassbookRow) => ({ account, seq, balance });
  const texts = { memo, reference, valueDate, key, details: row.details };
  const legs = { debit: debit && leg(debit), credit: leg(credit) };
  // The first row of a page has names whatever it tells.
  const { firstName, lastName } = setsNames(type) ? row : NOTHING_NAMED;
  const limit = setsLimit(type) ? (row.limit ?? 0n) : 0n;
  const named = { firstName, lastName, limit };
  return { type, transfer, bookedAt, currency, amount, ...legs, ...named, ...texts };
}
