import { readUserFile } from '../../disk/user-files.js';
import {
  type ImportCount,
  type ImportResult,
  importFiles,
} from '../../interchange/import-files.js';
import { BankError } from '../../ledger/errors.js';
import type { Command, Context } from '../context.js';
import { errorFacts } from '../error-report.js';
import { createProgress } from '../progress.js';
import { withBank } from '../with-bank.js';

/** `drovebank import <files...>` */
export const run: Command = async (context, paths) => {
  const files = await Promise.all(
    paths.map(async (file) => ({ file, bytes: await readUserFile(file) })),
  );
  const { dryRun, signal } = context;
  const result = await withBank(context, async (bank) => {
    const progress = createProgress(context, 'Importing');
    const onProgress = progress.update;
    return importFiles(bank, files, { signal, dryRun, onProgress }).finally(progress.end);
  });
  printImport(context, result);
  if (result.stopped !== undefined) throw stopError(result.stopped);
  return undefined;
};

export function printImport(context: Context, { accounts, transactions, stopped }: ImportResult) {
  const { output, dryRun } = context;
  if (context.json) {
    const place = stopped && { file: stopped.file, line: stopped.line };
    const refused = stopped ? { ...place, error: errorFacts(stopped.error) } : null;
    output.document('bank.import', { accounts, transactions, refused, dryRun });
  } else if (!context.quiet) {
    output.line(countText('account', accounts, dryRun));
    output.line(countText('transaction', transactions, dryRun));
    if (dryRun) {
      output.line('Dry run: the files are in order; whether every balance suffices shows when');
      output.line('they are booked. Nothing was booked.');
    }
  }
}

const number = (value: number) => value.toLocaleString('en');

function countText(noun: string, { rows, booked, skipped }: ImportCount, dryRun: boolean): string {
  const nouns = `${number(rows)} ${noun}${rows === 1 ? '' : 's'}`;
  const known = skipped === 0 ? '' : `, ${number(skipped)} known already`;
  if (dryRun) return `${nouns} checked${known}.`;
  const rest = rows - booked - skipped;
  const left = rest === 0 ? '' : `, ${number(rest)} not booked`;
  return `${nouns}: ${number(booked)} booked, ${number(skipped)} known already and skipped${left}.`;
}

/** Whoever imports has rows with ids, and no keys. */
function hintOf({ code, hint }: BankError): string {
  return code === 'IDEMPOTENCY_MISMATCH' ? 'The id is booked with other content.' : hint;
}

function stopError({ file, line, error }: NonNullable<ImportResult['stopped']>): BankError {
  const what = error.code === 'CANCELLED' ? 'cancelled here.' : error.message;
  return new BankError(error.code, `${file}:${line}: ${what}`, {
    details: { ...error.details, file, line },
    committed: error.committed,
    hint: `${hintOf(error)} The rows before it are booked; running the import again goes on from there.`,
    cause: error,
  });
}
