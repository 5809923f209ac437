/**
 * How a bank is doing: what still waits to be posted, who is at the desk, how fast the bank grows. It books
 * nothing, and looks at a few heads and places only, however large the bank is.
 */
import type { FileSystem } from '../disk/file-system.js';
import type { Position } from '../format/position.js';
import { readCheckpoint } from './checkpoint.js';
import { BACKLOG_ENTRIES_MAX, PAGE_ROWS_MAX } from './limits.js';
import type { BankFiles } from './store.js';

export interface Health {
  /** The last entry that was answered for; its time is '' in a bank without one. */
  readonly answered: { readonly transfer: number; readonly bookedAt: string };
  /** The last entry up to which all passbooks show all. */
  readonly posted: number;
  /** Entries that may wait for that. From half of them on requests are held back, at all of them they wait. */
  readonly waitingMax: number;
  /** Whose the writer's desk is or was last, whether that process is surely gone, and how many stand in line. */
  readonly writer: { readonly pid: number; readonly gone: boolean; readonly waiting: number };
  /** By how many milliseconds the clock is behind the last entry: 0, unless it was set back. */
  readonly clockBehindMs: number;
  readonly growth: Growth;
}

/** About as much a day, in both books together. */
export interface Growth {
  /** Days that were looked back on: 7, or the bank's age, but one at least. */
  readonly days: number;
  readonly entriesPerDay: number;
  readonly accountsPerDay: number;
  readonly bytesPerDay: number;
  /** Files and folders. */
  readonly filesPerDay: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS_MAX = 7;
/**
 * Bytes on the disk that the passbooks take for each byte of the journal: two rows for an entry, each with a
 * standing and a check. Measured with the example of the demo.
 */
const PASSBOOK_BYTES = 2.6;
const ROWS_PER_ENTRY = 2;
/** What a new account takes at most: its page, and two folders that are new as well, a block each. */
const FILES_PER_ACCOUNT = 3;
const BYTES_PER_ACCOUNT = FILES_PER_ACCOUNT * 4096;

/** @param position behind the last entry that was answered for, which was booked at `bookedAt` ('' if there is none) */
export async function examine(
  files: BankFiles,
  position: Position,
  bookedAt: string,
): Promise<Health> {
  const { disk, system, directory, stations, writerQueue } = files;
  const { owner } = await stations.writer.desks.find();
  const waiting = (await writerQueue.names()).length;
  const now = system.now();
  const last = timeOf(bookedAt) ?? now;
  return {
    answered: { transfer: position.transfer, bookedAt },
    posted: (await readCheckpoint(disk, directory)).position.transfer,
    waitingMax: BACKLOG_ENTRIES_MAX,
    writer: { pid: owner.pid, gone: system.isSurelyDead(owner), waiting },
    clockBehindMs: Math.max(0, last - now),
    // A clock that was set back would take what is to come for a week of today.
    growth: await growthOf(files, position, last, Math.max(now, last)),
  };
}

/**
 * Entries and bytes of the journal in the week before `now`. Where the week begins within a segment, its
 * entries are taken to have come evenly.
 */
async function growthOf(
  { journal }: BankFiles,
  position: Position,
  last: number,
  now: number,
): Promise<Growth> {
  const since = now - DAYS_MAX * DAY_MS;
  const names = await journal.segments();
  let end = { offset: position.offset, transfer: position.transfer, time: last };
  let oldest = now;
  let bytes = 0;
  let entries = 0;
  let accounts = 0;
  for (const name of names.slice(0, names.indexOf(position.segment) + 1).reverse()) {
    const { control } = await journal.pinOf(name);
    const lines = await journal.sample(name, end.offset);
    const start = timeOf(lines[0]?.split(',')[2] ?? '');
    if (start !== undefined) {
      const within = start >= since ? 1 : Math.max(0, (end.time - since) / (end.time - start));
      const count = within * (end.transfer - control.transfer);
      bytes += within * end.offset;
      entries += count;
      accounts += (count * lines.filter(isOpening).length) / lines.length;
      oldest = Math.max(since, Math.min(oldest, start));
      if (start < since) break;
      end = { ...end, time: start };
    }
    end = { ...end, offset: control.pin?.length ?? 0, transfer: control.transfer };
  }
  const days = Math.max(1, (now - oldest) / DAY_MS);
  const rows = entries * ROWS_PER_ENTRY;
  return {
    days,
    entriesPerDay: entries / days,
    accountsPerDay: accounts / days,
    bytesPerDay: (bytes * (1 + PASSBOOK_BYTES) + accounts * BYTES_PER_ACCOUNT) / days,
    filesPerDay: (rows / PAGE_ROWS_MAX + accounts * FILES_PER_ACCOUNT) / days,
  };
}

const isOpening = (line: string) => line.startsWith('open,');

/** `undefined` where there is none, or a damaged one. */
function timeOf(text: string): number | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** How many days the room of a file system lasts at this pace: none on a full disk, infinite for a bank that does not grow. */
export function daysLeft(
  { bytesPerDay, filesPerDay }: Growth,
  { freeBytes, freeFiles = Number.POSITIVE_INFINITY }: Omit<FileSystem, 'type'>,
): number {
  const days = (free: number, perDay: number) =>
    free <= 0 ? 0 : perDay === 0 ? Number.POSITIVE_INFINITY : free / perDay;
  return Math.min(days(freeBytes, bytesPerDay), days(freeFiles, filesPerDay));
}
