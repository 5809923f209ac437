/** The one place that knows the library by which frames are drawn, and drawn again, at a terminal. */
import type { Key } from 'node:readline';
import { Prompt } from '@clack/core';
import type { Context } from '../context.js';
import type { Line } from '../output.js';
import { cutTo, showable } from '../terminal-text.js';
import { Walkaway } from './asker.js';
import { dropKeys, isInterrupt, keepKey, keepKeys, stayRaw, takeKeys } from './keys-between.js';

/** A frame: what it shows, and what a key does. */
export interface Frame<Answer> {
  /** Whether what is typed is edited as a line. */
  readonly typing?: boolean;
  /** What that line begins with. */
  readonly given?: string | undefined;
  /** It takes nothing that was typed before it could be seen. */
  readonly fresh?: boolean;
  /** Whether Enter was pressed, and its answer is still looked up: what is typed meanwhile is for the next question. */
  waits?(): boolean;
  /** Lines for so many columns and rows. `typed` has a cursor in it. */
  draw(size: Size, typed: string): readonly Line[];
  /** What stays on the screen when it was answered. */
  rest(answer: Answer): readonly Line[];
  press(key: Key, typed: string): Pressed<Answer>;
  /** Brings up to date what is drawn; asked at the beginning, behind each key, and again each second. */
  refresh?(size: Size): Promise<Pressed<Answer>>;
}

/** What a key leads to: an answer, or another text in place of what is typed; `undefined`: the frame stays, and is drawn again. */
export type Pressed<Answer> = { readonly answer: Answer } | { readonly fill: string } | undefined;

export interface Size {
  readonly width: number;
  readonly height: number;
}

const REFRESH_MS = 1_000;
export const CURSOR = '█';
const SHOW_CURSOR = '\u001b[?25h';

function sizeNow(): Size {
  const { columns, rows } = process.stdout;
  // The last column and row stay free: what is written there would scroll or wrap.
  return { width: (columns || 80) - 1, height: (rows || 24) - 2 };
}

/** Shows a frame until it is answered. @throws Walkaway for Esc, Ctrl-D and Ctrl-C; what `refresh` throws */
export async function showFrame<Answer>(
  { output, signal }: Context,
  frame: Frame<Answer>,
): Promise<Answer> {
  const shown = new Shown(frame, (lines) =>
    lines
      .map(({ text, style = 'none' }) =>
        output.paint(cutTo(showable(text), sizeNow().width), style),
      )
      .join('\n'),
  );
  const stop = () => shown.end('left');
  signal.addEventListener('abort', stop, { once: true });
  const goOn = () => void setImmediate(() => shown.goOn()); // Behind readline, which stops reading then.
  process.on('SIGCONT', goOn);
  // Before readline, which stops the process then: the shell wants its cursor.
  const stopping = (_: string, { ctrl, name }: Key) => {
    if (ctrl === true && name === 'z') process.stdout.write(SHOW_CURSOR);
  };
  process.stdin.prependListener('keypress', stopping);
  const refresh = keepFresh(frame, shown);
  try {
    if (signal.aborted) throw new Walkaway('left');
    const answered = shown.prompt();
    for (const { text, key } of takeKeys(frame)) process.stdin.emit('keypress', text, key);
    await answered;
    if (shown.failure !== undefined) throw shown.failure;
    if (shown.left !== undefined) throw new Walkaway(shown.left);
    return shown.value as Answer;
  } finally {
    refresh.stop();
    process.off('SIGCONT', goOn);
    process.stdin.off('keypress', stopping);
    signal.removeEventListener('abort', stop);
  }
}

/** Refreshes a frame each second, one at a time. */
function keepFresh<Answer>(frame: Frame<Answer>, shown: Shown<Answer>): { stop(): void } {
  if (frame.refresh === undefined) return { stop: () => {} };
  let busy = false;
  let again = false;
  const look = async () => {
    again = busy;
    if (busy) return;
    busy = true;
    try {
      do {
        again = false;
        shown.refreshed(await frame.refresh?.(sizeNow()));
      } while (again); // A key was pressed meanwhile: what it asks for is looked up at once.
    } catch (error) {
      shown.fail(error);
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(look, REFRESH_MS);
  shown.pressed = look;
  void look();
  return { stop: () => clearInterval(timer) };
}

class Shown<Answer> extends Prompt<Answer> {
  readonly #frame: Frame<Answer>;
  /** What is typed, without the key that is at hand. */
  #typed = '';
  left: 'back' | 'left' | undefined;
  failure: unknown;
  /** Called for each key that the frame stays for. */
  pressed: (() => void) | undefined;

  constructor(frame: Frame<Answer>, paint: (lines: readonly Line[]) => string) {
    super(
      {
        ...(frame.given ? { initialUserInput: frame.given } : {}),
        render: () => {
          if (this.state === 'submit') return paint(frame.rest(this.value as Answer));
          if (this.state === 'cancel') return '';
          const size = sizeNow();
          return paint(frame.draw(size, this.#withCursor()).slice(0, size.height));
        },
      },
      frame.typing === true,
    );
    this.#frame = frame;
    this.on('key', (text, key) => {
      if (isInterrupt(key)) {
        // In raw mode Ctrl-C is a key: handed on, it takes the same way as the signal.
        this.left = 'left';
        process.emit('SIGINT');
      } else if (key.ctrl === true && key.name === 'd') this.#walk('left');
      else if (key.name === 'escape') this.#walk('back');
      else if (!frame.typing && key.sequence?.toLowerCase() === 'q') this.#walk('back');
      else if (frame.waits?.()) {
        keepKey(text, key);
        this.#fill(this.#typed);
      } else {
        this.#typed = this.userInput;
        this.#answer(frame.press(key, this.userInput.trim()));
      }
    });
  }

  #walk(where: 'back' | 'left'): void {
    this.left = where;
    this.state = 'cancel';
  }

  #answer(pressed: Pressed<Answer>): void {
    if (pressed && 'answer' in pressed) {
      this.value = pressed.answer;
      this.state = 'submit';
      return;
    }
    if (pressed) this.#fill(pressed.fill);
    this.pressed?.();
  }

  #fill(text: string): void {
    this._clearUserInput();
    this._setUserInput(text, true);
  }

  /** Return submits nothing by itself. */
  protected override _shouldSubmit(): boolean {
    return false;
  }

  #withCursor(): string {
    const { userInput, _cursor: at } = this;
    if (at >= userInput.length) return `${userInput}${CURSOR}`;
    return `${userInput.slice(0, at)}${CURSOR}${userInput.slice(at)}`;
  }

  override close(): void {
    super.close();
    keepKeys();
  }

  refreshed(found: Pressed<Answer>): void {
    if (this.state !== 'active') return;
    if (found && 'fill' in found) this.#fill(found.fill);
    if (found && 'answer' in found) {
      this.value = found.answer;
      this.state = 'submit';
    }
    if (found === undefined && this.#frame.waits?.() === false) dropKeys(); // They were for an answer that did not come.
    this.output.emit('resize'); // It draws what is new.
    if (found && 'answer' in found) this.close();
  }

  /** Back from Ctrl-Z: the shell has set the terminal its own way, and written on it. */
  goOn(): void {
    if (this.state !== 'active') return;
    stayRaw();
    // As at first: below what stands there, and all of it.
    Object.assign(this, { _prevFrame: '', state: 'initial' });
    this.output.emit('resize');
  }

  fail(error: unknown): void {
    this.failure = error;
    this.end('left');
  }

  end(where: 'back' | 'left'): void {
    if (this.state !== 'active' && this.state !== 'initial') return;
    this.#walk(where);
    this.output.emit('resize');
    this.close();
  }
}
