import { spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
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
const [OWNER, GROUP] = [54_301, 54_302];
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.error('SKIPPED: whose it is what root makes: only root can play it');
/** Root that may do all but give files away. */
const BOUND = ['--bounding-set', '-chown'];
const mayBind = isRoot && spawnSync('setpriv', [...BOUND, 'true']).status === 0;
if (!mayBind) console.error('SKIPPED: root that may give nothing away: only root with setpriv can');

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

describe('what is not there', () => {
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

it('a sync of much is made beside the event loop, and says of which file where it fails', async () => {
  const path = join(newFolder(), 'much');
  const file = await disk.open(path, 'create');
  await file.write(Buffer.alloc(300_000), 0);
  const synced = file.sync();
  expect(synced).toBeInstanceOf(Promise);
  await synced;
  await file.write(Buffer.alloc(300_000), 0);
  await file.close();
  const failed = await Promise.resolve(file.sync()).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 'EBADF', path });
});

it('a read that fails says of which file', async () => {
  const folder = newFolder();
  const failed = await Promise.resolve()
    .then(() => disk.read(folder))
    .catch((error) => error);
  expect(failed).toMatchObject({ code: 'EISDIR', path: folder });
});

it.runIf(existsSync('/proc/self/fd'))(
  'a folder that is opened to be read is refused, and not kept open',
  async () => {
    const folder = newFolder();
    const openFiles = () => readdirSync('/proc/self/fd').length;
    const before = openFiles();
    expect(await codeOf(() => disk.open(folder, 'read'))).toBe('EISDIR');
    expect(openFiles()).toBe(before);
  },
);

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

describe.skipIf(!isRoot)('what root makes', () => {
  /** A folder with the file `like`, of the user and the group. */
  function folderWith(uid: number, gid: number): string {
    const folder = newFolder();
    writeFileSync(join(folder, 'like'), '');
    chownSync(join(folder, 'like'), uid, gid);
    return folder;
  }

  it.each([
    ['its owner alone', false, 0o600, 0o700],
    ['the group as well', true, 0o660, 0o2770],
  ])('belongs to the owner of a file that is not its own: for %s', async (_, shared, ...modes) => {
    const folder = folderWith(OWNER, GROUP);
    const made = nodeDisk({ shared, ownedAs: join(folder, 'like') });
    expect(await made.makeFolder(join(folder, 'a'))).toBe(true);
    expect(await made.makeFolder(join(folder, 'a'))).toBe(false);
    await (await made.open(join(folder, 'a', 'x'), 'create')).close();
    const facts = [join(folder, 'a', 'x'), join(folder, 'a')].map((path) => statSync(path));
    expect(facts.map(({ uid, gid }) => [uid, gid])).toEqual([1, 2].map(() => [OWNER, GROUP]));
    expect(facts.map(({ mode }) => mode & 0o7777)).toEqual(modes);
  });

  it('is its own where that file is, and what was there stays whose it was', async () => {
    const folder = folderWith(0, GROUP);
    const made = nodeDisk({ ownedAs: join(folder, 'like') });
    await made.makeFolder(join(folder, 'a'));
    await (await made.open(join(folder, 'x'), 'create')).close();
    for (const name of ['a', 'x']) expect(statSync(join(folder, name))).toMatchObject({ gid: 0 });
    chownSync(join(folder, 'like'), OWNER, GROUP);
    const others = nodeDisk({ ownedAs: join(folder, 'like') });
    await (await others.open(join(folder, 'x'), 'write')).close();
    expect(statSync(join(folder, 'x'))).toMatchObject({ uid: 0, gid: 0 });
  });

  it.skipIf(!mayBind)('is gone where it cannot be given, and never left open', () => {
    const folder = folderWith(OWNER, GROUP);
    const program = `
      import { readdirSync } from 'node:fs';
      import { nodeDisk } from ${JSON.stringify(import.meta.resolve('#lib/disk/node-disk.js'))};
      const [others, shared] = [nodeDisk({ ownedAs: 'like' }), nodeDisk({ shared: true })];
      const makes = [
        () => others.open('x', 'create'),
        () => others.makeFolder('a'),
        () => shared.makeFolder('b'),
      ];
      const open = () => readdirSync('/proc/self/fd').length;
      const before = open();
      const told = makes.map((make) => {
        let what = 'made';
        try { make(); } catch ({ code, path }) { what = code + ' ' + path; }
        return [what, open() - before].join();
      });
      console.log(...told, ...readdirSync('.'));
    `;
    const command = [process.execPath, '--input-type=module', '-e', program];
    const options = { cwd: folder, encoding: 'utf8' } as const;
    const { stdout, stderr } = spawnSync('setpriv', [...BOUND, ...command], options);
    expect(stdout, stderr).toBe('EPERM x,0 EPERM a,0 made,0 b like\n');
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
