import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BankError } from '../ledger/errors.js';

/**
 * Files outside a bank: what users hand in, and folders that are thrown away. Nothing here is part of
 * a bank's safety.
 */

/** Largest file that is read whole. */
export const USER_FILE_BYTES_MAX = 256 * 1024 * 1024;

/** The bytes of a file that a user named. @throws BankError INVALID_FILE, NO_PERMISSION, IO_ERROR */
export async function readUserFile(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > USER_FILE_BYTES_MAX) {
      throw new BankError('INVALID_FILE', `${path} has ${size} bytes; at most 256 MiB are read.`, {
        details: { file: path, bytes: size },
        hint: 'Split the file.',
      });
    }
    return await readFile(path);
  } catch (error) {
    throw toBankError(error, path);
  }
}

/** Writes a file that a user named, whole or not at all: whoever reads it sees the old or the new. */
export async function writeUserFile(path: string, text: string): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  try {
    await writeFileAtomic(path, text);
  } catch (error) {
    throw writeError(error, path);
  }
}

/** A new folder of its own for things that may be thrown away. */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), prefix));
  } catch (error) {
    throw writeError(error, join(tmpdir(), prefix), 'Set TMPDIR to a folder that may be written.');
  }
}

/** Whether a bank could be made at `path`: nothing is there, or an empty folder. */
export async function isAbsentOrEmpty(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (code === 'ENOTDIR') return false;
    throw toBankError(error, path);
  }
}

function writeError(error: unknown, path: string, hint = 'Write it elsewhere.'): BankError {
  const { code } = error as NodeJS.ErrnoException;
  const told = { details: { file: path, errno: code }, cause: error };
  const elsewhere = { ...told, hint };
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new BankError('INVALID_FILE', `There is no folder for ${path}.`, elsewhere);
    case 'EISDIR':
      return new BankError('INVALID_FILE', `${path} is a folder.`, elsewhere);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new BankError('NO_PERMISSION', `${path} may not be written.`, elsewhere);
    case 'ENOSPC':
    case 'EDQUOT':
      return new BankError('DISK_FULL', `There is no room for ${path}.`, elsewhere);
    default:
      return new BankError('IO_ERROR', `${path} could not be written: ${String(error)}`, told);
  }
}

function toBankError(error: unknown, path: string): unknown {
  if (error instanceof BankError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const details = { file: path, errno: code };
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
    case 'ELOOP':
      return new BankError('INVALID_FILE', `There is no file ${path}.`, {
        details,
        hint: 'Check the path.',
        cause: error,
      });
    case 'EISDIR':
      return new BankError('INVALID_FILE', `${path} is a folder.`, {
        details,
        hint: 'Name a file.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
      return new BankError('NO_PERMISSION', `${path} may not be read.`, {
        details,
        hint: 'Ask the owner of the file for access.',
        cause: error,
      });
    default:
      return new BankError('IO_ERROR', `${path} could not be read: ${String(error)}`, {
        details,
        cause: error,
      });
  }
}
