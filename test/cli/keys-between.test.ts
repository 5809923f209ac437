import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { dropKeys, keepKey, keepKeys, leaveTerminal, takeKeys } from '#lib/cli/ask/keys-between.js';

afterEach(leaveTerminal);

const press = (name: string, ctrl = false) =>
  process.stdin.emit('keypress', name, { name, ctrl, sequence: name });
const names = (question: Parameters<typeof takeKeys>[0]) =>
  takeKeys(question).map(({ key }) => key.name);

/** `a` in one go with the answer before, `b` later. */
async function pressBoth() {
  keepKeys();
  press('a');
  await setImmediate();
  press('b');
}

it.each([
  ['typing: takes all', { typing: true }, ['a', 'b']],
  ['a choice: takes what is no paste', {}, ['b']],
  ['a yes: takes none', { fresh: true }, []],
  ['a secret: takes none', { typing: true, fresh: true }, []],
])('a question that is answered by %s', async (_, question, taken) => {
  await pressBoth();
  expect(names(question)).toEqual(taken);
  keepKeys();
  expect(names({ typing: true })).toEqual([]);
});

it('a question takes its keys itself', async () => {
  await pressBoth();
  takeKeys({ typing: true });
  press('c');
  expect(names({ typing: true })).toEqual([]);
});

it('what was pressed while an answer was looked up is for nobody when there is none', () => {
  keepKey('a', { name: 'a' });
  dropKeys();
  keepKey('b', { name: 'b' });
  expect(names({ typing: true })).toEqual(['b']);
});

it('Ctrl-C interrupts at once, and once', () => {
  const interrupted = vi.fn();
  process.on('SIGINT', interrupted);
  keepKeys();
  keepKeys();
  press('c', true);
  expect(names({ typing: true })).toEqual([]);
  process.off('SIGINT', interrupted);
  expect(interrupted).toHaveBeenCalledOnce();
});

it('the terminal is raw until the next question, also behind a stop at which the shell set it', () => {
  const { stdin } = process;
  const set = vi.fn();
  const before = stdin.setRawMode;
  stdin.setRawMode = set;
  keepKeys();
  expect(set.mock.lastCall).toEqual([true]);
  set.mockClear();
  process.emit('SIGCONT');
  // Node sets nothing that it takes for set already.
  expect(set.mock.calls).toEqual([[false], [true]]);
  takeKeys({});
  process.emit('SIGCONT');
  expect(set).toHaveBeenCalledTimes(2);
  leaveTerminal();
  expect(set.mock.lastCall).toEqual([false]);
  stdin.setRawMode = before;
});
