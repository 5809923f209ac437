/** What a shell offers when somebody presses Tab: commands, flags, and accounts of the bank. */
import { RootCommand } from '@bomb.sh/tab';
import { type AccountName, openNames } from '../bank/account-names.js';
import { printNow } from '../disk/print-now.js';
import { COMMANDS, type CommandFacts, nameOf } from './command-table.js';
import { commonStart } from './common-start.js';
import {
  CHOICES,
  commandIndex,
  DEFAULT_DIRECTORY,
  DRY_RUN,
  GLOBAL_OPTIONS,
  optionsOf,
} from './flags.js';
import { SHELLS } from './shell-scripts.js';
import { showable } from './terminal-text.js';

/** Operands and flags that take the id of an account. */
const ACCOUNT_OPERANDS = ['id', 'from', 'to'];
const ACCOUNT_FLAGS = ['account', 'to', 'sweep-to', 'with', 'after'];
const ACCOUNTS_MAX = 25;

/** Prints what the last of the words that were typed may become. Whatever is wrong, nobody at a prompt wants to hear of it. */
export async function suggest(typed: readonly string[]): Promise<void> {
  const before = typed.slice(0, -1).flatMap(apart);
  const [end = ''] = typed.slice(-1);
  const last = end === '=' ? '' : end;
  const words = [...before, last];
  const command = commandIndex(before);
  if (command > before.length) return; // The value of a flag of the program: a directory, which shells know.
  const asked = words.slice(command);
  const isOfCommand = asked.length > 1;
  const accounts = isOfCommand && !last.startsWith('-') ? await accountsFrom(words, last) : [];
  // To tell of all commands what they take costs milliseconds, and one is asked for.
  const known = isOfCommand ? COMMANDS.filter((facts) => nameOf(facts) === asked[0]) : COMMANDS;
  const tree = treeOf(known, accounts);
  printNow(printedBy(() => tree.parse(asked)));
}

/** A flag and its value, which may be one word: `--dir=x`, `-dx`. bash makes three of the first, one of them `=`. */
function apart(word: string): readonly string[] {
  if (word === '=') return [];
  if (/^-d./s.test(word)) return ['-d', word.slice(2)];
  const at = /^--[a-z-]+=/.test(word) ? word.indexOf('=') : -1;
  return at === -1 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

/** What the package prints, by the console: whose streams take longer to make than all the rest. */
function printedBy(print: () => void): string {
  const { log } = console;
  let text = '';
  console.log = (line: string) => {
    text += `${line}\n`;
  };
  try {
    print();
  } finally {
    console.log = log;
  }
  return text;
}

type Tell = (complete: (value: string, description: string) => void) => void;

function treeOf(known: readonly CommandFacts[], accounts: readonly AccountName[]): RootCommand {
  const root = new RootCommand();
  const tell: Tell = (complete) => {
    // A passbook may have been written by somebody else.
    for (const { id, name } of accounts) complete(id, showable(name));
  };
  const oneOf = (values: readonly string[]): Tell => {
    return (complete) => {
      for (const value of values) complete(value, '');
    };
  };
  const choices = new Map<string, readonly string[]>(Object.entries(CHOICES));
  root.command('help', 'help for a command').argument('command', (complete) => {
    for (const facts of COMMANDS) complete(nameOf(facts), facts.summary);
  });
  for (const [flags, meaning] of [...GLOBAL_OPTIONS, DRY_RUN]) {
    const { long, short, value } = partsOf(flags);
    if (value) root.option(long, meaning, () => {}, short);
    else root.option(long, meaning, short);
  }
  for (const facts of known) {
    const [name = '', ...operands] = facts.usage.split(' ');
    const command = root.command(name, facts.summary);
    for (const operand of operands) {
      const word = operand.replace(/[<>.]/g, '');
      if (word === 'shell') command.argument(word, oneOf(SHELLS));
      else if (ACCOUNT_OPERANDS.includes(word)) command.argument(word, tell);
      else command.argument(word);
    }
    for (const [flags, meaning] of [...optionsOf(facts), ...GLOBAL_OPTIONS]) {
      const { long, short, value } = partsOf(flags);
      if (ACCOUNT_FLAGS.includes(long)) command.option(long, meaning, tell, short);
      else if (value) command.option(long, meaning, oneOf(choices.get(long) ?? []), short);
      else command.option(long, meaning, short);
    }
  }
  return root;
}

/** `-d, --dir <dir>` as its parts. */
function partsOf(flags: string): { long: string; short: string | undefined; value: boolean } {
  const long = /--([a-z-]+)/.exec(flags)?.[1] ?? '';
  return { long, short: /^-([a-z]),/i.exec(flags)?.[1], value: flags.includes('<') };
}

/** Accounts whose ids begin with `start`, in the bank that the words or the environment name. */
async function accountsFrom(words: readonly string[], start: string): Promise<AccountName[]> {
  try {
    const names = await openNames(directoryOf(words));
    const found = await names.beginning(start, ACCOUNTS_MAX);
    // Shells write what all that is offered begins with: where there are more, those that begin otherwise are among it.
    while (found.length >= ACCOUNTS_MAX) {
      const common = commonStart(found.map(({ id }) => id));
      if (common.length <= start.length) break;
      const [other] = await names.beginning(start, 1, common);
      if (other === undefined) break;
      found.push(other);
    }
    return found;
  } catch {
    return [];
  }
}

function directoryOf(words: readonly string[]): string {
  const at = words.findLastIndex((word) => word === '--dir' || word === '-d');
  const named = at === -1 ? undefined : words[at + 1];
  return named ?? (process.env.DROVEBANK_DIR || DEFAULT_DIRECTORY);
}
