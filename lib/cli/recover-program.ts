import { parseArgs } from 'node:util';
import { BankError } from '../ledger/errors.js';
import type { Finding, RecoverPass, Recovery, TouchedAccount } from '../recover.js';
import type { Flags } from './context.js';
import { reportError } from './error-report.js';
import { UsageError } from './exit-codes.js';
import { PLAIN_FLAGS } from './flags.js';
import { createOutput, type Output } from './output.js';
import { findPackage } from './package-root.js';
import { createProgress, type Progress } from './progress.js';
import { watchSignals } from './signals.js';

/** Exit codes as fsck's; they can be added up. */
const EXIT = { clean: 0, repaired: 1, problems: 4, failed: 8, usage: 16, cancelled: 32 } as const;

const HELP = `Usage: drovebank-recover [-d <dir>] [--apply] [--rebuild-index] [--json]

Holds both books of the bank against each other, says what is wrong, and what it
would do about it: a page is written again from the journal, a lost stretch of the
journal from the passbooks of all its accounts. What neither book proves is told and
left, and the bank stays stopped. What a crash leaves behind is put right without
being asked: nothing is lost by it.

  -d, --dir <dir>   the bank's directory (default: $DROVEBANK_DIR, else ./data/bank)
  --apply           do it, and do not only say it; a copy of whatever is written
                    over or moved goes to lost+found/<time>/ in the bank
  --rebuild-index   make the indexes anew from the journal, also where
                    nothing is wrong with them
  --json            one JSON document
  -h, --help        this help
  -V, --version     the version

Exit codes: 0 clean, 1 repaired, 4 problems left or found in a dry run,
8 could not work, 16 usage, 32 cancelled. They add up: 5 is repaired in part.

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
    if (options.version) {
      process.stdout.write(`${findPackage().version}\n`);
      return EXIT.clean;
    }
    flags = flagsOf(options.json, options.directory);
    output = createOutput(flags);
    const { signal } = watchSignals();
    const { recover } = await import('../recover.js');
    const { apply, rebuildIndex } = options;
    const passes = new Passes(flags);
    let recovery: Recovery;
    try {
      const { onProgress } = passes;
      recovery = await recover(flags.directory, { apply, rebuildIndex, signal, onProgress });
    } finally {
      passes.end();
    }
    printRecovery(output, flags, recovery);
    return exitCodeOf(recovery);
  } catch (error) {
    reportError(output, flags, error);
    if (error instanceof UsageError) return EXIT.usage;
    return error instanceof BankError && error.code === 'CANCELLED' ? EXIT.cancelled : EXIT.failed;
  }
}

const LABELS: Readonly<Record<RecoverPass, string>> = {
  verify: 'Verifying',
  diagnose: 'Looking into it',
};

/** A bar for each pass, one after the other. */
class Passes {
  readonly #flags: Flags;
  #pass: RecoverPass | undefined;
  #bar: Progress | undefined;

  constructor(flags: Flags) {
    this.#flags = flags;
  }

  readonly onProgress = (pass: RecoverPass, done: number, all: number): void => {
    if (pass !== this.#pass) {
      this.end();
      this.#bar = createProgress(this.#flags, LABELS[pass]);
    }
    this.#pass = pass;
    this.#bar?.update(done, all);
  };

  end(): void {
    this.#bar?.end();
  }
}

function readOptions(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        dir: { type: 'string', short: 'd' },
        apply: { type: 'boolean', default: false },
        'rebuild-index': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', short: 'V', default: false },
      },
    });
    if (values.dir === '') throw new Error('--dir is empty; name the directory of a bank.');
    const directory = values.dir ?? (process.env.DROVEBANK_DIR || './data/bank');
    const { apply, 'rebuild-index': rebuildIndex, json, help, version } = values;
    return { directory, apply, rebuildIndex, json, help, version };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isOperand = code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL';
    const where = isOperand ? 'Name the directory with --dir. ' : '';
    throw new UsageError(message, `${where}See \`drovebank-recover --help\`.`);
  }
}

function flagsOf(json: boolean, directory: string): Flags {
  const origin = 'flag --dir';
  return { ...PLAIN_FLAGS, directory, origin, json, input: false, accessible: true };
}

function exitCodeOf({ findings, problems }: Recovery): number {
  const repaired = findings.some(({ done }) => done) ? EXIT.repaired : EXIT.clean;
  return repaired + (problems.length > 0 ? EXIT.problems : EXIT.clean);
}

function printRecovery(output: Output, flags: Flags, recovery: Recovery): void {
  const { state, findings, problems, stopped } = recovery;
  if (flags.json) {
    output.document('bank.recovery', {
      state,
      findings: findings.map(findingJson),
      problems,
      stopped,
    });
    return;
  }
  for (const { file, what, action, done, account } of findings) {
    output.line(`${file}: ${what}`);
    output.line(`    ${done ? '' : 'with --apply: '}${action}`);
    if (account) output.line(`    ${accountText(account)}`);
  }
  // In a dry run what waits has just been told.
  const told = new Set(findings.filter(({ done }) => !done).map(({ file }) => file));
  for (const { file, what } of problems)
    if (!told.has(file)) output.line(`PROBLEM ${file}: ${what}`, 'bad');
  output.line(`${flags.directory}: ${summaryOf(recovery)}`);
}

function findingJson({ file, what, action, done, account }: Finding) {
  const touched = account && { ...account, before: account.before ?? null };
  return { file, what, action, done, account: touched ?? null };
}

/** `a10017 (Ada Lovelace), rows 1 to 3: balance 75.00 USD; its page could not be read.` */
function accountText(account: TouchedAccount): string {
  const { id, holder, currency, firstRow, lastRow, before, after } = account;
  const rows = firstRow === lastRow ? `row ${firstRow}` : `rows ${firstRow} to ${lastRow}`;
  const was =
    before === undefined
      ? 'its open page could not be read'
      : before === after
        ? 'as its open page said'
        : `its open page said ${before} ${currency}`;
  return `${id} (${holder}), ${rows}: balance ${after} ${currency}; ${was}.`;
}

function summaryOf({ state, findings, problems, stopped }: Recovery): string {
  if (state === 'clean') return 'The bank is clean.';
  if (state === 'repaired') return 'Repaired, and verified: both books agree.';
  const inUse = 'The bank is still in use: end the programs that use it';
  if (findings.some(({ done }) => !done)) {
    const next = stopped
      ? 'Run again with --apply to do it.'
      : `${inUse}, and run again with --apply.`;
    return `Nothing was changed. ${next}`;
  }
  if (problems.every(({ file }) => /^index(?:\/|$)/.test(file)))
    return 'The books agree. The indexes are made from the journal.';
  const count = problems.length === 1 ? 'One problem is' : `${problems.length} problems are`;
  const next = stopped ? 'The bank stays stopped.' : `${inUse}, before they book on.`;
  return `${count} left that neither book settles; nothing was guessed. ${next}`;
}
