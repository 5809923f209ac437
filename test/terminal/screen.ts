import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { expect, onTestFinished } from 'vitest';
import { PROGRAM } from '../cli/run-cli.js';

const LOOK_MS = 40;

/** A terminal of tmux's with somebody at it. */
export interface Screen {
  /** Waits until the screen shows all of these; what is shown then. */
  shows(...texts: readonly (string | RegExp)[]): Promise<string>;
  /** Types text as it is. */
  types(text: string): void;
  /** Presses keys, by their names: `Enter`, `Escape`, `C-c`, `Down`, `PageDown`. */
  presses(...keys: readonly string[]): void;
  resize(columns: number, rows: number): void;
  readonly now: string;
  /** Whether the cursor is shown. */
  readonly cursor: boolean;
}

export interface Seat {
  readonly folder: string;
  readonly args?: readonly string[];
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Ctrl-Z stops it: then the screen shows `stopped`, and behind Enter it goes on. */
  readonly stops?: boolean;
}

/** Runs `drovebank` at a terminal. Behind it the screen shows `ended with <code>`. */
export function sitDown({
  folder,
  args = [],
  columns = 80,
  rows = 24,
  env = {},
  stops = false,
}: Seat): Screen {
  const name = `drovebank-${randomUUID()}`;
  const tmux = (...words: readonly string[]) =>
    execFileSync('tmux', ['-L', name, '-f', '/dev/null', ...words], { encoding: 'utf8' });
  const words = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`).join(' ');
  const size = ['-x', String(columns), '-y', String(rows)];
  // In the command: tmux has a TERM of its own.
  const own = Object.entries(env).map(([key, value]) => `${key}='${value}' `);
  const job = `${own.join('')}${words}`;
  const run = stops ? `set -m; ${job}; echo stopped; read line; fg` : job;
  const command = `cd '${folder}'; ${run}; echo "ended with $?"; exec sleep 600`;
  const clean = { LANG: 'C.UTF-8', NO_COLOR: '', DROVEBANK_DIR: '', PAGER: 'less' };
  const surroundings = Object.entries(clean).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
  tmux('new-session', '-d', '-s', 'seat', ...size, ...surroundings, command);
  onTestFinished(() => {
    tmux('kill-server');
  });
  const look = () => tmux('capture-pane', '-p', '-t', 'seat');
  return {
    async shows(...texts) {
      const isShown = (screen: string) =>
        texts.every((text) =>
          typeof text === 'string' ? screen.includes(text) : text.test(screen),
        );
      let screen = look();
      const until = performance.now() + 20_000;
      while (!isShown(screen) && performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        screen = look();
      }
      expect(isShown(screen), `${texts.join(' and ')} never came:\n${screen}`).toBe(true);
      return screen;
    },
    types: (text) => void tmux('send-keys', '-t', 'seat', '-l', text),
    presses: (...keys) => void tmux('send-keys', '-t', 'seat', ...keys),
    resize: (x, y) => void tmux('resize-window', '-t', 'seat', '-x', String(x), '-y', String(y)),
    get now() {
      return look();
    },
    get cursor() {
      return tmux('display-message', '-p', '-t', 'seat', '#{cursor_flag}').trim() === '1';
    },
  };
}

/** Answers questions, each as soon as it is shown. */
export async function answer(
  screen: Screen,
  ...turns: readonly (readonly [question: string | RegExp, text: string])[]
): Promise<void> {
  for (const [question, text] of turns) {
    await screen.shows(typeof question === 'string' ? `◆ ${question}` : question);
    screen.types(text);
    screen.presses('Enter');
  }
}

/** From the menu to the page of Ada's account. */
export async function openAda(screen: Screen): Promise<void> {
  await screen.shows('◆ drovebank');
  screen.types('l');
  await screen.shows('◆ Accounts', 'a10025');
  screen.types('love');
  await screen.shows('> a10017', /^(?!.*a10025)/s);
  screen.presses('Enter');
  await screen.shows('◆ a10017', 'Balance 100.00 USD');
}
