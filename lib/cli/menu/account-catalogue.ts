import type { AccountInfo } from '../../bank/api.js';
import { ACCOUNT_COLUMNS } from '../account-table.js';
import type { Catalogue } from '../ask/asker.js';
import { nearestAccount } from '../nearest-account.js';
import type { Counter } from './counter.js';

/** All accounts, to find one by its id or a part of its holder's name. */
export function accountCatalogue({ bank, context }: Counter): Catalogue<AccountInfo> {
  const { signal } = context;
  return {
    columns: ACCOUNT_COLUMNS,
    sorts: ['id', 'name'],
    page: (search, after, limit, sort) =>
      bank
        .accounts({
          search: search || undefined,
          after,
          limit,
          sort: sort as 'id' | 'name',
          signal,
        })
        .page(),
    nameOf: ({ id }) => id,
    named: (text) => bank.account(text, { signal }),
    nearest: (text) => nearestAccount(bank, text, signal),
  };
}
