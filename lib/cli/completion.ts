/** What a shell offers when somebody presses Tab: commands, flags, and accounts of the bank. */
import { RootCommand } from '@bomb.sh/tab';
import type { AccountInfo } from '../bank/api.js';
import { openBank } from '../bank/open-bank.js';
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

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** Operands and flags that take the id of an account. */
const ACCOUNT_OPERANDS = ['id', 'from', 'to'];
const ACCOUNT_FLAGS = ['account', 'to', 'sweep-to', 'with', 'after'];
const ACCOUNTS_MAX = 25;
/** Behind every id that begins as another one does: ids have at most 64 characters, the last of which is z. */
const behindAll = (start: string) => start.padEnd(64, 'z');

interface Suggestion {
  readonly id: string;
  readonly name: string;
}

/**
 * The scripts by which shells ask {@link suggest}. Ours, and short: words go to the program as they are, and what is
 * typed is never evaluated. A line of an answer is a word and, behind a tab, what it means; the last begins with `:`.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_drovebank() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $line == :* ]] || COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(drovebank complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _drovebank drovebank
`,
  zsh: `#compdef drovebank
_drovebank() {
  local line
  local -a found
  for line in "\${(@f)$(drovebank complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line || $line == :* ]] || found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe drovebank found
}
compdef _drovebank drovebank
`,
  fish: `function __drovebank_complete
  set -l words (commandline -opc)
  drovebank complete -- $words[2..-1] (commandline -ct) 2>/dev/null | string match -v ':*'
end
complete -c drovebank -f -a '(__drovebank_complete)'
`,
  powershell: `Register-ArgumentCompleter -Native -CommandName drovebank -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($word -eq '') { $words += '' }
  drovebank complete -- @words 2>$null | Where-Object { $_ -notlike ':*' } | ForEach-Object {
    $value, $about = $_ -split "\`t", 2
    if (-not $about) { $about = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
  }
}
`,
};

/** Prints what the last of `words` may become. Whatever is wrong, nobody at a prompt wants to hear of it. */
export async function suggest(words: readonly string[]): Promise<void> {
  const last = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const command = commandIndex(before);
  if (command > before.length) return; // The value of a flag of the program: a directory, which shells know.
  const asked = words.slice(command);
  const isOfCommand = asked.length > 1;
  const accounts = isOfCommand && !last.startsWith('-') ? await accountsFrom(words, last) : [];
  // To tell of all commands what they take costs milliseconds, and one is asked for.
  const known = isOfCommand ? COMMANDS.filter((facts) => nameOf(facts) === asked[0]) : COMMANDS;
  treeOf(known, accounts).parse([...asked]);
}

type Tell = (complete: (value: string, description: string) => void) => void;

function treeOf(known: readonly CommandFacts[], accounts: readonly Suggestion[]): RootCommand {
  const root = new RootCommand();
  const tell: Tell = (complete) => {
    for (const { id, name } of accounts) complete(id, name);
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

const only = (account: AccountInfo) => [account];
const none = () => [];

/** Accounts whose ids begin with `start`, in the bank that the words or the environment name. */
async function accountsFrom(words: readonly string[], start: string): Promise<Suggestion[]> {
  try {
    const bank = await openBank(directoryOf(words));
    try {
      // Ids come in their order: those behind what is typed begin with it, until one does not.
      const after = /^[a-z0-9][a-z0-9_-]*$/.test(start) ? start : undefined;
      if (start !== '' && after === undefined) return [];
      const found = await bank.accounts({ after, limit: ACCOUNTS_MAX }).page();
      const items = found.items.filter(({ id }) => id.startsWith(start));
      // A page begins behind what is typed, which may be a whole id.
      if (after !== undefined) items.unshift(...(await bank.account(after).then(only, none)));
      // Shells write what all that is offered begins with: where there are more, those that begin otherwise are among it.
      while (items.length >= ACCOUNTS_MAX) {
        const common = commonStart(items.map(({ id }) => id));
        if (common.length <= start.length) break;
        const behind = await bank.accounts({ after: behindAll(common), limit: 1 }).page();
        const other = behind.items.filter(({ id }) => id.startsWith(start));
        if (other.length === 0) break;
        items.push(...other);
      }
      return items.map(({ id, firstName, lastName }) => ({
        id,
        name: `${firstName} ${lastName}`,
      }));
    } finally {
      await bank.close();
    }
  } catch {
    return [];
  }
}

function directoryOf(words: readonly string[]): string {
  const at = words.findLastIndex((word) => /^(--dir|-d)(=|$)/.test(word));
  const [, given = words[at + 1]] = words[at]?.split('=') ?? [];
  const named = at === -1 ? undefined : given;
  return named ?? (process.env.DROVEBANK_DIR || DEFAULT_DIRECTORY);
}
