import { errorCode } from '../disk/disk.js';
import { BankError, type BankErrorCode } from '../ledger/errors.js';

const CODES: Readonly<Record<string, BankErrorCode>> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EFBIG: 'DISK_FULL',
  EACCES: 'NO_PERMISSION',
  EPERM: 'NO_PERMISSION',
  EROFS: 'BANK_READ_ONLY',
  ENAMETOOLONG: 'INVALID_FILE',
};

/** Of a path no more is told. */
const PATH_TOLD_MAX = 200;

/** Whether the disk, or the user's share of it, is full. */
export function isFull(error: unknown): boolean {
  return CODES[errorCode(error)] === 'DISK_FULL';
}

/** A system error as the refusal that it means. What is neither is a bug and stays itself. */
export function asBankError(error: unknown): unknown {
  const code = errorCode(error);
  if (code === '' || !(error instanceof Error)) return error;
  const { path } = error as { path?: string };
  const where = path === undefined ? '' : ` (${path.slice(0, PATH_TOLD_MAX)})`;
  if (code === 'EMFILE' || code === 'ENFILE') {
    const message = `This process or machine has too many files open${where}.`;
    return new BankError('IO_ERROR', message, {
      cause: error,
      hint: 'Close some, or raise `ulimit -n`.',
    });
  }
  return new BankError(CODES[code] ?? 'IO_ERROR', messageOf(code, error.message, where), {
    ...(code === 'ENAMETOOLONG' ? { hint: 'Give it a shorter name.' } : {}),
    details: { errno: code, path },
    cause: error,
  });
}

function messageOf(code: string, message: string, where: string): string {
  if (code === 'EACCES' || code === 'EPERM') return `No permission for the bank's files${where}.`;
  if (code === 'EROFS') return `The bank lies on a read-only file system${where}.`;
  if (code === 'ENAMETOOLONG') return `The name is too long for the disk${where}.`;
  if (CODES[code] === 'DISK_FULL') return `The disk is full${where}.`;
  const named = where === '' || message.includes(where.slice(2, -1));
  return `The disk answered with an error: ${message}${named ? '' : where}`;
}
