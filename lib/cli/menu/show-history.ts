import { historyTable } from '../history-table.js';
import { moneyText } from '../say.js';
import { askAccount } from './ask-account.js';
import type { Counter } from './menu.js';

const PAGE_ROWS = 18;

/** An account's balance and its rows, newest first, a page at a time. */
export async function showHistory(counter: Counter): Promise<void> {
  const { context, bank, asker } = counter;
  const { output, signal } = context;
  const account = await askAccount(counter, 'Account');
  output.line(`${account.id}  ${account.firstName} ${account.lastName}  ${account.status}`);
  const available = account.available ? `, available ${account.available.amount}` : '';
  output.line(`Balance ${moneyText(account.ledger)}${available}. ${account.entries} rows:`);
  let after: number | undefined;
  do {
    const options = { reverse: true, limit: PAGE_ROWS, after, signal };
    const { items, next } = await bank.history(account.id, options).page();
    historyTable(context).rows(items);
    after = next;
    if (after !== undefined) await asker.ask('Enter: older rows, q: back ');
  } while (after !== undefined);
}
