import type { AccountInfo } from '../bank/api.js';
import type { Context } from './context.js';
import { type Column, createTable, type Table } from './table.js';

export const ACCOUNT_COLUMNS: readonly Column<AccountInfo>[] = [
  { title: 'account', kind: 'id', cell: ({ id }) => id },
  { title: 'name', kind: 'text', cell: ({ firstName, lastName }) => `${firstName} ${lastName}` },
  { title: 'balance', kind: 'money', cell: ({ ledger }) => ledger.amount },
  { title: 'cur', kind: 'id', cell: ({ currency }) => currency },
  { title: 'status', kind: 'id', cell: ({ status }) => status },
];

export function accountTable(context: Context): Table<AccountInfo> {
  return createTable(context, ACCOUNT_COLUMNS);
}
