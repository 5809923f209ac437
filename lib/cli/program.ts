import { type Argument, Command, CommanderError, Option } from 'commander';
import { BankError } from '../ledger/errors.js';
import { COMMANDS, type CommandFacts, nameOf } from './command-table.js';
import { atTerminal, type Context, type Flags, type Options } from './context.js';
import { reportError } from './error-report.js';
import { EXIT, exitCodeOf, UsageError } from './exit-codes.js';
import {
  commandIndex,
  DEFAULT_DIRECTORY,
  DRY_RUN,
  GLOBAL_OPTIONS,
  optionsOf,
  PLAIN_FLAGS,
} from './flags.js';
import { createOutput, endWith, errorStream, unwritten, written } from './output.js';
import { findPackage } from './package-root.js';
import { endWait, startWait } from './progress.js';
import { watchSignals } from './signals.js';

/** Runs the command line, and ends the process as it says. */
export function startProgram(argv: readonly string[]): void {
  endWith(runProgram(argv));
}

/** Runs the command line `argv` (without node and script) and gives the process's exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const signals = watchSignals();
  // Help and version are printed before there is an output that knows of readers who leave.
  let unprinted: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') unprinted ??= error;
  });
  let complaint = '';
  let exitCode: number | undefined;
  const start = async (facts: CommandFacts, flags: Flags, operands: string[], own: Options) => {
    const context: Context = { ...flags, output: createOutput(flags), signal: signals.signal };
    exitCode = await runCommand(facts, context, operands, own, signals.exitCode);
  };
  const program = buildProgram(namedCommands(argv), start, (text) => {
    complaint += text;
  });
  const parse = (words: readonly string[]) => {
    complaint = '';
    return program.parseAsync(words, { from: 'user' });
  };
  try {
    await parse(argv).catch((error: unknown) => {
      const name = helpOnNothing(error, program);
      if (name === undefined) throw error;
      return parse([name]); // Complained about as where it stands alone.
    });
    return exitCode ?? EXIT.ok;
  } catch (error) {
    const json = argv.includes('--json');
    if (error instanceof CommanderError && error.exitCode === 0) {
      await written(process.stdout);
      return unprinted === undefined ? EXIT.ok : reportFailure(json, unwritten(unprinted));
    }
    if (error instanceof UsageError) return reportUsage(json, error);
    if (!(error instanceof CommanderError)) throw error;
    if (error.code !== 'commander.help')
      return reportUsage(json, usageError(complaint, namedCommands(argv)));
    const flags = readFlags(program.opts(), {});
    if (!atTerminal(flags)) {
      if (json) return reportUsage(json, new UsageError('No command is named.'));
      errorStream().write(complaint);
      return EXIT.usage;
    }
    const { runMenu } = await import('./menu/menu.js');
    // Who only looks may try out what it would do.
    const dryRun = flags.dryRun || flags.readOnly;
    const context = { ...flags, dryRun, output: createOutput(flags), signal: signals.signal };
    const code = await runMenu(context);
    return signals.exitCode() ?? code;
  }
}

async function runCommand(
  facts: CommandFacts,
  context: Context,
  operands: readonly string[],
  options: Options,
  signalCode: () => number | undefined,
): Promise<number> {
  try {
    if (context.readOnly && facts.writes && !context.dryRun) throw readOnlyError(facts);
    const { run } = await facts.load();
    if (!facts.asks) {
      startWait(context);
      context.output.beforeFirst(endWait);
    }
    const code = (await run(context, operands, options)) ?? EXIT.ok;
    await context.output.drained();
    await context.output.finish();
    const { failure } = context.output;
    // Who left by a signal ends as that signal's own code says.
    if (code === EXIT.interrupted) return signalCode() ?? code;
    if (failure === undefined) return code;
    // What was booked stays booked, and must not look as if it had failed; a list that was cut must.
    if (!facts.writes || context.dryRun) throw unwritten(failure);
    context.output.warn(`The command did its work; its answer was lost: ${failure.message}`);
    return code;
  } catch (thrown) {
    const error = thrown instanceof UsageError ? thrown.of(nameOf(facts)) : thrown;
    await context.output.finish();
    reportError(context.output, context, error);
    const code = exitCodeOf(error);
    // A request that was given up because of a signal ends as the signal's own code says.
    return code === EXIT.interrupted ? (signalCode() ?? code) : code;
  } finally {
    endWait();
  }
}

function readOnlyError(facts: CommandFacts): BankError {
  return new BankError('BANK_READ_ONLY', `With --read-only ${nameOf(facts)} books nothing.`, {
    hint: 'Leave --read-only out, or add --dry-run to see what it would do.',
  });
}

type Start = (facts: CommandFacts, flags: Flags, operands: string[], own: Options) => Promise<void>;

/** The one that the command line names, else all: to make the rest of them takes longer than to parse. */
function namedCommands(argv: readonly string[]): readonly CommandFacts[] {
  const word = argv[commandIndex(argv)];
  const named = COMMANDS.find((facts) => nameOf(facts) === word);
  return named ? [named] : COMMANDS;
}

/** `help depsit` ends with the help of everything: what was asked about, `undefined` where it was nothing. */
function helpOnNothing(error: unknown, { args: [first, name] }: Command): string | undefined {
  const isHelp = error instanceof CommanderError && error.code === 'commander.help';
  return isHelp && error.exitCode !== 0 && first === 'help' ? name : undefined;
}

function buildProgram(
  commands: readonly CommandFacts[],
  start: Start,
  complain: (text: string) => void,
): Command {
  const program = new Command('drovebank')
    .description('A bank in a folder. Without a command, at a terminal: the interactive bank.')
    .usage('[flags] [command]')
    .exitOverride()
    .configureOutput({ writeErr: complain })
    // Flags before the command are the program's, flags behind it the command's: a memo such as
    // "-d x" is never taken for the program's own flag.
    .enablePositionalOptions()
    .helpOption('-h, --help', 'help, also for each command')
    .helpCommand('help [command]', 'help for a command')
    .commandsGroup('Help:')
    .configureHelp({
      // Descriptions fold in at 80 columns; the flags of a command stand in its own help.
      minWidthToWrap: 30,
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(operandText)].join(' '),
    });
  addOptions(program, [...GLOBAL_OPTIONS, DRY_RUN]);
  program.option('-V, --version', 'the version');
  program.on('option:version', () => {
    process.stdout.write(`${findPackage().version}\n`);
    throw new CommanderError(EXIT.ok, 'commander.version', '');
  });
  for (const facts of commands) addCommand(program, facts, start);
  return program;
}

function addCommand(program: Command, facts: CommandFacts, start: Start): void {
  const command = program.command(facts.usage).summary(facts.summary).helpGroup(`${facts.group}:`);
  command.description([capital(facts.summary), facts.about].filter(Boolean).join('\n\n'));
  addOptions(command, optionsOf(facts));
  addOptions(command, GLOBAL_OPTIONS, 'Global flags:');
  command.helpOption('-h, --help', 'this help');
  command.addHelpText('after', `\nExamples:\n  ${facts.examples.join('\n  ')}`);
  command.action(async () => {
    const own: Options = command.opts();
    refuseSwallowedFlags(facts, { ...program.opts(), ...own });
    await start(facts, readFlags(program.opts(), own), command.args, own);
  });
}

function addOptions(
  command: Command,
  options: readonly (readonly [flags: string, meaning: string])[],
  group?: string,
): void {
  for (const [flags, meaning] of options) {
    const option = new Option(flags, meaning);
    command.addOption(group === undefined ? option : option.helpGroup(group));
  }
}

/**
 * `--memo --dry-run` makes a memo of the flag, and books: a value that is a flag of the command was none.
 * @throws UsageError
 */
function refuseSwallowedFlags(facts: CommandFacts, options: Options): void {
  const flags = [...optionsOf(facts), ...GLOBAL_OPTIONS].flatMap(([flag]) =>
    flag.split(/[ ,]+/).filter((word) => word.startsWith('-')),
  );
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== 'string' || !flags.includes(value)) continue;
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new UsageError(`${flag} has no value: ${value} is a flag itself.`);
  }
}

const operandText = (argument: Argument) =>
  argument.variadic ? `<${argument.name()}...>` : `<${argument.name()}>`;

const capital = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

/** The global flags, given before the command or behind it. */
function readFlags(before: Options, behind: Options): Flags {
  const either = (name: string) => before[name] === true || behind[name] === true;
  return {
    ...readDirectory(behind.dir ?? before.dir),
    json: either('json'),
    plain: either('plain'),
    color: before.color !== false && behind.color !== false,
    input: before.input !== false && behind.input !== false,
    quiet: either('quiet'),
    readOnly: either('readOnly'),
    incognito: either('incognito'),
    accessible: either('accessible') || isOn(process.env.ACCESSIBLE),
    dryRun: either('dryRun'),
  };
}

const isOn = (setting = '') => !['', '0', 'false'].includes(setting);

/** An empty name is a script's unset variable: it must not fall back to another bank. */
function readDirectory(given: unknown): Pick<Flags, 'directory' | 'origin'> {
  if (given === '') throw new UsageError('--dir is empty; name the directory of a bank.');
  if (typeof given === 'string') return { directory: given, origin: 'flag --dir' };
  const { DROVEBANK_DIR } = process.env;
  if (DROVEBANK_DIR) return { directory: DROVEBANK_DIR, origin: 'environment DROVEBANK_DIR' };
  return { directory: DEFAULT_DIRECTORY, origin: 'default' };
}

/** Commander's own complaint: `error: unknown command 'depsit'`, `(Did you mean deposit?)`; and how the command is used. */
function usageError(complaint: string, [facts, ...others]: readonly CommandFacts[]): UsageError {
  const message = complaint
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, '. ');
  const said = `${message.slice(0, 1).toUpperCase()}${message.slice(1)}`;
  if (facts === undefined || others.length > 0) return new UsageError(said);
  const dashes = message.startsWith('unknown option')
    ? ' Put -- before a text that begins with -.'
    : '';
  const hint = `It is: drovebank ${facts.usage}.${dashes} See \`drovebank help ${nameOf(facts)}\`.`;
  return new UsageError(said, hint);
}

function reportUsage(json: boolean, error: UsageError): number {
  return reportFailure(json, error);
}

/** Before there is a command with an output of its own. Gives the exit code. */
function reportFailure(json: boolean, error: Error): number {
  const flags: Flags = { ...PLAIN_FLAGS, json };
  reportError(createOutput(flags), flags, error);
  return exitCodeOf(error);
}
