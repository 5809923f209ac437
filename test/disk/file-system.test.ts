import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fileSystemAt, whyUnsupported } from '#lib/disk/file-system.js';

const folder = mkdtempSync(join(tmpdir(), 'drovebank-fs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('where a bank may lie', () => {
  it.each(['', 'absent', 'absent/and/further'])(
    'is told by what is there of the path: "%s"',
    async (path) => {
      expect(whyUnsupported(join(folder, path))).toBeUndefined();
    },
  );

  it('is told by the folder that a file lies in', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(whyUnsupported(join(folder, 'file', 'bank'))).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('is no file system that is none', async () => {
    expect(whyUnsupported('/proc')).toMatch(/^it is of the unknown type 0x[0-9a-f]+$/);
  });
});

describe('the room that is left', () => {
  it('is told of where a bank lies', async () => {
    const { type, freeBytes, freeFiles = 1 } = fileSystemAt(folder);
    expect(freeBytes).toBeGreaterThan(0);
    expect(freeFiles).toBeGreaterThan(0);
    if (process.platform === 'linux') expect(type).toMatch(/^[a-z0-9]+$/);
  });

  it.runIf(process.platform === 'linux')('names a type that it does not know', async () => {
    expect(fileSystemAt('/proc').type).toMatch(/^0x[0-9a-f]+$/);
  });
});
