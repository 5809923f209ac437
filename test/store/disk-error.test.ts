import { describe, expect, it } from 'vitest';
import { BankError, type BankErrorCode } from '#lib/ledger/errors.js';
import { asBankError, isFull } from '#lib/store/disk-error.js';
import { systemError } from '#lib/testing/hooked-disk.js';

describe('an error of the system', () => {
  it.each<[string, BankErrorCode, RegExp]>([
    ['ENOSPC', 'DISK_FULL', /disk is full/],
    ['EDQUOT', 'DISK_FULL', /disk is full/],
    ['EFBIG', 'DISK_FULL', /disk is full/],
    ['EACCES', 'NO_PERMISSION', /No permission/],
    ['EPERM', 'NO_PERMISSION', /No permission/],
    ['EROFS', 'BANK_READ_ONLY', /read-only file system/],
    ['EMFILE', 'IO_ERROR', /too many files open/],
    ['ENFILE', 'IO_ERROR', /too many files open/],
    ['EIO', 'IO_ERROR', /answered with an error/],
    ['ENOENT', 'IO_ERROR', /answered with an error/],
  ])('%s is told as %s, with its path and its cause', (errno, code, message) => {
    const error = systemError(errno, '/somewhere/bank.json');
    const told = asBankError(error);
    expect(told).toMatchObject({ name: 'BankError', code, committed: false, retryable: true });
    expect((told as BankError).message).toMatch(message);
    expect(told).toMatchObject({ cause: error });
    expect(isFull(error)).toBe(code === 'DISK_FULL');
  });

  it.each([
    ['a refusal', new BankError('BANK_BUSY', 'busy')],
    ['a refusal that begins as they do', new BankError('EXCEEDS_HOLD', 'held')],
    ['a bug', new TypeError('undefined is no function')],
    ['what only looks like one', Object.assign(new Error('x'), { code: 'ERR_ASSERTION' })],
    ['what is no error', 'ENOSPC'],
    ['nothing', undefined],
  ])('is not %s: that stays itself', (_, error) => {
    expect(asBankError(error)).toBe(error);
    expect(isFull(error)).toBe(false);
  });
});
