/** What the store takes for granted of a disk: the real one and the simulated one must both hold it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Disk, errorCode, readRange } from '#lib/disk/disk.js';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { SimulatedDisk } from '#lib/testing/simulated-disk.js';

interface Place {
  readonly disk: Disk;
  /** An empty folder on it. */
  readonly folder: string;
}

function realPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'drovebank-disk-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { disk: nodeDisk(), folder };
}

async function simulatedPlace(): Promise<Place> {
  let time = 0;
  const disk = new SimulatedDisk({ clock: () => ++time }).port();
  await disk.makeFolder('/place');
  return { disk, folder: '/place' };
}

/** A file with these bytes. */
async function put(disk: Disk, path: string, text = ''): Promise<string> {
  const file = await disk.open(path, 'create');
  await file.write(Buffer.from(text), 0);
  await file.close();
  return path;
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

describe.each<[string, () => Place | Promise<Place>]>([
  ['real', realPlace],
  ['simulated', simulatedPlace],
])('on the %s disk', (_, newPlace) => {
  const textOf = async (disk: Disk, path: string) => (await disk.read(path)).toString('latin1');

  describe('a file', () => {
    it('is made once, and written and read at any place', async () => {
      const { disk, folder } = await newPlace();
      const path = join(folder, 'a');
      const file = await disk.open(path, 'create');
      expect(await codeOf(() => disk.open(path, 'create'))).toBe('EEXIST');
      expect(await file.write(Buffer.from('hello'), 3)).toBe(5);
      await file.sync();
      expect(await file.size()).toBe(8);
      const buffer = Buffer.alloc(10);
      expect(await file.read(buffer, 3)).toBe(5);
      expect(buffer.toString('latin1', 0, 5)).toBe('hello');
      expect(await file.read(buffer, 8)).toBe(0);
      expect(await file.read(buffer, 99)).toBe(0);
      await file.truncate(4);
      expect(await file.size()).toBe(4);
      await file.truncate(6);
      await file.close();
      expect(await textOf(disk, path)).toBe('\0\0\0h\0\0');
      const again = await disk.open(path, 'write');
      await again.write(Buffer.from('HEL'), 0);
      await again.close();
      expect(await textOf(disk, path)).toBe('HELh\0\0');
    });

    it('that was opened to be read is not written to', async () => {
      const { disk, folder } = await newPlace();
      const file = await disk.open(await put(disk, join(folder, 'a'), 'x'), 'read');
      expect(await codeOf(() => file.write(Buffer.from('y'), 0))).toBe('EBADF');
      await file.close();
    });

    it('keeps its inode under another name, and what is open stays open', async () => {
      const { disk, folder } = await newPlace();
      const [a, b] = [join(folder, 'a'), join(folder, 'b')];
      await put(disk, a, 'new');
      await put(disk, b, 'old');
      const before = await disk.facts(a);
      const [old, renamed] = [await disk.open(b, 'read'), await disk.open(a, 'write')];
      await disk.rename(a, b);
      expect(await disk.list(folder)).toEqual(['b']);
      expect(await disk.facts(b)).toMatchObject({ inode: before?.inode, born: before?.born });
      expect((await readRange(old, 0, 99)).toString()).toBe('old');
      await renamed.write(Buffer.from('NEW'), 0);
      expect(await textOf(disk, b)).toBe('NEW');
      await disk.remove(b);
      expect((await readRange(renamed, 0, 99)).toString()).toBe('NEW');
      for (const file of [old, renamed]) await file.close();
      expect(await disk.list(folder)).toEqual([]);
    });

    it('has a time that a touch changes', async () => {
      const { disk, folder } = await newPlace();
      const path = await put(disk, join(folder, 'a'));
      const before = await disk.facts(path);
      expect(before).toMatchObject({ size: 0, folder: false });
      await disk.touch(path);
      expect((await disk.facts(path))?.modified).not.toBe(before?.modified);
      expect(await disk.facts(folder)).toMatchObject({ folder: true });
    });
  });

  describe('what is not there', () => {
    it.each<[string, string, (disk: Disk, path: string) => unknown]>([
      ['read', 'ENOENT', (disk, path) => disk.read(path)],
      ['list', 'ENOENT', (disk, path) => disk.list(path)],
      ['open', 'ENOENT', (disk, path) => disk.open(path, 'read')],
      ['open to write', 'ENOENT', (disk, path) => disk.open(path, 'write')],
      ['create in', 'ENOENT', (disk, path) => disk.open(join(path, 'x'), 'create')],
      ['rename', 'ENOENT', (disk, path) => disk.rename(path, `${path}2`)],
      ['rename to', 'ENOENT', (disk, path) => disk.rename(join(path, '..'), join(path, 'x'))],
      ['remove', 'ENOENT', (disk, path) => disk.remove(path)],
      ['removeFolder', 'ENOENT', (disk, path) => disk.removeFolder(path)],
      ['makeFolder in', 'ENOENT', (disk, path) => disk.makeFolder(join(path, 'x'))],
      ['syncFolder', 'ENOENT', (disk, path) => disk.syncFolder(path)],
      ['touch', 'ENOENT', (disk, path) => disk.touch(path)],
      ['facts', 'none', (disk, path) => disk.facts(path)],
      ['exists', 'none', (disk, path) => disk.exists(path)],
      ['watch', 'none', (disk, path) => disk.watch(path, () => {})()],
    ])('%s: %s', async (_name, code, ask) => {
      const { disk, folder } = await newPlace();
      const path = join(folder, 'absent');
      expect(await codeOf(() => ask(disk, path))).toBe(code);
      expect(await disk.facts(path)).toBeUndefined();
      expect(await disk.exists(path)).toBe(false);
    });
  });

  describe('what is something else', () => {
    it.each<[string, string, (disk: Disk, file: string, folder: string) => unknown]>([
      ['facts under a file', 'ENOTDIR', (disk, file) => disk.facts(join(file, 'x'))],
      ['exists under a file', 'ENOTDIR', (disk, file) => disk.exists(join(file, 'x'))],
      ['create under a file', 'ENOTDIR', (disk, file) => disk.open(join(file, 'x'), 'create')],
      ['list a file', 'ENOTDIR', (disk, file) => disk.list(file)],
      ['removeFolder of a file', 'ENOTDIR', (disk, file) => disk.removeFolder(file)],
      ['makeFolder where a file is', 'none', (disk, file) => disk.makeFolder(file)],
      ['read a folder', 'EISDIR', (disk, _file, folder) => disk.read(folder)],
      ['open a folder', 'EISDIR', (disk, _file, folder) => disk.open(folder, 'read')],
      ['open a folder to write', 'EISDIR', (disk, _file, folder) => disk.open(folder, 'write')],
      ['create where a folder is', 'EEXIST', (disk, _file, folder) => disk.open(folder, 'create')],
      ['rename a file onto a folder', 'EISDIR', (disk, file, folder) => disk.rename(file, folder)],
      ['rename a folder onto a file', 'ENOTDIR', (disk, file, folder) => disk.rename(folder, file)],
    ])('%s: %s', async (_name, code, ask) => {
      const { disk, folder } = await newPlace();
      const file = await put(disk, join(folder, 'file'), 'x');
      const inner = join(folder, 'folder');
      await disk.makeFolder(inner);
      expect(await codeOf(() => ask(disk, file, inner))).toBe(code);
      expect((await disk.list(folder)).toSorted()).toEqual(['file', 'folder']);
      expect(await textOf(disk, file)).toBe('x');
    });
  });

  describe('a folder', () => {
    it('is made and removed once, and only when it is empty', async () => {
      const { disk, folder } = await newPlace();
      const path = join(folder, 'a');
      expect(await disk.makeFolder(path)).toBe(true);
      expect(await disk.makeFolder(path)).toBe(false);
      await put(disk, join(path, 'x'));
      expect(await disk.list(path)).toEqual(['x']);
      expect(await codeOf(() => disk.removeFolder(path))).toBe('ENOTEMPTY');
      await disk.syncFolder(path);
      await disk.remove(join(path, 'x'));
      await disk.removeFolder(path);
      expect(await disk.exists(path)).toBe(false);
    });

    it('is renamed with what is in it, onto nothing or an empty one', async () => {
      const { disk, folder } = await newPlace();
      const [a, b] = [join(folder, 'a'), join(folder, 'b')];
      for (const path of [a, b]) await disk.makeFolder(path);
      await put(disk, join(a, 'x'));
      await disk.rename(a, b);
      expect(await disk.list(b)).toEqual(['x']);
      expect(await disk.exists(a)).toBe(false);
      await disk.makeFolder(a);
      expect(await codeOf(() => disk.rename(a, b))).toMatch(/^(ENOTEMPTY|EEXIST)$/);
      await disk.removeFolder(a);
      await disk.rename(b, a);
      expect(await codeOf(() => disk.open(join(b, 'y'), 'create'))).toBe('ENOENT');
    });

    it('tells of new names to who watches it', async () => {
      const { disk, folder } = await newPlace();
      let stop = () => {};
      const heard = new Promise<void>((resolve) => {
        stop = disk.watch(folder, resolve);
      });
      await put(disk, join(folder, 'x'));
      await heard;
      stop();
      stop();
    });
  });

  it('one barrier makes a whole file system durable, where there is one', async () => {
    const { disk, folder } = await newPlace();
    expect([true, process.platform === 'linux']).toContain(await disk.flushFileSystem(folder));
  });
});
