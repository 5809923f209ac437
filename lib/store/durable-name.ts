import { dirname } from 'node:path';
import { type Disk, errorCode } from '../disk/disk.js';

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
