import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BankError } from '../../ledger/errors.js';
import type { Context } from '../context.js';
import { createTable } from '../table.js';
import { showable } from '../terminal-text.js';
import {
  type Asker,
  type Catalogue,
  type Choice,
  type Look,
  type TextOptions,
  Walkaway,
} from './asker.js';

/** Found items that are shown where none was named. */
const MATCHES_SHOWN = 5;
/** Leaves room for the header and the question on 24 lines. */
const PAGE_ROWS = 20;

/** Asks at the terminal, one line at a time: for screen readers, and for terminals that can do nothing else. */
export function createLineAsker(context: Context): Asker {
  const { output } = context;
  const { stdin, stdout } = process;
  const terminal = process.env.TERM !== 'dumb';
  let complete: TextOptions['complete'];
  const completer = (text: string, answer: (error: null, found: [string[], string]) => void) => {
    const found = complete?.(text) ?? Promise.resolve([]);
    found.then(
      (texts) => answer(null, [[...texts], text]),
      () => answer(null, [[], text]),
    );
  };
  const lines = createInterface({
    ...{ input: stdin, output: stdout, terminal, historySize: 0, completer },
  });
  // Lines are kept, so that what is typed or pasted ahead of a question is not lost.
  const typed: string[] = [];
  let left = false;
  let wake = () => {};
  lines.on('line', (line) => {
    typed.push(line);
    wake();
  });
  lines.on('close', () => {
    left = true;
    wake();
  });
  // In raw mode Ctrl-C is a key: handed on, it takes the same way as the signal.
  lines.on('SIGINT', () => process.emit('SIGINT'));
  // Back from Ctrl-Z, readline has stopped reading, and asks whether to go on.
  lines.on('SIGCONT', () => lines.prompt(true));
  context.signal.addEventListener('abort', () => lines.close(), { once: true });

  output.line('q goes back, Ctrl-D leaves.');
  const line = async (question: string): Promise<string> => {
    // What was typed ahead is shown behind its question, as if it had waited.
    const ahead = typed[0];
    if (ahead !== undefined) output.line(`${question}${ahead}`);
    while (typed.length === 0) {
      if (left) throw new Walkaway('left');
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      lines.setPrompt(showable(question));
      lines.prompt();
      await woken;
    }
    return (typed.shift() ?? '').trim();
  };
  const ask = async (question: string, options: TextOptions = {}): Promise<string> => {
    complete = options.complete;
    // What was answered before is not written into the line: a "q" behind it would not lead back any more.
    const fallback = options.given || options.fallback;
    const usual = options.given ? `${fallback}, - clears it` : fallback;
    const answer = await line(`${question}${usual === undefined ? '' : ` [${usual}]`}: `);
    complete = undefined;
    if (answer.toLowerCase() === 'q') throw new Walkaway('back');
    if (answer === '-' && options.given) return '';
    return answer === '' ? (fallback ?? '') : answer;
  };
  const unseen = async (question: string): Promise<string> => {
    // What was typed before it was asked for has been seen, and may be something else.
    typed.length = 0;
    const started = line(`${question}: `); // The question itself is written by now.
    const hidden = terminal ? muted() : withoutEcho();
    try {
      const answer = await started;
      if (answer.toLowerCase() === 'q') throw new Walkaway('back');
      return answer;
    } finally {
      hidden.end();
      output.line('');
    }
  };
  // What there is to choose from is read out once, and when it is asked for again.
  const told = new Set<string>();
  const choose = async (question: string, choices: readonly Choice[], look?: Look) => {
    const tell = () => {
      for (const { key, label } of choices) output.line(`  ${key}  ${label}`);
    };
    if (look) for (const { text } of await look(stdout.columns || 80, PAGE_ROWS)) output.line(text);
    const labels = choices.map(({ label }) => label).join();
    if (!told.has(labels)) tell();
    told.add(labels);
    for (;;) {
      const key = (await line(`${question}> `)).toLowerCase();
      if (choices.some((choice) => choice.key === key)) return key;
      if (key === 'q') throw new Walkaway('back');
      if (key !== '') output.line(`There is no "${key}".`);
      tell();
    }
  };
  const pick = async <Item>(
    question: string,
    catalogue: Catalogue<Item>,
    before?: string,
  ): Promise<Item> => {
    let given = before;
    let search = '';
    let after: string | undefined;
    for (;;) {
      const answer = await ask(`${question} (Enter lists, a text searches)`, { given });
      given = undefined;
      if (answer !== '') {
        const found = await named(answer, catalogue);
        if (found !== undefined) return found;
        [search, after] = [answer, undefined];
      }
      const limit = answer === '' ? PAGE_ROWS : MATCHES_SHOWN;
      const { items, next } = await catalogue.page(search, after, limit);
      createTable(context, catalogue.columns).rows(items);
      const nearest = items.length > 0 ? undefined : await catalogue.nearest(search);
      if (items.length === 0) output.line(search === '' ? 'There is nothing yet.' : 'None found.');
      if (nearest !== undefined) output.line(`Did you mean ${nearest}?`);
      if (next === undefined) search = '';
      else output.line('Enter: more');
      after = next;
    }
  };
  return {
    ask,
    secret: unseen,
    confirm: async (question, look) => {
      const lines = look ? await look(stdout.columns || 80, PAGE_ROWS) : [];
      for (const { text } of lines) output.line(text);
      // Nobody has seen that before: what was typed or pasted ahead is no answer to it.
      typed.length = 0;
      const answer = await line(`${question} [y/N] `);
      if (answer.toLowerCase() === 'q') throw new Walkaway('back');
      return /^y(es)?$/i.test(answer);
    },
    choose,
    pick,
    close: () => lines.close(),
  };
}

/** The item that was named, if there is one. */
async function named<Item>(
  text: string,
  { named: of }: Catalogue<Item>,
): Promise<Item | undefined> {
  try {
    return await of(text);
  } catch (error) {
    if (!(error instanceof BankError)) throw error;
    if (error.code === 'ACCOUNT_NOT_FOUND' || error.code === 'INVALID_ID') return undefined;
    throw error;
  }
}

/** What is typed is written by the line editor: while nobody shall read it, that writes nothing. */
function muted(): { end(): void } {
  const { stdout } = process;
  const { write } = stdout;
  stdout.write = (() => true) as typeof stdout.write;
  return {
    end: () => {
      stdout.write = write;
    },
  };
}

/** A terminal without a line editor shows what is typed by itself, until it is told not to. */
function withoutEcho(): { end(): void } {
  const stty = (mode: string) =>
    spawnSync('stty', [mode], { stdio: ['inherit', 'ignore', 'ignore'] }).status === 0;
  if (stty('-echo')) return { end: () => void stty('echo') };
  throw new BankError('INVALID_TEXT', 'This terminal would show the PIN.', {
    hint: 'Use another one, or --pin-stdin.',
  });
}
