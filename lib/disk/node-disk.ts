/**
 * The real disk. Small steps are made at once on the calling thread (a hop to the thread pool costs
 * more than they do); a sync goes to the pool only where there is enough to sync, or the disk is slow enough,
 * for it to matter.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  type Stats,
  statSync,
  unlinkSync,
  utimesSync,
  watch as watchFolder,
  writeSync,
} from 'node:fs';
import { type Disk, type DiskFile, errorCode, type FileFacts } from './disk.js';
import { monotonic } from './node-system.js';

const OPEN_FLAGS = { read: 'r', write: 'r+', create: 'wx+' } as const;
/** Where a sync took longer than this, or is for more bytes, it is made beside the event loop. */
const SYNC_INLINE_MAX_MS = 2;
const SYNC_INLINE_MAX_BYTES = 256 * 1024;

export interface NodeDiskOptions {
  /** For a Unix group: folders 2770 and files 0660, whatever the umask; else 0700 and 0600. */
  readonly shared?: boolean;
  /** What root makes belongs to the owner of this file: else nobody but root could use it. */
  readonly ownedAs?: string;
}

/** The disk of this machine. */
export function nodeDisk({ shared = false, ownedAs }: NodeDiskOptions = {}): Disk {
  const fileMode = shared ? 0o660 : 0o600;
  const owner = ownedAs === undefined ? undefined : someoneElseOwning(ownedAs);
  /** Lets those use what is new who shall; where that cannot be, it goes. */
  const handOver = (
    path: string,
    descriptor: number,
    mode: number,
    remove: (path: string) => void,
  ) => {
    try {
      if (owner) fchownSync(descriptor, owner.uid, owner.gid);
      if (shared) fchmodSync(descriptor, mode);
    } catch (error) {
      closeSync(descriptor);
      remove(path);
      throw withPath(error, path);
    }
  };
  return {
    read: (path) => named(path, () => readFileSync(path)),
    list: (folder) => readdirSync(folder),
    facts: factsOf,
    exists,
    open(path, mode) {
      const descriptor = openSync(path, OPEN_FLAGS[mode], fileMode);
      if (mode === 'create') handOver(path, descriptor, fileMode, unlinkSync);
      // A system opens a folder to read, and fails at the first read of it.
      if (mode === 'read') refuseFolder(descriptor, path);
      return new NodeFile(descriptor, path);
    },
    rename: (from, to) => renameSync(from, to),
    remove: (path) => unlinkSync(path),
    makeFolder(path) {
      if (!makeFolder(path)) return false;
      if (!owner && !shared) return true;
      // By a descriptor, and through no link: whoever owns the folder above may put one there.
      const descriptor = openSync(path, constants.O_DIRECTORY | constants.O_NOFOLLOW);
      handOver(path, descriptor, 0o2770, rmdirSync);
      closeSync(descriptor);
      return true;
    },
    removeFolder: (path) => rmdirSync(path),
    syncFolder,
    flushFileSystem,
    touch(path) {
      const now = new Date();
      utimesSync(path, now, now);
    },
    watch,
  };
}

/** As root: whose the file is, if it is not root's. */
function someoneElseOwning(path: string): Stats | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const facts = statSync(path);
  return facts.uid === 0 ? undefined : facts;
}

/** The system knows only a number of what is open; who is told of a failure wants to know which file it was. */
function named<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw withPath(error, path);
  }
}

function withPath(error: unknown, path: string): unknown {
  return error instanceof Error ? Object.assign(error, { path }) : error;
}

function refuseFolder(descriptor: number, path: string): void {
  if (!fstatSync(descriptor).isDirectory()) return;
  closeSync(descriptor);
  const message = 'EISDIR: illegal operation on a directory, open';
  throw Object.assign(new Error(message), { code: 'EISDIR', path });
}

function factsOf(path: string): FileFacts | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  return {
    size: Number(stat.size),
    inode: `${stat.ino}`,
    links: Number(stat.nlink),
    born: stat.birthtimeNs > 0n ? `${stat.birthtimeNs}` : '',
    modified: Number(stat.mtimeNs / 1000n) / 1000,
    folder: stat.isDirectory(),
  };
}

function exists(path: string): boolean {
  // existsSync swallows every error; statSync with this option swallows ENOENT alone.
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function makeFolder(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  return true;
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** `sync -f`: Node knows no syncfs(2), and one such barrier replaces thousands of syncs. */
async function flushFileSystem(path: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  // Few need it, and to load it takes milliseconds: a command that answers one question would wait for it.
  const { execFile } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve, reject) => {
    execFile(
      'sync',
      ['-f', path],
      { env: { PATH: process.env.PATH, LC_ALL: 'C' } },
      (error, _, told) => {
        if (error === null) return resolve(true);
        // Not there, or one that does not know -f: the caller syncs file by file.
        if (error.code === 'ENOENT' || /(invalid|unrecognized) option/.test(told))
          return resolve(false);
        reject(Object.assign(new Error(`sync -f failed: ${told.trim()}`), { code: 'EIO' }));
      },
    );
  });
}

function watch(folder: string, changed: () => void): () => void {
  try {
    const watcher = watchFolder(folder, { persistent: false }, () => changed());
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => {}; // No watches left: who waits also looks from time to time.
  }
}

class NodeFile implements DiskFile {
  readonly #descriptor: number;
  readonly #path: string;
  #slow = false;
  /** Bytes written since the last sync. */
  #unsynced = 0;

  constructor(descriptor: number, path: string) {
    this.#descriptor = descriptor;
    this.#path = path;
  }

  #make<T>(call: () => T): T {
    return named(this.#path, call);
  }

  read(buffer: Buffer, position: number): number {
    return this.#make(() => readSync(this.#descriptor, buffer, 0, buffer.length, position));
  }

  write(bytes: Buffer, position: number): number {
    const written = this.#make(() => writeSync(this.#descriptor, bytes, 0, bytes.length, position));
    this.#unsynced += written;
    return written;
  }

  sync(): void | Promise<void> {
    const isLarge = this.#unsynced > SYNC_INLINE_MAX_BYTES;
    this.#unsynced = 0;
    const start = monotonic();
    const measured = () => {
      if (!isLarge) this.#slow = monotonic() - start > SYNC_INLINE_MAX_MS;
    };
    if (!isLarge && !this.#slow) {
      this.#make(() => fdatasyncSync(this.#descriptor));
      return measured();
    }
    return new Promise((resolve, reject) => {
      fdatasync(this.#descriptor, (error) => {
        measured();
        if (error) reject(withPath(error, this.#path));
        else resolve();
      });
    });
  }

  size(): number {
    return this.#make(() => fstatSync(this.#descriptor).size);
  }

  truncate(size: number): void {
    this.#make(() => ftruncateSync(this.#descriptor, size));
  }

  close(): void {
    this.#make(() => closeSync(this.#descriptor));
  }
}
