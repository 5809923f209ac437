import type { PageOf } from '../../bank/api.js';
import type { Context } from '../context.js';
import type { Line } from '../output.js';
import type { Column } from '../table.js';

/** Thrown by a question: `back` to where one came from (Esc, q), or `left` altogether (Ctrl-D, Ctrl-C). */
export class Walkaway extends Error {
  override readonly name = 'Walkaway';
  readonly where: 'back' | 'left';

  constructor(where: 'back' | 'left') {
    super(`walked away: ${where}`);
    this.where = where;
  }
}

/** Something to look at while one is asked: lines for so many columns and rows. Asked again each second. */
export type Look = (width: number, height: number) => Promise<readonly Line[]>;

/** One of several things to do: its key, and what it is called. */
export interface Choice {
  readonly key: string;
  readonly label: string;
}

/** A list that may be very long, a page at a time. */
export interface Catalogue<Item> {
  readonly columns: readonly Column<Item>[];
  /** Orders in which it can be told, the usual one first. */
  readonly sorts?: readonly string[];
  /** Those that a text is found in, behind a place that an earlier page told as `next`. */
  page(
    search: string,
    after: string | undefined,
    limit: number,
    sort?: string,
  ): Promise<PageOf<Item, string>>;
  /** What tells an item from all others. */
  nameOf(item: Item): string;
  /** The item of exactly this name. @throws BankError where there is none */
  named(text: string): Promise<Item>;
  /** What else may be meant, where nothing is found; `undefined`: nothing comes to mind. */
  nearest(text: string): Promise<string | undefined>;
}

export interface TextOptions {
  /** What an empty answer means. */
  readonly fallback?: string | undefined;
  /** What was answered before: Enter takes it as it is. */
  readonly given?: string | undefined;
  /** What a text may be the beginning of, for whoever presses Tab. */
  readonly complete?: ((text: string) => Promise<readonly string[]>) | undefined;
}

/** Whoever sits at the terminal. Each question throws a {@link Walkaway} when it is left. */
export interface Asker {
  /** A line of text, without blanks around it. */
  ask(question: string, options?: TextOptions): Promise<string>;
  /** A line that nobody shall read. */
  secret(question: string): Promise<string>;
  /** Whether the answer is yes; anything else is no. */
  confirm(question: string, look?: Look): Promise<boolean>;
  /** The key of one of these; `wayOut` says where going back leads. */
  choose(
    question: string,
    choices: readonly Choice[],
    look?: Look,
    wayOut?: string,
  ): Promise<string>;
  /** An item of a long list; `given` is the name of the one that was picked before. */
  pick<Item>(question: string, catalogue: Catalogue<Item>, given?: string): Promise<Item>;
  close(): void;
}

/**
 * Frames that are drawn again and again; or, for terminals that can't and people who don't want them, plain
 * lines one below the other.
 */
export async function createAsker(context: Context): Promise<Asker> {
  if (context.accessible || process.env.TERM === 'dumb') {
    const { createLineAsker } = await import('./line-asker.js');
    return createLineAsker(context);
  }
  const { createFrameAsker } = await import('./frame-asker.js');
  return createFrameAsker(context);
}
