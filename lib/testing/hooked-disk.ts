/** Something between the store and its disk: to count, to fail, to kill, to let others go first. */
import type { Awaitable, Disk, DiskFile } from '../disk/disk.js';

/** One call of the disk port, as a hook sees it. */
export interface Step {
  readonly name: keyof Disk | keyof DiskFile | 'create';
  readonly path: string;
  /** What is being written. */
  readonly bytes?: Buffer;
  readonly position?: number;
}

/** Lets a step through with `go` (a write perhaps with fewer bytes), or fails it. */
export type Hook = <T>(step: Step, go: (bytes?: Buffer) => Awaitable<T>) => Awaitable<T>;

const LOOKS: readonly Step['name'][] = ['read', 'list', 'facts', 'exists', 'open', 'size'];

/** Whether a step may change what others see, or what a power cut leaves. */
export function changes({ name }: Step): boolean {
  return !LOOKS.includes(name);
}

/** `disk` with something between it and the store. */
export function hooked(disk: Disk, hook: Hook): Disk {
  const wrap = (path: string, file: DiskFile): DiskFile => ({
    read: (buffer, position) => hook({ name: 'read', path }, () => file.read(buffer, position)),
    write: (bytes, position) =>
      hook({ name: 'write', path, bytes, position }, (some = bytes) => file.write(some, position)),
    sync: () => hook({ name: 'sync', path }, () => file.sync()),
    size: () => hook({ name: 'size', path }, () => file.size()),
    truncate: (size) => hook({ name: 'truncate', path }, () => file.truncate(size)),
    close: () => hook({ name: 'close', path }, () => file.close()),
  });
  return {
    read: (path) => hook({ name: 'read', path }, () => disk.read(path)),
    list: (path) => hook({ name: 'list', path }, () => disk.list(path)),
    facts: (path) => hook({ name: 'facts', path }, () => disk.facts(path)),
    exists: (path) => hook({ name: 'exists', path }, () => disk.exists(path)),
    async open(path, mode) {
      const name = mode === 'create' ? 'create' : 'open';
      return wrap(path, await hook({ name, path }, () => disk.open(path, mode)));
    },
    rename: (from, path) => hook({ name: 'rename', path }, () => disk.rename(from, path)),
    remove: (path) => hook({ name: 'remove', path }, () => disk.remove(path)),
    makeFolder: (path) => hook({ name: 'makeFolder', path }, () => disk.makeFolder(path)),
    removeFolder: (path) => hook({ name: 'removeFolder', path }, () => disk.removeFolder(path)),
    syncFolder: (path) => hook({ name: 'syncFolder', path }, () => disk.syncFolder(path)),
    flushFileSystem: (path) =>
      hook({ name: 'flushFileSystem', path }, () => disk.flushFileSystem(path)),
    touch: (path) => hook({ name: 'touch', path }, () => disk.touch(path)),
    watch: (path, changed) => disk.watch(path, changed),
  };
}

/** A system error as the kernel gives it. */
export function systemError(code: string, path = ''): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}
