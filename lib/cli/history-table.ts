import type { HistoryEntry } from '../bank/api.js';
import type { Context } from './context.js';
import { type Column, createTable, type Table } from './table.js';

/** Rows of a passbook: the day is the value date where there is one, else the day of booking. */
export const HISTORY_COLUMNS: readonly Column<HistoryEntry>[] = [
  { title: 'row', kind: 'money', cell: ({ seq }) => String(seq) },
  { title: 'date', kind: 'id', cell: ({ valueDate, bookedAt }) => valueDate || day(bookedAt) },
  { title: 'type', kind: 'id', cell: ({ type }) => type },
  { title: 'with', kind: 'id', cell: ({ counterparty }) => counterparty },
  { title: 'amount', kind: 'money', cell: (row) => signedAmount(row) },
  { title: 'balance', kind: 'money', cell: ({ balance }) => balance.amount },
  {
    title: 'memo',
    kind: 'text',
    cell: ({ memo, reference, details }) => memo || reference || heldText(details),
  },
];

export function historyTable(context: Context): Table<HistoryEntry> {
  return createTable(context, HISTORY_COLUMNS);
}

const day = (time: string) => time.slice(0, 10);

function signedAmount({ direction, amount }: HistoryEntry): string {
  if (direction === undefined) return '';
  return `${direction === 'in' ? '+' : '-'}${amount.amount}`;
}

/** A hold that a row places, uses or ends, where nobody said what it is for. */
export function heldText(details: HistoryEntry['details']): string {
  const { id, left } = (details.hold ?? {}) as { id?: string; left?: string };
  return id === undefined ? '' : `hold ${id}, ${left} left`;
}
