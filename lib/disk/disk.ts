/** A value, or a promise of it: the real disk answers small questions at once, the simulated never. */
export type Awaitable<T> = T | Promise<T>;

export interface FileFacts {
  readonly size: number;
  /** Which file it is, whatever its name. Without the device: one disk may be mounted twice. */
  readonly inode: string;
  /** How many names it has. */
  readonly links: number;
  /** Birth time in nanoseconds, '' where the file system does not know it. */
  readonly born: string;
  /** Last change, in milliseconds. Only ever compared with itself: clocks lie. */
  readonly modified: number;
  readonly folder: boolean;
}

/** Which file or folder it is, whatever its name; a number is given again when a file is gone. */
export const identityOf = ({ inode, born }: FileFacts): string => `${inode}:${born}`;

/**
 * The disk as the store sees it: the only way to any file of a bank. All paths are absolute.
 * Errors are the system's own (`code: 'ENOSPC'` …); only ENOENT ever means absent.
 */
export interface Disk {
  /** The whole file. */
  read(path: string): Awaitable<Buffer>;
  /** Names in a folder, in no order. */
  list(folder: string): Awaitable<string[]>;
  /** `undefined` when there is nothing (ENOENT). */
  facts(path: string): Awaitable<FileFacts | undefined>;
  /** Whether there is something; any error but ENOENT is thrown. */
  exists(path: string): Awaitable<boolean>;
  /** `create` is exclusive: it fails with EEXIST when the name is taken. */
  open(path: string, mode: 'read' | 'write' | 'create'): Awaitable<DiskFile>;
  /** Atomic; replaces what has the new name, if it is a file. */
  rename(from: string, to: string): Awaitable<void>;
  remove(path: string): Awaitable<void>;
  /** Answers whether it was made; `false`: there was one already. */
  makeFolder(path: string): Awaitable<boolean>;
  removeFolder(path: string): Awaitable<void>;
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Awaitable<void>;
  /** One barrier for all of the file system that `path` lies on; `false` where there is none. */
  flushFileSystem(path: string): Awaitable<boolean>;
  /** Gives the file a new time of change. */
  touch(path: string): Awaitable<void>;
  /** Calls back soon after names in a folder may have changed. A hint only. Returns how to stop. */
  watch(folder: string, changed: () => void): () => void;
}

export interface DiskFile {
  /** Reads into `buffer` from `position`; returns the bytes read, fewer only at the end. */
  read(buffer: Buffer, position: number): Awaitable<number>;
  /** Writes at `position`; may write less, and says how much. */
  write(bytes: Buffer, position: number): Awaitable<number>;
  /** Returns when all bytes written before are on the disk. A failure is final. */
  sync(): Awaitable<void>;
  size(): Awaitable<number>;
  /** Cuts the file to `size` bytes. */
  truncate(size: number): Awaitable<void>;
  close(): Awaitable<void>;
}

/** The system's error code, `ENOENT` and the like; '' for what is no system error. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : '';
}

/** What `look` finds; `undefined` when the name that it looks for is not there. Only ENOENT means that. */
export async function ifThere<T>(look: () => Awaitable<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What `look` finds. @throws what `missing` makes when the name that it looks for is not there */
export async function mustBeThere<T>(look: () => Awaitable<T>, missing: () => Error): Promise<T> {
  try {
    return await look();
  } catch (error) {
    throw errorCode(error) === 'ENOENT' ? missing() : error;
  }
}

/** Removes a file, unless somebody else has done so. */
export async function removeIfThere(disk: Disk, path: string): Promise<void> {
  await ifThere(() => disk.remove(path));
}

/** Writes all of `bytes` at `position`: short writes are normal. */
export async function writeAll(file: DiskFile, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const rest = done === 0 ? bytes : bytes.subarray(done);
    const written = await file.write(rest, position + done);
    if (written === 0)
      throw Object.assign(new Error('the disk takes no more bytes'), { code: 'EIO' });
    done += written;
  }
}

/** A new file with these bytes, durable but for its name. */
export async function writeDurably(disk: Disk, path: string, bytes: Buffer): Promise<void> {
  const file = await disk.open(path, 'create');
  try {
    await writeAll(file, bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Closes what has failed, or what nobody will trust: what the disk says to that changes nothing. */
export async function closeFailed(open: { close(): Awaitable<void> }): Promise<void> {
  try {
    await open.close();
  } catch (error) {
    if (errorCode(error) === '') throw error;
  }
}

/** What `work` makes of something open, which is closed if it fails. */
export async function orClose<T>(
  open: { close(): Awaitable<void> },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await closeFailed(open);
    throw error;
  }
}

/**
 * The bytes of an open file from `start` up to `end`; fewer when it is shorter. They lie in `into` where that has room: for
 * who reads one range after the other, and is done with one before the next.
 */
export async function readRange(
  file: DiskFile,
  start: number,
  end: number,
  into?: Buffer,
): Promise<Buffer> {
  const length = Math.max(0, end - start);
  const hasRoom = into !== undefined && length <= into.length;
  const buffer = hasRoom ? into.subarray(0, length) : Buffer.allocUnsafe(length);
  let done = 0;
  while (done < buffer.length) {
    const count = await file.read(done === 0 ? buffer : buffer.subarray(done), start + done);
    if (count === 0) break;
    done += count;
  }
  return buffer.subarray(0, done);
}
