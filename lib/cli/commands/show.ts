import { join } from 'node:path';
import type { AccountInfo } from '../../bank/api.js';
import { pageFile } from '../../format/account-path.js';
import { guardText } from '../../format/csv.js';
import type { Command, Context } from '../context.js';
import { historyTable } from '../history-table.js';
import { accountJson, entryJson } from '../json.js';
import { withBank } from '../with-bank.js';

const LAST_ROWS = 10;

/** `drovebank show <id>`: the account's facts, and the last rows of its passbook. */
export const run: Command = async (context, [typed = '']) => {
  const { output, signal } = context;
  await withBank(context, async (bank) => {
    const account = await bank.account(typed, { signal });
    const newest = await bank
      .history(account.id, { reverse: true, limit: LAST_ROWS, signal })
      .page();
    const recent = newest.items.toReversed();
    const passbook = join(context.directory, pageFile(account.id));
    if (context.json) {
      const fields = { ...accountJson(account), passbook, recent: recent.map(entryJson) };
      output.document('account.show', fields);
      return;
    }
    printFacts(context, account, passbook);
    if (context.plain) return;
    output.line('');
    historyTable(context).rows(recent);
  });
  return undefined;
};

function printFacts(context: Context, account: AccountInfo, passbook: string): void {
  const { output } = context;
  const holder = `${account.firstName} ${account.lastName}`;
  const facts: [string, string][] = [
    ['account', account.id],
    ['name', context.plain ? guardText(holder) : holder],
    ['status', account.refuses === 'all' ? `${account.status}, for all` : account.status],
    ['balance', account.ledger.amount],
    ['held', account.held.amount],
    ['overdraft limit', account.overdraftLimit?.amount ?? 'none'],
    ...limitFacts(account),
    ['available', account.available?.amount ?? 'no limit'],
    ...account.holds.map(({ id, amount, expiresAt }): [string, string] => [
      'hold',
      `${amount.amount}, ${id}${expiresAt === undefined ? '' : `, until ${expiresAt}`}`,
    ]),
    ['currency', account.currency],
    ['rows', String(account.entries)],
    ['passbook', passbook],
  ];
  for (const [name, value] of facts) {
    if (context.plain) output.plainRow([name, value]);
    else output.line(`${name.padEnd(16)} ${value}`);
  }
}

/** Limits that most accounts do not have. */
function limitFacts({ transferLimit, dayLimit }: AccountInfo): [string, string][] {
  const facts: [string, string][] = [];
  if (transferLimit) facts.push(['transfer limit', transferLimit.amount]);
  if (dayLimit) facts.push(['day limit', dayLimit.amount]);
  return facts;
}
