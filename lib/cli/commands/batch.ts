import { readUserFile } from '../../disk/user-files.js';
import { allTogether, readBatch } from '../../interchange/batch-lines.js';
import { type BatchResult, runBatch, runLinked } from '../../interchange/run-batch.js';
import { BankError } from '../../ledger/errors.js';
import { type Command, type Context, isTerminal } from '../context.js';
import { errorFacts } from '../error-report.js';
import { EXIT, exitCodeOf, UsageError } from '../exit-codes.js';
import { accountJson, changeJson, holdJson, receiptJson } from '../json.js';
import { type Output, unwritten } from '../output.js';
import { isSet } from '../read-options.js';
import { changeText, holdText, type Movement, openedText, receiptText } from '../say.js';
import { standardInput } from '../standard-input.js';
import { withBank } from '../with-bank.js';

interface Counts {
  /** The last line that was answered. */
  line: number;
  booked: number;
  repeated: number;
  refused: number;
  invalid: number;
}

/** `drovebank batch <file or ->` */
export const run: Command = async (context, [file = '-'], options) => {
  if (file === '-' && isTerminal(process.stdin)) {
    throw new UsageError('batch - reads standard input, which is a terminal here; pipe a file in.');
  }
  const { output, signal, dryRun } = context;
  const chunks = file === '-' ? standardInput(signal) : [await readUserFile(file)];
  const counts: Counts = { line: 0, booked: 0, repeated: 0, refused: 0, invalid: 0 };
  try {
    await withBank(context, async (bank) => {
      const how = { signal, dryRun, beforeEach: () => refuseUnread(output) };
      const atomic = isSet(options, 'atomic');
      const read = readBatch(file === '-' ? 'standard input' : file, chunks);
      for await (const lines of atomic ? allTogether(read) : read) {
        const results = atomic ? runLinked(bank, lines, how) : runBatch(bank, lines, how);
        for await (const result of results) {
          printResult(context, result);
          if ('error' in result) countRefusal(counts, result.error);
          else if (isReplay(result)) counts.repeated += 1;
          else counts.booked += 1;
          counts.line = result.line;
        }
        await output.drained();
      }
    });
  } catch (error) {
    throw stopped(error, counts);
  }
  output.note(countText(counts));
  if (counts.invalid > 0) return EXIT.usage;
  return counts.refused > 0 ? EXIT.refused : EXIT.ok;
};

function refuseUnread({ broken, failure }: Output): void {
  if (failure) throw unwritten(failure);
  if (broken) throw new BankError('CANCELLED', 'Nobody reads the answers any more.');
}

function countText({ booked, repeated, refused, invalid }: Counts): string {
  return `${booked} booked, ${repeated} booked before, ${refused} refused, ${invalid} invalid.`;
}

/** What stopped the batch, and what stays: nothing that was booked before is taken back. */
function stopped(error: unknown, counts: Counts): unknown {
  const { line } = counts;
  if (!(error instanceof BankError) || (line === 0 && error.code !== 'OUTCOME_UNKNOWN'))
    return error;
  const what = error.code === 'CANCELLED' ? 'The batch was cut short.' : error.message;
  const next =
    error.code === 'OUTCOME_UNKNOWN'
      ? 'Lines behind it may be booked or not: lines with a key are safe to run again, look at the accounts of others first.'
      : `Go on behind line ${line}; lines with a key are safe to run again.`;
  return new BankError(error.code, `${what} Up to line ${line}: ${countText(counts)}`, {
    details: { ...error.details, ...counts },
    hint: `What is booked stays. ${next}`,
    committed: error.committed,
    cause: error,
  });
}

/** @throws the error itself when it is not about this line: disk full, damage, cancelled, unknown */
function countRefusal(counts: Counts, error: BankError): void {
  const code = exitCodeOf(error);
  if (code === EXIT.usage) counts.invalid += 1;
  else if (code === EXIT.refused || code === EXIT.notFound) counts.refused += 1;
  else throw error;
}

function isReplay(result: BatchResult): boolean {
  return 'receipt' in result && result.receipt.replayed;
}

function printResult(context: Context, result: BatchResult): void {
  const { output, dryRun } = context;
  const { line, op } = result;
  if (context.json) {
    output.document('batch.result', { line, op: op ?? null, ...outcomeJson(result), dryRun });
  } else if ('error' in result) {
    output.line(`${line}: refused: ${result.error.message} (${result.error.code})`);
  } else if (!context.quiet) {
    output.line(`${line}: ${outcomeText(result, dryRun)}`);
  }
}

function outcomeJson(result: BatchResult) {
  if ('error' in result) return { ok: false, error: errorFacts(result.error) };
  const { receipt } = result;
  if ('from' in receipt) return { ok: true, receipt: receiptJson(receipt) };
  if ('hold' in receipt) return { ok: true, receipt: holdJson(receipt) };
  if ('account' in receipt) return { ok: true, receipt: changeJson(receipt) };
  const { transfer, bookedAt, replayed } = receipt;
  return { ok: true, account: { ...accountJson(receipt), transfer, bookedAt, replayed } };
}

function outcomeText(result: BatchResult, dryRun: boolean): string {
  if ('error' in result) return '';
  const { op, receipt } = result;
  if ('from' in receipt) return receiptText(op as Movement, receipt, dryRun);
  if ('hold' in receipt) return holdText(receipt, dryRun);
  return 'account' in receipt ? changeText(receipt, dryRun) : openedText(receipt, dryRun);
}
