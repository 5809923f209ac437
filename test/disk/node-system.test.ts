import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { nodeSystem } from '#lib/disk/node-system.js';
import { formatOwner, type Owner, parseOwner } from '#lib/format/owner-name.js';

const system = nodeSystem();
const self: Owner = { ...system.identity, number: 1, random: 'a' };
const ended = spawnSync(process.execPath, ['-e', '0']).pid;

describe('this process', () => {
  it('has a name that a desk can bear, and that does not change', () => {
    expect(self.pid).toBe(process.pid);
    expect(parseOwner(formatOwner(self))).toEqual(self);
    expect(nodeSystem().identity).toBe(system.identity);
  });

  it.each<[string, boolean, Partial<Owner>]>([
    ['this process', false, {}],
    ['another process that lives', false, { pid: process.ppid, started: '0' }],
    ['a process that has ended', true, { pid: ended }],
    ['one of another boot', false, { pid: ended, boot: `${self.boot}0` }],
    ['one of another container', false, { pid: ended, pidNamespace: `${self.pidNamespace}0` }],
  ])('takes %s for surely dead: %s', (_, dead, owner) => {
    expect(system.isSurelyDead({ ...self, ...owner })).toBe(dead);
  });

  it.runIf(process.platform === 'linux')('knows a process number that was given out again', () => {
    expect(self.started).not.toBe('0');
    expect(system.isSurelyDead({ ...self, started: `${Number(self.started) - 1}` })).toBe(true);
  });
});

describe('time', () => {
  it('pauses until it is woken', async () => {
    const pause = system.pause(3_600_000);
    setImmediate(() => pause.wake());
    await pause.done;
    pause.wake();
  });

  it('lets others have their turn', async () => {
    let had = false;
    setImmediate(() => {
      had = true;
    });
    await system.turn();
    expect(had).toBe(true);
  });

  it('calls again and again until it is told to stop', async () => {
    let calls = 0;
    await new Promise<void>((resolve) => {
      const stop = system.every(1, () => {
        calls++;
        if (calls < 3) return;
        stop();
        resolve();
      });
    });
    expect(calls).toBe(3);
  });

  it('goes forwards on its own clock', () => {
    const before = system.monotonic();
    expect(system.monotonic()).toBeGreaterThanOrEqual(before);
    expect(Math.abs(system.now() - Date.now())).toBeLessThan(1_000);
  });
});

it('draws letters and digits that nobody else has', () => {
  const drawn = Array.from({ length: 100 }, () => system.random());
  expect(new Set(drawn).size).toBe(100);
  for (const text of drawn) expect(text).toMatch(/^[0-9a-z]+$/);
});
