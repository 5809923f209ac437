/**
 * Damage: found, named, and everything stops. `PAIN.csv` says when, what, where and what to do; both
 * desks are renamed to `damaged-…`, so that from that instant nobody writes, even who did not look.
 */
import { join } from 'node:path';
import { type Awaitable, type Disk, errorCode, writeAll } from '../disk/disk.js';
import type { System } from '../disk/system.js';
import { decodeText, encodeText, splitRow } from '../format/csv.js';
import { FormatDamage } from '../format/damage.js';
import { BankError } from '../ledger/errors.js';
import { channels } from './channels.js';

export const PAIN_FILE = 'PAIN.csv';
export const DAMAGED_PREFIX = 'damaged-';

/** Where a bank lies, and whose clock tells when. */
interface BankPlace {
  readonly disk: Disk;
  readonly directory: string;
  readonly system: Pick<System, 'now'>;
}

/** A file that cannot be what the bank wrote. `file` is relative to the bank's directory. */
export function damaged(file: string, what: string, cause?: unknown): BankError {
  return new BankError('BANK_DAMAGED', `The bank is damaged: ${file}: ${what}`, {
    details: { file, what },
    cause,
  });
}

/** Runs `read`, and names the file where it finds bytes that the bank did not write. */
export function named<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatDamage) throw damaged(file, error.message, error);
    throw error;
  }
}

/** What `read` finds; `undefined` where that is damaged. Any other error is thrown. */
export async function unlessDamaged<T>(read: () => Awaitable<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BankError && error.code === 'BANK_DAMAGED') return undefined;
    throw error;
  }
}

/** Damage that was seen here and now, and not told by a notice. */
export function isDamageFound(error: unknown): error is BankError {
  if (!(error instanceof BankError) || error.code !== 'BANK_DAMAGED') return false;
  return error.details.file !== PAIN_FILE;
}

/** What `PAIN.csv` says. */
export function noticeOf(error: BankError, system: Pick<System, 'now'>): Buffer {
  const when = new Date(system.now()).toISOString();
  const { file, what } = error.details;
  const row = [when, String(what), String(file), 'run drovebank-recover'].map(encodeText).join(',');
  return Buffer.from(`when,what,where,do\n${row}\n`);
}

/** What a notice tells, for people; `undefined` where it was cut short, or says nothing. */
export function readNotice(text: string): string | undefined {
  const row = text.split('\n')[1] ?? '';
  const [when = '', what = '', where = ''] = (splitRow(row) ?? []).map(decodeText);
  if (row === '') return undefined;
  return where === '' ? row : `${where}: ${what} (stopped ${when})`;
}

/**
 * Tells everybody: the notice first, then the desks, then who listens in this process. What cannot be
 * written is left unwritten.
 */
export async function declareDamage(
  { disk, directory, system }: BankPlace,
  error: BankError,
): Promise<void> {
  const notice = noticeOf(error, system);
  await attempt(async () => {
    const file = await disk.open(join(directory, PAIN_FILE), 'create');
    try {
      await writeAll(file, notice, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.syncFolder(directory);
  });
  for (const role of ['writer', 'poster']) {
    const folder = join(directory, 'desks', role);
    await attempt(async () => {
      for (const name of await disk.list(folder)) {
        if (name.startsWith(DAMAGED_PREFIX)) continue;
        await disk.rename(join(folder, name), join(folder, DAMAGED_PREFIX + name));
      }
      await disk.syncFolder(folder);
    });
  }
  channels.damage.publish({ directory, error });
}

/**
 * A notice that is there already, a desk that somebody else moved, something else in its place, a disk that
 * takes nothing more.
 */
async function attempt(step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (errorCode(error) === '' && !isDamageFound(error)) throw error;
  }
}

/** The refusal of a bank whose desks are away or whose notice stands. */
export async function refuseDamaged(disk: Disk, directory: string): Promise<BankError> {
  let told = 'its desks are away';
  try {
    const text = (await disk.read(join(directory, PAIN_FILE))).toString('utf8');
    told = readNotice(text) ?? told;
  } catch (error) {
    if (errorCode(error) === '') throw error;
  }
  return new BankError('BANK_DAMAGED', `The bank is damaged: ${told}`, {
    details: { file: PAIN_FILE, what: told },
  });
}
