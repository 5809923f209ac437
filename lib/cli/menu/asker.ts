import { createInterface } from 'node:readline';
import type { Context } from '../context.js';
import { showable } from '../terminal-text.js';

/** Thrown by a question: `back` to the menu (q), or `left` altogether (Ctrl-D, Ctrl-C). */
export class Walkaway extends Error {
  override readonly name = 'Walkaway';
  readonly where: 'back' | 'left';

  constructor(where: 'back' | 'left') {
    super(`walked away: ${where}`);
    this.where = where;
  }
}

/** Asks at the terminal, one line at a time. */
export interface Asker {
  /** The answer without blanks around it. @throws Walkaway on q, Ctrl-D and Ctrl-C */
  ask(question: string): Promise<string>;
  /** Like `ask`, but q is an answer. */
  choose(question: string): Promise<string>;
  /** Whether the answer is yes; anything else is no. */
  confirm(question: string): Promise<boolean>;
  close(): void;
}

export function createAsker(context: Context): Asker {
  const { stdin, stdout } = process;
  const terminal = process.env.TERM !== 'dumb';
  const lines = createInterface({ input: stdin, output: stdout, terminal, historySize: 0 });
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
  context.signal.addEventListener('abort', () => lines.close(), { once: true });

  const choose = async (question: string): Promise<string> => {
    // What was typed ahead is shown behind its question, as if it had waited.
    const ahead = typed[0];
    if (ahead !== undefined) context.output.line(`${question}${ahead}`);
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
  const ask = async (question: string): Promise<string> => {
    const answer = await choose(question);
    if (answer.toLowerCase() === 'q') throw new Walkaway('back');
    return answer;
  };
  return {
    ask,
    choose,
    confirm: async (question) => /^y(es)?$/i.test(await ask(`${question} [y/N] `)),
    close: () => lines.close(),
  };
}
