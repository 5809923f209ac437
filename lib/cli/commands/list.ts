import { accountTable } from '../account-table.js';
import type { Command } from '../context.js';
import { accountJson } from '../json.js';
import { printPages } from '../print-pages.js';
import { choiceOption, countOption, textOption } from '../read-options.js';
import { withBank } from '../with-bank.js';

function noneText(search: string | undefined, after: string | undefined): string {
  if (after !== undefined) return `No account behind ${after}.`;
  return search === undefined ? 'No accounts yet.' : 'No account matches.';
}

/** `drovebank list` */
export const run: Command = async (context, _operands, options) => {
  const { output, signal } = context;
  const limit = countOption(options, 'limit');
  const search = textOption(options, 'search');
  const sort = choiceOption(options, 'sort');
  await withBank(context, async (bank) => {
    const table = accountTable(context);
    await printPages(context, {
      limit,
      after: textOption(options, 'after'),
      page: (after, count) => bank.accounts({ search, sort, after, limit: count, signal }).page(),
      print: (accounts) => {
        if (!context.json) table.rows(accounts);
        else for (const account of accounts) output.document('account.list', accountJson(account));
      },
      more: (next) => `More accounts: --after ${next}`,
      none: noneText(search, textOption(options, 'after')),
    });
  });
  return undefined;
};
