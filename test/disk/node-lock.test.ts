import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeLock } from '#lib/disk/node-lock.js';

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'drovebank-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'writer.lock');
}

const noLoss = () => expect.fail('the lock was lost');

describe('the lock', () => {
  it('is held by one at a time', async () => {
    const path = newPath();
    const [one, two] = [nodeLock(path), nodeLock(path)];
    const release = await one.tryTake(noLoss);
    expect(existsSync(path)).toBe(true);
    expect(await two.tryTake(noLoss)).toBeUndefined();
    expect(await one.tryTake(noLoss)).toBeUndefined();
    await release?.();
    expect(existsSync(path)).toBe(false);
    const again = await two.tryTake(noLoss);
    expect(again).toBeDefined();
    await again?.();
  });

  it('goes to one of those who try at once', async () => {
    const path = newPath();
    const tries = await Promise.all(
      Array.from({ length: 8 }, () => nodeLock(path).tryTake(noLoss)),
    );
    const taken = tries.filter((release) => release !== undefined);
    expect(taken).toHaveLength(1);
    await taken[0]?.();
  });

  it('has an identity while it is held, and never the same again', async () => {
    const path = newPath();
    const lock = nodeLock(path);
    expect(lock.identity()).toBe('');
    const seen = new Set<string>();
    for (let turn = 0; turn < 5; turn++) {
      const release = await lock.tryTake(noLoss);
      expect(lock.identity()).toMatch(/^[0-9a-z]+$/);
      expect(nodeLock(path).identity()).toBe(lock.identity());
      seen.add(lock.identity());
      await release?.();
    }
    expect(seen.size).toBe(5);
  });

  it('is not removed by who held it once and was taken for dead', async () => {
    const path = newPath();
    const slept = await nodeLock(path).tryTake(() => {});
    rmdirSync(path);
    mkdirSync(path); // Another process holds it now.
    const others = nodeLock(path).identity();
    await slept?.();
    expect(nodeLock(path).identity()).toBe(others);
  });

  it('of somebody dead is broken, also when it is gone by then', async () => {
    const path = newPath();
    await nodeLock(path).tryTake(() => {});
    nodeLock(path).breakDead();
    nodeLock(path).breakDead();
    expect(existsSync(path)).toBe(false);
  });

  it('does not take a missing folder for a lock that is held', async () => {
    const lock = nodeLock(join(newPath(), 'absent', 'lock'));
    await expect(lock.tryTake(noLoss)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
