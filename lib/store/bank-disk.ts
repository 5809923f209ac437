/**
 * The disk as one bank sees it. A name in its folder that is of another kind than the bank gave it (a folder
 * where a file belongs, a file where a folder belongs, a link in a circle) is damage and names the file.
 */
import { basename, dirname, relative } from 'node:path';
import { type Awaitable, type Disk, errorCode, ifThere } from '../disk/disk.js';
import { damaged } from './damage.js';

export const NO_FILE = 'it is a folder where a file belongs';
export const NO_FOLDER = 'it is a file where a folder belongs';
export const NOWHERE = 'it is a link that leads nowhere';
const KINDS: Readonly<Record<string, string>> = {
  EISDIR: NO_FILE,
  ENOTDIR: NO_FOLDER,
  ELOOP: NOWHERE,
};

/** `disk`, for the bank in `directory`. @throws BankError BANK_DAMAGED where a name is of another kind */
export function bankDisk(disk: Disk, directory: string): Disk {
  const looked = <T>(path: string, look: () => Awaitable<T>): Awaitable<T> => {
    const failed = (error: unknown) => explain(disk, directory, path, error);
    try {
      const found = look();
      return found instanceof Promise ? found.catch(failed) : found;
    } catch (error) {
      return failed(error);
    }
  };
  return {
    ...disk,
    read: (path) => looked(path, () => disk.read(path)),
    list: (path) => looked(path, () => disk.list(path)),
    facts: (path) => looked(path, () => disk.facts(path)),
    exists: (path) => looked(path, () => disk.exists(path)),
    open: (path, mode) => looked(path, () => disk.open(path, mode)),
    remove: (path) => looked(path, () => disk.remove(path)),
    rename: (from, to) => looked(to, () => disk.rename(from, to)),
  };
}

/** Whether the name is there, wherever it leads: of one that leads nowhere there are no facts. */
export async function isListed(disk: Disk, path: string): Promise<boolean> {
  return ((await ifThere(() => disk.list(dirname(path)))) ?? []).includes(basename(path));
}

async function explain(
  disk: Disk,
  directory: string,
  path: string,
  error: unknown,
): Promise<never> {
  const code = errorCode(error);
  const what = KINDS[code];
  const file = what && relative(directory, await whereItIs(disk, path, code));
  // Nothing that lies above the bank is the bank's.
  if (!what || !file || file.startsWith('..')) throw error;
  throw damaged(file, what, error);
}

/** The name that is of another kind: `path`, or one above it. */
async function whereItIs(disk: Disk, path: string, code: string): Promise<string> {
  let at = path;
  while (!(await canBeLookedAt(disk, code === 'ELOOP' ? dirname(at) : at))) at = dirname(at);
  return at;
}

async function canBeLookedAt(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.facts(path);
    return true;
  } catch {
    return false;
  }
}
