/**
 * How a bank is doing: what still waits to be posted, who is at the desk, how fast the bank grows. Looks only,
 * at a few heads and names, however large the bank is.
 */
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
  /** Whose the writer's desk is or was last, whether that process is surely gone, and how many wait for it. */
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
  readonly bytesPerDay: number;
  readonly filesPerDay: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS_MAX = 7;
/**
 * Bytes that the passbooks take for each byte of the journal: two rows for an entry, each with a standing and a
 * check. Measured with the example of the demo.
 */
const PASSBOOK_BYTES = 2.6;
const ROWS_PER_ENTRY = 2;

/** @param position behind the last entry that was answered for, which was booked at `bookedAt` ('' if there is none) */
export async function examine(
  files: BankFiles,
  position: Position,
  bookedAt: string,
): Promise<Health> {
  const { disk, system, directory, stations, writerQueue } = files;
  const { owner } = await stations.writer.desks.find();
  const waiting = (await writerQueue.names()).length;
  const behind = bookedAt === '' ? 0 : Date.parse(bookedAt) - system.now();
  return {
    answered: { transfer: position.transfer, bookedAt },
    posted: (await readCheckpoint(disk, directory)).position.transfer,
    waitingMax: BACKLOG_ENTRIES_MAX,
    writer: { pid: owner.pid, gone: system.isSurelyDead(owner), waiting },
    clockBehindMs: Math.max(0, behind),
    growth: await growthOf(files, position, bookedAt),
  };
}

/**
 * Entries and bytes of the journal since a week ago. Where a week ago lies within a segment, its entries are
 * taken to have come evenly.
 */
async function growthOf(
  { journal, system }: BankFiles,
  position: Position,
  bookedAt: string,
): Promise<Growth> {
  const now = system.now();
  const since = now - DAYS_MAX * DAY_MS;
  const names = await journal.segments();
  let end = {
    offset: position.offset,
    transfer: position.transfer,
    time: Date.parse(bookedAt),
  };
  let oldest = now;
  let bytes = 0;
  let entries = 0;
  for (const name of names.slice(0, names.indexOf(position.segment) + 1).reverse()) {
    const { control } = await journal.pinOf(name);
    const first = await journal.firstBookedAt(name);
    if (first !== undefined) {
      const start = Date.parse(first);
      const within = start >= since ? 1 : Math.max(0, (end.time - since) / (end.time - start));
      bytes += within * end.offset;
      entries += within * (end.transfer - control.transfer);
      oldest = Math.max(since, Math.min(oldest, start));
      if (start < since) break;
      end = { ...end, time: start };
    }
    end = { ...end, offset: control.pin?.length ?? 0, transfer: control.transfer };
  }
  const days = Math.max(1, (now - oldest) / DAY_MS);
  return {
    days,
    entriesPerDay: entries / days,
    bytesPerDay: (bytes * (1 + PASSBOOK_BYTES)) / days,
    filesPerDay: (entries * ROWS_PER_ENTRY) / PAGE_ROWS_MAX / days,
  };
}

/** Room on a file system: `freeFiles` is `undefined` where it has no bound. */
export interface Room {
  readonly freeBytes: number;
  readonly freeFiles: number | undefined;
}

/** How many days the room lasts at this pace; infinite for a bank that does not grow. */
export function daysLeft({ bytesPerDay, filesPerDay }: Growth, room: Room): number {
  const { freeBytes, freeFiles = Number.POSITIVE_INFINITY } = room;
  const days = (free: number, perDay: number) => (perDay === 0 ? Infinity : free / perDay);
  return Math.min(days(freeBytes, bytesPerDay), days(freeFiles, filesPerDay));
}
