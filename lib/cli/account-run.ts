import type { AccountRun, AccountRunInput, AccountRunResult } from '../bank/account-run.js';
import type { Bank } from '../bank/api.js';
import type { Context, Options } from './context.js';
import { errorFacts } from './error-report.js';
import { EXIT } from './exit-codes.js';
import { moneyJson } from './json.js';
import { createProgress } from './progress.js';
import { isSet, textOption } from './read-options.js';
import { moneyText } from './say.js';
import { withBank } from './with-bank.js';

/** What `interest` and `fee` share: a run over many accounts, its progress, and what is told of it. */
export async function runOverAccounts(
  context: Context,
  options: Options,
  label: string,
  work: (bank: Bank, input: AccountRunInput) => Promise<AccountRun>,
): Promise<number | undefined> {
  const { signal, dryRun } = context;
  const all = isSet(options, 'list');
  const run = await withBank(context, (bank) => {
    const progress = createProgress(context, label);
    const input: AccountRunInput = {
      name: textOption(options, 'name'),
      currency: textOption(options, 'currency'),
      account: textOption(options, 'account'),
      memo: textOption(options, 'memo'),
      onProgress: progress.update,
      onResult: (result) => {
        if (all || result.error) printResult(context, result);
      },
      dryRun,
      signal,
    };
    return work(bank, input).finally(progress.end);
  });
  printRun(context, run);
  return run.refused > 0 ? EXIT.refused : undefined;
}

function printResult(
  { output, json }: Context,
  { id, amount, direction, receipt, error }: AccountRunResult,
) {
  if (json) {
    const outcome = error
      ? { ok: false, error: errorFacts(error) }
      : { ok: true, transfer: receipt?.transfer, replayed: receipt?.replayed };
    output.document('run.account', { id, amount: moneyJson(amount), direction, ...outcome });
  } else if (error) {
    output.line(`${id}: refused: ${error.message} (${error.code})`);
  } else {
    const verb = direction === 'in' ? 'receives' : 'gives';
    const before = receipt?.replayed ? `, transfer ${receipt.transfer}, booked before` : '';
    output.line(`${id}: ${verb} ${moneyText(amount)}${before}`);
  }
}

function printRun({ output, json, quiet, dryRun }: Context, run: AccountRun): void {
  const { accounts, paid, charged, replayed, refused } = run;
  if (json) {
    const sum = (side: AccountRun['paid']) => ({
      accounts: side.accounts,
      sum: moneyJson(side.sum),
    });
    const sides = { paid: sum(paid), charged: sum(charged) };
    output.document('bank.run', { accounts, ...sides, replayed, refused, dryRun });
    return;
  }
  if (quiet) return;
  const count = (value: number) => value.toLocaleString('en');
  const [received, gave] = dryRun ? ['would receive', 'would give'] : ['received', 'gave'];
  const parts = [`${count(accounts)} ${accounts === 1 ? 'account' : 'accounts'}`];
  const tell = (side: AccountRun['paid'], verb: string) => {
    if (side.accounts > 0) parts.push(`${count(side.accounts)} ${verb} ${moneyText(side.sum)}`);
  };
  tell(paid, received);
  tell(charged, gave);
  if (replayed > 0) parts.push(`${count(replayed)} of these booked before`);
  if (refused > 0) parts.push(`${count(refused)} refused`);
  if (parts.length === 1) parts.push('nothing to book');
  output.line(`${parts.join(', ')}.${dryRun ? ' Nothing was booked.' : ''}`);
}
