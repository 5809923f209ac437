import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ifThere, mustBeThere, removeIfThere } from '#lib/disk/disk.js';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { systemError } from '#lib/testing/hooked-disk.js';
import { newDirectory } from '../machine/processes.js';

const failing = (error: unknown) => [
  () => Promise.reject(error),
  () => {
    throw error; // A disk may answer at once.
  },
];

describe('a name that is looked for', () => {
  it('is absent if, and only if, the disk says ENOENT', async () => {
    expect(await ifThere(() => 'found')).toBe('found');
    expect(await ifThere(async () => 0)).toBe(0);
    for (const look of failing(systemError('ENOENT', '/x'))) {
      expect(await ifThere(look)).toBeUndefined();
      await expect(mustBeThere(look, () => new Error('it is missing'))).rejects.toThrow(
        'it is missing',
      );
    }
    expect(
      await mustBeThere(
        async () => 'found',
        () => new Error('it is missing'),
      ),
    ).toBe('found');
  });

  it.each(['EIO', 'EACCES', 'ENOTDIR', 'EMFILE', 'ELOOP'])(
    'is not absent because of %s',
    async (code) => {
      for (const look of failing(systemError(code, '/x'))) {
        await expect(ifThere(look)).rejects.toMatchObject({ code });
        await expect(mustBeThere(look, () => new Error('it is missing'))).rejects.toMatchObject({
          code,
        });
      }
    },
  );

  it('hides no mistake of ours', async () => {
    for (const look of failing(new TypeError('a mistake'))) {
      await expect(ifThere(look)).rejects.toThrow('a mistake');
      await expect(mustBeThere(look, () => new Error('it is missing'))).rejects.toThrow(
        'a mistake',
      );
    }
  });

  it('is removed by one of several', async () => {
    const path = newDirectory();
    writeFileSync(path, 'mine');
    await Promise.all([1, 2, 3].map(() => removeIfThere(nodeDisk(), path)));
    expect(existsSync(path)).toBe(false);
  });
});
