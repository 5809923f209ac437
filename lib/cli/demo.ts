import { join } from 'node:path';
import type { Bank, CurrencyTotal } from '../bank/api.js';
import { readUserFile } from '../disk/user-files.js';
import { pageFile } from '../format/account-path.js';
import type { ImportFile } from '../interchange/check-import.js';
import { readCsv } from '../interchange/csv-source.js';
import { type ImportResult, importFiles } from '../interchange/import-files.js';
import type { Verification } from '../store/verify.js';
import { printTotals } from './commands/totals.js';
import { printVerification } from './commands/verify.js';
import { type Context, isTerminal } from './context.js';
import { totalJson } from './json.js';
import { createProgress } from './progress.js';
import { cutTo } from './terminal-text.js';

/** What the demo did and measured. */
export interface DemoFigures {
  readonly imported: ImportResult;
  /** Until every transaction was answered, which means durable. */
  readonly importMs: number;
  /** From then until every passbook showed its rows. */
  readonly postMs: number;
  readonly verifyMs: number;
  readonly balances: { readonly expected: number; readonly matching: number };
  readonly totals: readonly CurrencyTotal[];
  readonly verification: Verification;
}

/** The account whose passbook is shown (one that overdraws, short enough for one page), and how much. */
const SHOWN_ACCOUNT = '7011';
const SHOWN_ROWS = 5;

/** Imports the example, compares every balance, and has the books checked. */
export async function fillDemo(
  context: Context,
  bank: Bank,
  [accounts, transactions, expected]: readonly ImportFile[],
): Promise<DemoFigures> {
  if (!accounts || !transactions || !expected) throw new Error('drovebank bug: example files');
  const { signal } = context;
  const progress = createProgress(context, 'Importing');
  const onProgress = progress.update;
  const begun = performance.now();
  const imported = await importFiles(bank, [accounts, transactions], {
    signal,
    onProgress,
  }).finally(progress.end);
  if (imported.stopped !== undefined) throw imported.stopped.error;
  const answered = performance.now();
  await bank.posted(undefined, { signal });
  const posted = performance.now();
  const balances = await compareBalances(bank, expected, signal);
  const totals = await bank.totals({ signal });
  const checking = performance.now();
  const verifying = createProgress(context, 'Verifying');
  const verification = await bank
    .verify({ signal, onProgress: verifying.update })
    .finally(verifying.end);
  return {
    imported,
    importMs: answered - begun,
    postMs: posted - answered,
    verifyMs: performance.now() - checking,
    balances,
    totals,
    verification,
  };
}

async function compareBalances(bank: Bank, { file, bytes }: ImportFile, signal: AbortSignal) {
  const balances = new Map<string, string>();
  for await (const { id, ledger } of bank.accounts({ signal })) balances.set(id, ledger.amount);
  const { rows } = readCsv(file, bytes);
  const matching = rows.filter(({ cells: [id = '', balance] }) => balances.get(id) === balance);
  return { expected: rows.length, matching: matching.length };
}

/** Tells the figures; false if anything is not as it should be. */
export async function printDemo(
  context: Context,
  directory: string,
  figures: DemoFigures,
): Promise<boolean> {
  const { balances, verification, imported, totals } = figures;
  const good = balances.matching === balances.expected && verification.ok;
  if (context.json) {
    const { importMs, postMs, verifyMs } = figures;
    const { accounts, transactions } = imported;
    context.output.document('bank.demo', {
      ...{ directory, good, accounts, transactions, balances },
      ...{ importMs, postMs, verifyMs, totals: totals.map(totalJson) },
    });
    return good;
  }
  printFigures(context, figures);
  await printPassbook(context, directory);
  return good;
}

const number = (value: number) => Math.round(value).toLocaleString('en');
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

function printFigures(context: Context, figures: DemoFigures): void {
  const { output } = context;
  const { imported, importMs, postMs, verifyMs, balances } = figures;
  const { accounts, transactions } = imported;
  const rate = (accounts.booked + transactions.booked) / (importMs / 1000);
  output.line('');
  output.line('Import', 'strong');
  output.line(
    `  ${number(accounts.booked)} accounts and ${number(transactions.booked)} transactions`,
  );
  output.line(
    `  durable after ${seconds(importMs)} (${number(rate)} a second), files checked before`,
  );
  output.line(`  all passbooks written ${seconds(postMs)} later`);
  output.line('');
  output.line('Balances', 'strong');
  const { matching, expected } = balances;
  output.line(
    `  ${number(matching)} of ${number(expected)} are exactly what another program made of it`,
  );
  output.line('');
  output.line('Totals', 'strong');
  printTotals(context, figures.totals);
  output.line('');
  output.line(`Verify, in ${seconds(verifyMs)}`, 'strong');
  printVerification(context, figures.verification);
}

async function printPassbook({ output }: Context, directory: string): Promise<void> {
  const path = join(pageFile(SHOWN_ACCOUNT));
  const page = (await readUserFile(join(directory, path))).toString('utf8').split('\n');
  output.line('');
  output.line(`A passbook is a text file: the open page of ${SHOWN_ACCOUNT} in`, 'strong');
  output.line(`  ${path}`);
  for (const row of page.slice(0, SHOWN_ROWS + 1)) output.line(`  ${cutToLine(row)}`);
  const rest = page.length - 1 - (SHOWN_ROWS + 1);
  if (rest > 0) output.line(`  and ${rest} more rows`);
}

/** A terminal shows as much of a row as fits; a file or a pipe gets all of it. */
function cutToLine(row: string): string {
  const { stdout } = process;
  return isTerminal(stdout) ? cutTo(row, (stdout.columns || 80) - 2) : row;
}
