/** The manual page of `drovebank`, from the same table as its help. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Text as roff shows it: no backslash, dash or dot of it is a request. */
const plain = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');

/** Writes `drovebank.1` into `folder`, by what was built into `dist`. */
export async function writeManPage(dist, folder) {
  const load = (path) => import(pathToFileURL(join(dist, path)).href);
  const { COMMANDS } = await load('lib/cli/command-table.js');
  const { GLOBAL_OPTIONS, optionsOf } = await load('lib/cli/flags.js');
  const flags = (options) =>
    options.flatMap(([flag, meaning]) => ['.TP', `.B ${plain(flag)}`, plain(meaning)]);
  const groups = [...new Set(COMMANDS.map(({ group }) => group))];
  const lines = [
    '.TH DROVEBANK 1',
    '.SH NAME',
    'drovebank \\- a bank in a folder',
    '.SH SYNOPSIS',
    '.B drovebank',
    '[flags] [command]',
    '.SH DESCRIPTION',
    'Accounts in CSV files that you can read, moved by any number of processes at once. Without a command, at a',
    'terminal: the interactive bank.',
    '.SH FLAGS OF EVERY COMMAND',
    ...flags(GLOBAL_OPTIONS),
  ];
  for (const group of groups) {
    lines.push(`.SH ${group.toUpperCase()}`);
    for (const facts of COMMANDS.filter((one) => one.group === group)) {
      lines.push(`.SS drovebank ${plain(facts.usage)}`, plain(facts.summary));
      if (facts.about) lines.push('.PP', '.nf', plain(facts.about), '.fi');
      lines.push(...flags(optionsOf(facts)));
      lines.push('.PP', 'Examples:', '.PP', '.nf', ...facts.examples.map(plain), '.fi');
    }
  }
  const codes = [
    '0 done, also whenever the money moved; 1 unexpected, or the disk failed; 2 what was typed makes no sense;',
    '3 no such bank or account; 4 PIN wrong or locked; 5 refused by a rule; 6 busy; 7 damaged: run',
    'drovebank\\-recover; 8 read\\-only, no permission, disk full; 9 outcome unknown: ask again with the same key;',
    '130 cancelled; 143 terminated.',
  ];
  lines.push('.SH EXIT CODES', ...codes, '.SH ENVIRONMENT', '.TP', '.B DROVEBANK_DIR');
  lines.push(
    "The bank's directory.",
    '.TP',
    '.B NO_COLOR, FORCE_COLOR, ACCESSIBLE, PAGER',
    'As usual.',
  );
  writeFileSync(join(folder, 'drovebank.1'), `${lines.join('\n')}\n`);
}
