import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DiskFile, errorCode, orClose, readRange, writeAll } from '#lib/disk/disk.js';
import { nodeDisk } from '#lib/disk/node-disk.js';

const disk = nodeDisk();

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'drovebank-disk-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The code of the system error with which `work` fails. */
async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    return errorCode(error);
  }
  return 'none';
}

describe('a file', () => {
  it('is made once, and written and read at any place', async () => {
    const path = join(newFolder(), 'a');
    const file = await disk.open(path, 'create');
    expect(await codeOf(() => disk.open(path, 'create'))).toBe('EEXIST');
    expect(await file.write(Buffer.from('hello'), 3)).toBe(5);
    await file.sync();
    expect(await file.size()).toBe(8);
    const buffer = Buffer.alloc(10);
    expect(await file.read(buffer, 3)).toBe(5);
    expect(buffer.toString('latin1', 0, 5)).toBe('hello');
    expect(await file.read(buffer, 8)).toBe(0);
    await file.truncate(4);
    expect(await file.size()).toBe(4);
    await file.close();
    expect((await disk.read(path)).toString('latin1')).toBe('\0\0\0h');
    const again = await disk.open(path, 'write');
    await again.write(Buffer.from('HEL'), 0);
    await again.close();
    expect((await disk.read(path)).toString('latin1')).toBe('HELh');
  });

  it('that was opened to be read is not written to', async () => {
    const path = join(newFolder(), 'a');
    writeFileSync(path, 'x');
    const file = await disk.open(path, 'read');
    expect(await codeOf(() => file.write(Buffer.from('y'), 0))).toBe('EBADF');
    await file.close();
  });

  it('keeps its inode under another name, and what is open stays open', async () => {
    const folder = newFolder();
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    writeFileSync(a, 'new');
    writeFileSync(b, 'old');
    const before = await disk.facts(a);
    const old = await disk.open(b, 'read');
    await disk.rename(a, b);
    expect(readdirSync(folder)).toEqual(['b']);
    expect((await disk.facts(b))?.inode).toBe(before?.inode);
    expect((await readRange(old, 0, 99)).toString()).toBe('old');
    await old.close();
  });
});

describe('what is not there', () => {
  const ASKED: [string, string, (path: string) => unknown][] = [
    ['read', 'ENOENT', (path) => disk.read(path)],
    ['list', 'ENOENT', (path) => disk.list(path)],
    ['open', 'ENOENT', (path) => disk.open(path, 'read')],
    ['open to write', 'ENOENT', (path) => disk.open(path, 'write')],
    ['create in', 'ENOENT', (path) => disk.open(join(path, 'x'), 'create')],
    ['rename', 'ENOENT', (path) => disk.rename(path, `${path}2`)],
    ['remove', 'ENOENT', (path) => disk.remove(path)],
    ['removeFolder', 'ENOENT', (path) => disk.removeFolder(path)],
    ['makeFolder in', 'ENOENT', (path) => disk.makeFolder(join(path, 'x'))],
    ['syncFolder', 'ENOENT', (path) => disk.syncFolder(path)],
    ['touch', 'ENOENT', (path) => disk.touch(path)],
    ['facts', 'none', (path) => disk.facts(path)],
    ['exists', 'none', (path) => disk.exists(path)],
    ['watch', 'none', (path) => disk.watch(path, () => {})()],
  ];

  it.each(ASKED)('%s: %s', async (_, code, ask) => {
    const path = join(newFolder(), 'absent');
    expect(await codeOf(() => ask(path))).toBe(code);
    expect(await disk.facts(path)).toBeUndefined();
    expect(await disk.exists(path)).toBe(false);
  });

  it('is not what cannot be looked at', async () => {
    const folder = newFolder();
    const [file, loop] = [join(folder, 'file'), join(folder, 'loop')];
    writeFileSync(file, '');
    symlinkSync(loop, loop);
    for (const [path, code] of [
      [join(file, 'x'), 'ENOTDIR'],
      [loop, 'ELOOP'],
      [join(folder, 'x'.repeat(300)), 'ENAMETOOLONG'],
    ] as const) {
      expect(await codeOf(() => disk.facts(path)), code).toBe(code);
      expect(await codeOf(() => disk.exists(path)), code).toBe(code);
    }
  });
});

describe('a folder', () => {
  it('is made and removed once, and only when it is empty', async () => {
    const path = join(newFolder(), 'a');
    expect(await disk.makeFolder(path)).toBe(true);
    expect(await disk.makeFolder(path)).toBe(false);
    writeFileSync(join(path, 'x'), '');
    expect(await disk.list(path)).toEqual(['x']);
    expect(await codeOf(() => disk.removeFolder(path))).toBe('ENOTEMPTY');
    await disk.syncFolder(path);
    await disk.remove(join(path, 'x'));
    await disk.removeFolder(path);
    expect(await disk.exists(path)).toBe(false);
  });

  it('is renamed with what is in it, onto nothing or an empty one', async () => {
    const folder = newFolder();
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    for (const path of [a, b]) mkdirSync(path);
    writeFileSync(join(a, 'x'), '');
    await disk.rename(a, b);
    expect(await disk.list(b)).toEqual(['x']);
    mkdirSync(a);
    expect(await codeOf(() => disk.rename(a, b))).toMatch(/^(ENOTEMPTY|EEXIST)$/);
  });

  it('tells of new names to who watches it', async () => {
    const folder = newFolder();
    let stop = () => {};
    const heard = new Promise<void>((resolve) => {
      stop = disk.watch(folder, resolve);
    });
    writeFileSync(join(folder, 'x'), '');
    await heard;
    stop();
    stop();
  });
});

it('touch gives a file a time that differs from the one before', async () => {
  const path = join(newFolder(), 'a');
  writeFileSync(path, '');
  const before = await disk.facts(path);
  expect(before).toMatchObject({ size: 0, folder: false });
  await disk.touch(path);
  expect((await disk.facts(path))?.modified).not.toBe(before?.modified);
  expect(await disk.facts(join(path, '..'))).toMatchObject({ folder: true });
});

it('one barrier makes a whole file system durable, where there is one', async () => {
  expect(await disk.flushFileSystem(newFolder())).toBe(process.platform === 'linux');
});

describe('who may see what is made', () => {
  it.each([
    ['its owner alone', nodeDisk(), 0o600, 0o700],
    ['the group as well', nodeDisk({ shared: true }), 0o660, 0o2770],
  ])('%s, whatever the umask is', async (_, made, fileMode, folderMode) => {
    const folder = newFolder();
    const umask = process.umask(0o077);
    onTestFinished(() => void process.umask(umask));
    await made.makeFolder(join(folder, 'a'));
    await (await made.open(join(folder, 'a', 'x'), 'create')).close();
    expect(statSync(join(folder, 'a')).mode & 0o7777).toBe(folderMode);
    expect(statSync(join(folder, 'a', 'x')).mode & 0o7777).toBe(fileMode);
  });
});

describe('writing and reading all', () => {
  /** A file in memory that takes and gives a few bytes at a time. */
  function stubborn(some: number) {
    let bytes = Buffer.alloc(0);
    let closed = 0;
    const file: DiskFile = {
      write(data, position) {
        const part = data.subarray(0, some);
        const grown = Buffer.alloc(Math.max(bytes.length, position + part.length));
        bytes.copy(grown);
        part.copy(grown, position);
        bytes = grown;
        return part.length;
      },
      read(buffer, position) {
        return bytes.copy(buffer, 0, position, Math.min(bytes.length, position + some));
      },
      sync: () => {},
      size: () => bytes.length,
      truncate: () => {},
      close: () => {
        closed++;
      },
    };
    return { file, bytes: () => bytes.toString('latin1'), closed: () => closed };
  }

  it.each([1, 2, 3, 99])('goes on where a write or a read of %i bytes stopped', async (some) => {
    const { file, bytes } = stubborn(some);
    await writeAll(file, Buffer.from('hello'), 2);
    expect(bytes()).toBe('\0\0hello');
    expect((await readRange(file, 2, 5)).toString()).toBe('hel');
    expect((await readRange(file, 4, 99)).toString()).toBe('llo');
    expect(await readRange(file, 9, 9)).toHaveLength(0);
    expect(await readRange(file, 9, 5)).toHaveLength(0);
  });

  it('fails where the disk takes nothing more, for ever', async () => {
    expect(await codeOf(() => writeAll(stubborn(0).file, Buffer.from('x'), 0))).toBe('EIO');
  });

  it('closes what is open only when the work on it fails', async () => {
    const whole = stubborn(1);
    expect(await orClose(whole.file, async () => 7)).toBe(7);
    expect(whole.closed()).toBe(0);
    const failing = orClose(whole.file, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(whole.closed()).toBe(1);
  });
});
