import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './disk.js';

/** Local file systems that Linux names by number, and that keep rename and sync as POSIX says. */
const LOCAL = new Map([
  [0xef53, 'ext'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0xca451a4e, 'bcachefs'],
  [0x3153464a, 'jfs'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
  [0x794c7630, 'overlay'],
]);
const REMOTE = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x00c36400, 'Ceph'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
  [0x6a656a63, 'a remote 9p'],
]);

/**
 * Why a bank must not lie there, or `undefined` when it may: remote file systems answer a rename or a
 * sync in ways that lose money. Known on Linux only; elsewhere nothing is refused.
 */
export function whyUnsupported(path: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  for (let at = path; ; at = dirname(at)) {
    try {
      const { type } = statfsSync(at);
      const number = type >>> 0;
      if (LOCAL.has(number)) return undefined;
      return `it is ${REMOTE.has(number) ? nameOf(type) : `of the unknown type ${nameOf(type)}`}`;
    } catch (error) {
      const isAbsent = ['ENOENT', 'ENOTDIR'].includes(errorCode(error));
      if (!isAbsent || at === dirname(at)) throw error;
    }
  }
}

/** What kind of file system it is, and the room that is left there. */
export interface FileSystem {
  /** `ext`, `xfs`, `NFS` …; '' where this system does not tell. */
  readonly type: string;
  /** For whoever is no superuser. */
  readonly freeBytes: number;
  /** `undefined` where their number has no bound. */
  readonly freeFiles: number | undefined;
}

/** The file system that `path` lies on. */
export function fileSystemAt(path: string): FileSystem {
  const { type, bavail, bsize, files, ffree } = statfsSync(path);
  return {
    type: process.platform === 'linux' ? nameOf(type) : '',
    freeBytes: bavail * bsize,
    freeFiles: files > 0 ? ffree : undefined,
  };
}

function nameOf(type: number): string {
  const number = type >>> 0;
  return LOCAL.get(number) ?? REMOTE.get(number) ?? `0x${number.toString(16)}`;
}
