import type { Output } from './output.js';

/** What the global flags say. */
export interface Flags {
  readonly directory: string;
  /** Where that comes from, for people: `flag --dir`. */
  readonly origin: string;
  readonly json: boolean;
  readonly plain: boolean;
  readonly color: boolean;
  /** False: never ask, even at a terminal. */
  readonly input: boolean;
  readonly quiet: boolean;
  /** Plain lines instead of frames that are drawn again and again. */
  readonly accessible: boolean;
  /** Nothing may be booked. */
  readonly readOnly: boolean;
  /** Nothing that was entered before is offered again. */
  readonly incognito: boolean;
  readonly dryRun: boolean;
}

/** What every command is handed: the flags, where to write, and the signal of Ctrl-C. */
export interface Context extends Flags {
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** A command's own options as they were typed. */
export type Options = Readonly<Record<string, unknown>>;

/** Runs one command; gives the exit code where it is not 0. */
export type Command = (
  context: Context,
  operands: readonly string[],
  options: Options,
) => Promise<number | undefined>;

/** Whether somebody sits there: questions may be asked. */
export function atTerminal(flags: Flags): boolean {
  return flags.input && !flags.json && isTerminal(process.stdin) && isTerminal(process.stdout);
}

/** Why nobody can be asked. */
export function whyNotAsked({ json, input }: Flags): string {
  if (json) return '--json has no place for them';
  return input ? 'it needs a terminal' : '--no-input forbids them';
}

export function isTerminal(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true;
}
