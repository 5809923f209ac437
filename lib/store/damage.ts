/**
 * Damage: found, named, and everything stops. Both desks are renamed to `damaged-…`, so that from that
 * instant nobody writes, even who did not look; `PAIN.csv` says when, what, where and what to do.
 */
import { dirname, join } from 'node:path';
import { type Awaitable, type Disk, errorCode, ifThere, writeDurably } from '../disk/disk.js';
import type { System } from '../disk/system.js';
import { decodeText, encodeText, splitRow } from '../format/csv.js';
import { FormatDamage } from '../format/damage.js';
import { BankError } from '../ledger/errors.js';
import { channels } from './channels.js';
import { DESK_LOOKS_MAX } from './limits.js';

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
export function named<T>(file: string | (() => string), read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatDamage)) throw error;
    throw damaged(typeof file === 'string' ? file : file(), error.message, error);
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
 * Tells everybody: the desks first, the writer's with the notice in it, then the notice takes its place;
 * then who listens in this process. So there is no moment at which a notice keeps newcomers away and whoever
 * has the bank open goes on. What cannot be written is left unwritten.
 */
export async function declareDamage(
  { disk, directory, system }: BankPlace,
  error: BankError,
): Promise<void> {
  const notice = noticeOf(error, system);
  let away: string | undefined;
  let carried = false;
  await attempt(async () => {
    away = await moveAway(disk, join(directory, 'desks/writer'), async (desk) => {
      carried = await attempt(() => writeNotice(disk, join(desk, PAIN_FILE), notice));
      return true;
    });
  });
  // Who slept until somebody has repaired the bank finds the writer's desk gone from there, and stops nobody.
  const isStopped = async () => away === undefined || disk.exists(away);
  await attempt(() => moveAway(disk, join(directory, 'desks/poster'), isStopped));
  await attempt(async () => {
    const place = join(directory, PAIN_FILE);
    if (away === undefined || !carried) await writeNotice(disk, place, notice);
    else if (!(await disk.exists(place))) await disk.rename(join(away, PAIN_FILE), place);
    await disk.syncFolder(directory);
  });
  channels.damage.publish({ directory, error });
}

/**
 * Moves what lies in a role's folder away, each thing if it is `ready` for it: asked behind the look, since no
 * name is ever given again. Answers where it lies then.
 */
async function moveAway(
  disk: Disk,
  folder: string,
  ready: (desk: string) => Promise<boolean>,
): Promise<string | undefined> {
  let away: string | undefined;
  for (let look = 0; look < DESK_LOOKS_MAX; look++) {
    const names = await disk.list(folder);
    const gone = names.filter((name) => name.startsWith(DAMAGED_PREFIX));
    away = gone[0] && join(folder, gone[0]);
    if (gone.length === names.length && names.length > 0) break;
    for (const name of names) {
      if (gone.includes(name)) continue;
      if (!(await ready(join(folder, name)))) return away;
      // Whoever takes it in this moment gives it another name: look again.
      await ifThere(() => disk.rename(join(folder, name), join(folder, DAMAGED_PREFIX + name)));
    }
  }
  await disk.syncFolder(folder);
  return away;
}

async function writeNotice(disk: Disk, path: string, notice: Buffer): Promise<void> {
  await writeDurably(disk, path, notice);
  await disk.syncFolder(dirname(path));
}

/**
 * Answers whether it was done: there may be a notice already, a desk that somebody else moved, a disk that
 * takes nothing more.
 */
async function attempt(step: () => Promise<unknown>): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    if (errorCode(error) === '' && !isDamageFound(error)) throw error;
    return false;
  }
}

/** The refusal of a bank whose desks are away or whose notice stands. */
export async function refuseDamaged(disk: Disk, directory: string): Promise<BankError> {
  let told = 'its desks are away';
  await attempt(async () => {
    for (const place of await noticePlaces(disk, directory)) {
      const text = await ifThere(() => disk.read(place));
      told = (text && readNotice(text.toString('utf8'))) ?? told;
    }
  });
  return new BankError('BANK_DAMAGED', `The bank is damaged: ${told}`, {
    details: { file: PAIN_FILE, what: told },
  });
}

/** Where a notice may lie, on its way to its place or there: read in this order it is not missed. */
async function noticePlaces(disk: Disk, directory: string): Promise<string[]> {
  const folder = join(directory, 'desks/writer');
  const names = (await ifThere(() => disk.list(folder))) ?? [];
  const away = names.filter((name) => name.startsWith(DAMAGED_PREFIX));
  return [...away.map((name) => join(folder, name)), directory].map((path) =>
    join(path, PAIN_FILE),
  );
}
