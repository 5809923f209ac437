import type { AccountInfo } from '../../bank/api.js';
import { BankError } from '../../ledger/errors.js';
import { accountTable } from '../account-table.js';
import { nearestAccount } from '../nearest-account.js';
import type { Counter } from './menu.js';

const MATCHES_SHOWN = 5;

/** Asks for an account until there is one; other text is searched for. */
export async function askAccount(counter: Counter, question: string): Promise<AccountInfo> {
  const { context, bank, asker } = counter;
  for (;;) {
    const typed = await asker.ask(`${question}: `);
    if (typed === '') continue;
    try {
      return await bank.account(typed, { signal: context.signal });
    } catch (error) {
      if (!(error instanceof BankError)) throw error;
      if (error.code !== 'ACCOUNT_NOT_FOUND' && error.code !== 'INVALID_ID') throw error;
      context.output.line(error.message);
      await suggest(counter, typed);
    }
  }
}

async function suggest({ context, bank }: Counter, typed: string): Promise<void> {
  const { output, signal } = context;
  const matches = bank.accounts({ search: typed, limit: MATCHES_SHOWN, signal });
  const { items } = await matches.page().catch(() => ({ items: [] }));
  if (items.length > 0) {
    output.line('Accounts with that text:');
    accountTable(context).rows(items);
    return;
  }
  const nearest = await nearestAccount(bank, typed, signal);
  if (nearest !== undefined) output.line(`Did you mean ${nearest}?`);
}
