/**
 * Keys that are pressed while no question is shown. The terminal stays raw meanwhile: were Ctrl-C a signal there, the
 * system would throw away what was written last and not yet shown, a receipt for instance.
 */
import type { Key } from 'node:readline';

interface Kept {
  readonly text: string | undefined;
  readonly key: Key;
  /** It came in one go with the key that answered the question before. */
  readonly pasted: boolean;
}

let kept: Kept[] = [];
let pasting = false;

export const isInterrupt = ({ ctrl, name }: Key) => ctrl === true && name === 'c';

function keep(text: string | undefined, key: Key): void {
  if (isInterrupt(key)) process.emit('SIGINT');
  else kept.push({ text, key, pasted: pasting });
}

/** Behind a question: what comes in the same turn is of one paste. */
export function keepKeys(): void {
  pasting = true;
  setImmediate(() => {
    pasting = false;
  });
  letGo(); // It listens once.
  process.stdin.on('keypress', keep);
  process.on('SIGCONT', stayRaw);
  stayRaw();
}

function letGo(): void {
  process.stdin.off('keypress', keep);
  process.off('SIGCONT', stayRaw);
}

/** Off and on: what is on already, as far as Node knows, it would leave as the shell has set it meanwhile. */
export function stayRaw(): void {
  for (const raw of [false, true]) process.stdin.setRawMode?.(raw);
  process.stdin.resume();
}

/** A key of a question that is answered already, as far as whoever typed it knows. */
export function keepKey(text: string | undefined, key: Key): void {
  kept.push({ text, key, pasted: true });
}

/** What was kept is for nobody. */
export function dropKeys(): void {
  kept = [];
}

/**
 * What was kept for the question that is shown now, which takes keys itself from here on. A paste answers only what is
 * answered by typing; `fresh` questions take nothing that was pressed before they could be seen.
 */
export function takeKeys({ typing = false, fresh = false }): readonly Kept[] {
  letGo();
  const keys = fresh ? [] : kept.filter(({ pasted }) => typing || !pasted);
  kept = [];
  return keys;
}

/** Behind the last question: the terminal is the shell's again. */
export function leaveTerminal(): void {
  letGo();
  dropKeys();
  process.stdin.setRawMode?.(false);
  process.stdin.pause();
}
