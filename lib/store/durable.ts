/** What somebody else made, and may never have made durable: nothing of ours may stand on it before. */
import { dirname, join } from 'node:path';
import { type Disk, errorCode, ifThere } from '../disk/disk.js';

/**
 * Makes the name durable of a folder that is there already: who made it may have died before that was
 * done, and a power cut would take it away with all that has been put into it since.
 */
export async function makeNameDurable(disk: Disk, folder: string): Promise<void> {
  try {
    await disk.syncFolder(dirname(folder));
  } catch (error) {
    // The folder above is somebody else's, and not ours to read.
    if (!['EACCES', 'EPERM'].includes(errorCode(error))) throw error;
  }
}

/** Makes all that lies in `folder` durable, and its name: a copy is no more than the kernel's memory of it. */
export async function makeTreeDurable(disk: Disk, folder: string): Promise<void> {
  if (await disk.flushFileSystem(folder)) return;
  await syncTree(disk, folder);
  await makeNameDurable(disk, folder);
}

async function syncTree(disk: Disk, folder: string): Promise<void> {
  for (const name of await disk.list(folder)) {
    const path = join(folder, name);
    // What others, who are at it as well, take away meanwhile needs no sync.
    if ((await disk.facts(path))?.folder) await ifThere(() => syncTree(disk, path));
    else await ifThere(() => syncFile(disk, path));
  }
  await disk.syncFolder(folder);
}

/** Makes the bytes of a file durable that was closed since it was written. */
export async function syncFile(disk: Disk, path: string): Promise<void> {
  const file = await disk.open(path, 'write'); // Not every system syncs what may only be read.
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
