import { parseArgs } from 'node:util';
import { BankError } from '../ledger/errors.js';
import type { Recovery } from '../recover.js';
import type { Flags } from './context.js';
import { reportError } from './error-report.js';
import { UsageError } from './exit-codes.js';
import { createOutput, type Output } from './output.js';
import { watchSignals } from './signals.js';

/** Exit codes as fsck's; they can be added up. */
const EXIT = { clean: 0, repaired: 1, problems: 4, failed: 8, usage: 16, cancelled: 32 } as const;

const HELP = `Usage: drovebank-recover [-d <dir>] [--apply] [--json]

Says what state the bank is in, and what it would do. What a crash leaves behind
is repaired without being asked: nothing is lost by it.

  -d, --dir <dir>   the bank's directory (default: $DROVEBANK_DIR, else ./data/bank)
  --apply           do it, and do not only say it
  --json            one JSON document
  -h, --help        this help

Exit codes: 0 clean, 1 repaired, 4 problems left or found in a dry run,
8 could not work, 16 usage, 32 cancelled.

Examples:
  drovebank-recover
  drovebank-recover --dir ./data/bank --apply
`;

/** Runs `drovebank-recover` and gives the process's exit code. */
export async function runRecoverProgram(argv: readonly string[]): Promise<number> {
  let output = createOutput(flagsOf(argv.includes('--json'), ''));
  let flags = flagsOf(argv.includes('--json'), '');
  try {
    const options = readOptions(argv);
    if (options.help) {
      process.stdout.write(HELP);
      return EXIT.clean;
    }
    flags = flagsOf(options.json, options.directory);
    output = createOutput(flags);
    const { signal } = watchSignals();
    const { recover } = await import('../recover.js');
    const { apply } = options;
    const recovery = await recover(flags.directory, { apply, signal });
    printRecovery(output, flags, recovery);
    return EXIT[recovery.state];
  } catch (error) {
    reportError(output, flags, error);
    if (error instanceof UsageError) return EXIT.usage;
    return error instanceof BankError && error.code === 'CANCELLED' ? EXIT.cancelled : EXIT.failed;
  }
}

function readOptions(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        dir: { type: 'string', short: 'd' },
        apply: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.dir === '') throw new Error('--dir is empty; name the directory of a bank.');
    const directory = values.dir ?? (process.env.DROVEBANK_DIR || './data/bank');
    const { apply, json, help } = values;
    return { directory, apply, json, help };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new UsageError(what, 'See `drovebank-recover --help`.');
  }
}

function flagsOf(json: boolean, directory: string): Flags {
  const rest = { plain: false, color: true, input: false, quiet: false, dryRun: false };
  return { directory, json, ...rest };
}

function printRecovery(output: Output, flags: Flags, recovery: Recovery): void {
  const { state, findings, problems } = recovery;
  if (flags.json) {
    output.document('bank.recovery', { state, findings, problems });
    return;
  }
  for (const { file, what, action } of findings) output.line(`${file}: ${what} ${action}`);
  for (const { file, what } of problems) output.line(`PROBLEM ${file}: ${what}`, 'bad');
  const summary = {
    clean: 'The bank is clean.',
    repaired: 'What a crash had left is repaired; nothing was lost.',
    problems: 'Problems are left; nothing was written over.',
  };
  output.line(`${flags.directory}: ${summary[state]}`);
}
