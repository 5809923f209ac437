import type { CommandFacts } from './command-table.js';
import type { Flags } from './context.js';

/** Flag as it is written, and what it means. */
export type Flag = readonly [flags: string, meaning: string];

export const DEFAULT_DIRECTORY = './data/bank';

/** What holds where nothing is said. */
export const PLAIN_FLAGS: Flags = {
  directory: DEFAULT_DIRECTORY,
  origin: 'default',
  json: false,
  plain: false,
  color: true,
  input: true,
  quiet: false,
  accessible: false,
  incognito: false,
  readOnly: false,
  dryRun: false,
};

/** Flags that every command takes, before its name or behind it. */
export const GLOBAL_OPTIONS = [
  ['-d, --dir <dir>', `the bank's directory (default: $DROVEBANK_DIR, else ${DEFAULT_DIRECTORY})`],
  ['--json', 'one JSON document, or one a line for lists; errors too'],
  [
    '--plain',
    "tab-separated values without header; a text that begins as a formula has a ' before it",
  ],
  ['--no-color', 'no colour (as NO_COLOR does)'],
  ['--no-input', 'never ask, even at a terminal'],
  ['-q, --quiet', 'no confirmations, notes or progress'],
  ['--read-only', 'look only: nothing is booked'],
  ['--incognito', 'offer nothing that was entered before'],
  ['--accessible', 'questions as plain lines, nothing drawn again (as ACCESSIBLE=1 does)'],
] as const;

/** Flags that take one of a few words, without their dashes. */
export const CHOICES = { sort: ['id', 'name'], by: ['day', 'month', 'year'] } as const;

const WITH_VALUE = GLOBAL_OPTIONS.flatMap(([flags]) =>
  flags.includes('<') ? flags.replace(/ <.*/, '').split(', ') : [],
);

/** Where in a command line the command stands: behind flags of the program and their values. */
export function commandIndex(words: readonly string[]): number {
  let at = 0;
  while (words[at]?.startsWith('-')) at += WITH_VALUE.includes(words[at] ?? '') ? 2 : 1;
  return at;
}

/** What every command takes that changes the bank. */
export const DRY_RUN = ['--dry-run', 'decide and answer, but book nothing'] as const;
/** What every command takes that books an entry. */
export const ANNOTATIONS = [
  ['--memo <text>', 'for people: shown in the passbook'],
  ['--reference <text>', 'for the business: an invoice or order number'],
  ['--value-date <day>', 'the day from which the money counts: 2026-11-20'],
  ['--metadata <json>', 'for programs: a small JSON object, kept with the entry'],
  ['--key <key>', 'the same key and request again book nothing twice (default: a new one)'],
  ['--accept-clock', 'the clock is right, be it more than 31 days ahead: holds end by it'],
] as const;

/** The flag by which a command that is named to somebody means the bank that was asked for; none where it does anyway. */
export function directoryFlag({ directory, origin }: Pick<Flags, 'directory' | 'origin'>): string {
  if (!origin.startsWith('flag') || directory === '') return '';
  const isPlain = /^[\w./~-]+$/.test(directory);
  return ` --dir ${isPlain ? directory : `'${directory.replaceAll("'", "'\\''")}'`}`;
}

/** A command's own flags, those of its kind among them. */
export function optionsOf({ options = [], annotated, writes }: CommandFacts): readonly Flag[] {
  return [...options, ...(annotated ? ANNOTATIONS : []), ...(writes ? [DRY_RUN] : [])];
}
