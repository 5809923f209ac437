import type { AccountInfo } from '../../bank/api.js';
import { ACCOUNT_COLUMNS } from '../account-table.js';
import type { Catalogue } from '../ask/asker.js';
import { nearestAccount } from '../nearest-account.js';
import type { Counter } from './counter.js';

/** All accounts but for one, to find one by its id or a part of its holder's name. */
export function accountCatalogue(
  { bank, context }: Counter,
  without?: string,
): Catalogue<AccountInfo> {
  const { signal } = context;
  return {
    columns: ACCOUNT_COLUMNS,
    sorts: ['id', 'name'],
    page: async (search, after, limit, sort) => {
      const order = sort as 'id' | 'name';
      const options = { search: search || undefined, after, limit, sort: order, signal };
      const { items, next } = await bank.accounts(options).page();
      return { items: items.filter(({ id }) => id !== without), next };
    },
    nameOf: ({ id }) => id,
    named: (text) => bank.account(text, { signal }),
    nearest: (text) => nearestAccount(bank, text, signal),
  };
}
