import { setImmediate } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { createFrameAsker } from '#lib/cli/ask/frame-asker.js';
import { PLAIN_FLAGS } from '#lib/cli/flags.js';
import { createOutput, type Line } from '#lib/cli/output.js';

const press = (name: string) =>
  process.stdin.emit('keypress', name, { name, ctrl: false, sequence: name });

it('a yes before its review is shown is none', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const { signal } = new AbortController();
    const asker = createFrameAsker({ ...PLAIN_FLAGS, output: createOutput(PLAIN_FLAGS), signal });
    let show = () => {};
    const look = () =>
      new Promise<readonly Line[]>((resolve) => {
        show = () => resolve([{ text: 'Review: 5.00 USD' }]);
      });
    const answered = vi.fn();
    const asked = asker.confirm('Book it?', look).then(answered);
    press('y');
    await setImmediate();
    expect(answered).not.toHaveBeenCalled();
    show();
    await setImmediate();
    expect(write.mock.calls.flat().join('')).toContain('Review: 5.00 USD');
    press('y');
    await asked;
    expect(answered).toHaveBeenCalledWith(true);
    asker.close();
  } finally {
    write.mockRestore();
  }
});
