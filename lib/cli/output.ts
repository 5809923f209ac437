import { BankError } from '../ledger/errors.js';
import { metadataText } from '../ledger/metadata.js';
import { type Flags, isTerminal } from './context.js';
import type { Pager } from './pager.js';
import { showable, wrapTo } from './terminal-text.js';

/** The few looks that a whole line can have; colour never carries meaning alone. */
export type Style = 'strong' | 'faint' | 'good' | 'bad' | 'none';

const ESCAPES: Record<Style, string> = {
  strong: '1',
  faint: '2',
  good: '32',
  bad: '31',
  none: '',
};

export interface Line {
  readonly text: string;
  readonly style?: Style;
}

type Fields = Readonly<Record<string, unknown>>;

/** Data goes to standard output, everything else to standard error. */
export interface Output {
  /** One JSON document on a line: `{"v":1,"kind":…}`. */
  document(kind: string, fields: Fields): void;
  /** A line of data for people. */
  line(text: string, style?: Style): void;
  /** Lines of data for people, one below the other. */
  lines(lines: readonly Line[]): void;
  /** `text` as standard output shows it in this style. */
  paint(text: string, style: Style): string;
  /** A row of data for scripts: cells with tabs between. */
  plainRow(cells: readonly string[]): void;
  /** Something beside the data, for people only: hints, summaries. */
  note(text: string): void;
  /** Something that went wrong although the command did its work. */
  warn(text: string): void;
  /** Like `document`, on standard error. */
  errorDocument(kind: string, fields: Fields): void;
  /** A line on standard error, with a label in colour. */
  errorLine(label: string, text: string): void;
  /** From here on data goes through a pager, where somebody sits at a terminal who may be asked to turn pages. */
  page(): Promise<void>;
  /** Waits until who reads in the pager has left it. */
  finish(): Promise<void>;
  /** Nobody gets standard output any more (`| head`, a full disk): there is no point in going on. */
  readonly broken: boolean;
  /** Calls back before the first thing that is printed. */
  beforeFirst(call: () => void): void;
  /** Why standard output could not be written, unless its reader just left (`| head` is no failure). */
  readonly failure: Error | undefined;
  /** Waits until the reader has taken what was written; lists call it between pages. */
  drained(): Promise<void>;
}

/** When there is colour, and what says so: --no-color and NO_COLOR win, then FORCE_COLOR, then the terminal. */
export function colorRule({ color }: Pick<Flags, 'color'>) {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (!color) return { value: 'never', origin: 'flag --no-color' } as const;
  if (NO_COLOR) return { value: 'never', origin: 'environment NO_COLOR' } as const;
  if (FORCE_COLOR !== undefined) {
    const value = FORCE_COLOR === '0' || FORCE_COLOR === 'false' ? 'never' : 'always';
    return { value, origin: 'environment FORCE_COLOR' } as const;
  }
  if (TERM === 'dumb') return { value: 'never', origin: 'environment TERM' } as const;
  return { value: 'auto', origin: 'default' } as const;
}

/** Whether `stream` gets colour. */
function colorOn(stream: { readonly isTTY?: boolean }, flags: Flags): boolean {
  if (flags.plain || flags.json) return false;
  const { value } = colorRule(flags);
  return value === 'auto' ? isTerminal(stream) : value === 'always';
}

/** What a terminal must not see raw stands escaped in it: that is the same JSON. */
function documentText(kind: string, fields: Fields): string {
  return `${metadataText({ v: 1, kind, ...fields })}\n`;
}

let listening = false;

/** Standard error, made only when there is something to say: it costs start-up time. */
export function errorStream(): NodeJS.WriteStream {
  if (!listening) process.stderr.on('error', () => undefined);
  listening = true;
  return process.stderr;
}

/** As of Node for a module that waits for what never comes: no command may end well that was not at its end. */
const UNSETTLED = 13;

/** Ends the process with the code that `work` gives. */
export function endWith(work: Promise<number>): void {
  process.exitCode = UNSETTLED;
  void work.then(leave);
}

/**
 * Ends the process, once all that was printed has left it. Ending by itself, Node takes its signal
 * handlers away some milliseconds before it is gone: a Ctrl-C in between would be the exit code of a
 * command that has told its receipt.
 */
async function leave(exitCode: number): Promise<never> {
  for (const stream of listening ? [process.stdout, process.stderr] : [process.stdout]) {
    await written(stream);
  }
  process.exit(exitCode);
}

/** Resolves when all that was printed has left, or can't. */
export function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

/** Standard output is a file on a full disk, say: what was asked for did not get there whole. */
export function unwritten(failure: NodeJS.ErrnoException): BankError {
  const full = failure.code === 'ENOSPC' || failure.code === 'EDQUOT';
  return new BankError(
    full ? 'DISK_FULL' : 'IO_ERROR',
    `Standard output could not be written: ${failure.message}`,
    { hint: 'What was written is not whole. Write it elsewhere.', cause: failure },
  );
}

/** Columns of what is a terminal; nothing else has an edge. */
const widthAt = (stream: NodeJS.WriteStream) =>
  isTerminal(stream) ? stream.columns || 80 : Number.POSITIVE_INFINITY;

export function createOutput(flags: Flags): Output {
  const { stdout } = process;
  let broken = false;
  let failure: Error | undefined;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    broken = true;
    // `| head -1` closes the pipe: no error of ours, and nobody is left to tell.
    if (error.code !== 'EPIPE') failure ??= error;
  });
  let pager: Pager | undefined;
  const sink = () => pager?.stdin ?? stdout;
  let first = () => {};
  const begin = () => {
    first();
    first = () => {};
  };
  const write = (text: string) => {
    begin();
    if (!broken) sink().write(text);
  };
  const complain = (text: string) => {
    begin();
    return errorStream().write(text);
  };
  const painted = (stream: { isTTY?: boolean }, text: string, style: Style) =>
    style !== 'none' && colorOn(stream, flags) ? `\u001b[${ESCAPES[style]}m${text}\u001b[0m` : text;
  // A terminal cuts in the middle of a word; pipes and pagers get lines as they are.
  const line = (text: string, style: Style = 'none') => {
    const width = pager ? Number.POSITIVE_INFINITY : widthAt(stdout);
    for (const part of wrapTo(showable(text), width)) write(`${painted(stdout, part, style)}\n`);
  };
  const labelled = (label: string, text: string) => {
    const width = Math.max(20, widthAt(errorStream()) - label.length - 1);
    const [first, ...rest] = wrapTo(showable(text), width);
    complain(`${painted(errorStream(), label, 'bad')} ${first}\n`);
    for (const part of rest) complain(`${' '.repeat(label.length + 1)}${part}\n`);
  };
  return {
    document: (kind, fields) => write(documentText(kind, fields)),
    line,
    lines: (lines) => {
      for (const { text, style } of lines) line(text, style);
    },
    paint: (text, style) => painted(stdout, text, style),
    plainRow: (cells) => write(`${cells.map(showable).join('\t')}\n`),
    note: (text) => {
      if (!flags.quiet && !flags.json) complain(`${showable(text)}\n`);
    },
    warn: (text) => {
      if (flags.json) complain(documentText('warning', { message: text }));
      else labelled('warning:', text);
    },
    errorDocument: (kind, fields) => {
      complain(documentText(kind, fields));
    },
    errorLine: labelled,
    page: async () => {
      const mayTurn =
        flags.input &&
        !flags.accessible &&
        !flags.json &&
        !flags.plain &&
        process.env.TERM !== 'dumb';
      if (pager || !mayTurn || !isTerminal(stdout) || !isTerminal(process.stdin)) return;
      const { startPager } = await import('./pager.js');
      pager = await startPager();
      pager?.stdin.on('error', () => {
        broken = true; // Whoever reads has seen enough.
      });
    },
    finish: async () => {
      const { stdin, ended } = pager ?? {};
      pager = undefined;
      stdin?.end();
      await ended;
    },
    beforeFirst: (call) => {
      first = call;
    },
    get broken() {
      return broken;
    },
    get failure() {
      return failure;
    },
    drained: async () => {
      // One turn of the loop lets a closed pipe show; a slow reader is waited for.
      await new Promise((resolve) => setImmediate(resolve));
      const stream = sink();
      if (broken || !stream.writableNeedDrain) return;
      await new Promise<void>((resolve) => {
        for (const event of ['drain', 'error', 'close']) stream.once(event, () => resolve());
      });
    },
  };
}
