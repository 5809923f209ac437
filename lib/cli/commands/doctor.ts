import type { Bank } from '../../bank/api.js';
import { type FileSystem, fileSystemAt } from '../../disk/file-system.js';
import { daysLeft, type Health } from '../../store/health.js';
import type { Command } from '../context.js';
import { withBank } from '../with-bank.js';

/** What was looked at, and what to do where something is not as it should be. */
interface Finding {
  readonly name: string;
  readonly what: string;
  readonly next?: string | undefined;
}

/** Fewer days of room than this are worth a warning. */
const DAYS_MIN = 30;
/** With more days than this nobody counts them. */
const DAYS_COUNTED_MAX = 3650;
/** With less free than this, of either, nobody should wait for a pace. */
const FREE_BYTES_MIN = 64 * 1024 * 1024;
const FREE_FILES_MIN = 1_000;
const MAKE_ROOM =
  'Make room, or move the bank to a larger disk: on a full one nothing can be booked.';
/** A clock is allowed to be set by so much. */
const CLOCK_BEHIND_MAX_MS = 1_000;

/** `drovebank doctor` */
export const run: Command = async (context) => {
  const { output, signal } = context;
  await withBank(context, async (bank) => {
    const health = await bank.health({ signal });
    const disk = fileSystemAt(bank.directory);
    if (context.json) {
      const days = daysLeft(health.growth, disk);
      output.document('bank.health', {
        ...health,
        disk: { ...disk, freeFiles: disk.freeFiles ?? null },
        daysLeft: Number.isFinite(days) ? days : null,
      });
      return;
    }
    for (const { name, what, next } of findings(bank, health, disk)) {
      const state = next === undefined ? 'ok' : 'WARN';
      if (context.plain) output.plainRow([state.toLowerCase(), name, what]);
      else output.line(`${state.padEnd(5)} ${name}: ${what}`, next === undefined ? 'none' : 'bad');
      if (next !== undefined && !context.plain) output.line(`      ${next}`);
    }
  });
  return undefined;
};

/** What there is to say, each in a line. */
export function findings(
  bank: Pick<Bank, 'currency'>,
  health: Health,
  disk: FileSystem,
): Finding[] {
  return [
    bookFinding(bank, health),
    clockFinding(health),
    writerFinding(health),
    postingFinding(health),
    diskFinding(disk),
    growthFinding(health, disk),
  ];
}

function bookFinding({ currency }: Pick<Bank, 'currency'>, { answered }: Health): Finding {
  const { transfer, bookedAt } = answered;
  const last = transfer === 0 ? 'no entry yet' : `last entry ${count(transfer)}, of ${bookedAt}`;
  return { name: 'bank', what: `in ${currency}, ${last}` };
}

function clockFinding({ clockBehindMs }: Health): Finding {
  const name = 'clock';
  if (clockBehindMs <= CLOCK_BEHIND_MAX_MS) return { name, what: 'not before the last entry' };
  return {
    name,
    what: `${count(clockBehindMs / 1000)} s before the last entry`,
    next: 'Entries go on with the time of the last one until it is past. Set the clock.',
  };
}

function writerFinding({ writer }: Health): Finding {
  const { pid, gone, waiting } = writer;
  const whose = `last was process ${pid}${gone ? ', which is gone' : ''}`;
  const line = waiting === 0 ? 'nobody waits' : `waiting: ${count(waiting)}`;
  return { name: 'writer', what: `${whose}; ${line}` };
}

function postingFinding({ answered, posted, waitingMax }: Health): Finding {
  const name = 'passbooks';
  const waiting = Math.max(0, answered.transfer - posted);
  if (waiting === 0) return { name, what: 'show every entry' };
  const what = `still to be posted: ${several(waiting, 'entry', 'entries')}, of at most ${count(waitingMax)}`;
  if (waiting < waitingMax / 2) return { name, what };
  return {
    name,
    what,
    next: 'Requests are held back until the passbooks have caught up.',
  };
}

function diskFinding({ type, freeBytes, freeFiles }: FileSystem): Finding {
  const name = 'disk';
  const files = freeFiles === undefined ? '' : ` and ${several(freeFiles, 'file', 'files')}`;
  const what = `${type === '' ? '' : `${type}, `}${size(freeBytes)}${files} free`;
  const isFull = freeBytes < FREE_BYTES_MIN || (freeFiles ?? FREE_FILES_MIN) < FREE_FILES_MIN;
  return { name, what, next: isFull ? MAKE_ROOM : undefined };
}

function growthFinding({ growth }: Health, disk: FileSystem): Finding {
  const { days, bytesPerDay, filesPerDay } = growth;
  const left = daysLeft(growth, disk);
  const looked = days < 2 ? 'over the last day' : `over the last ${several(days, 'day', 'days')}`;
  const files = several(Math.ceil(filesPerDay), 'file', 'files');
  const lasts = left > DAYS_COUNTED_MAX ? 'ten years or more' : several(left, 'day', 'days');
  const what = `about ${size(bytesPerDay)} and ${files} a day ${looked}; the disk lasts ${lasts}`;
  return { name: 'growth', what, next: left < DAYS_MIN ? MAKE_ROOM : undefined };
}

const count = (value: number) => Math.floor(value).toLocaleString('en');
const several = (value: number, one: string, many: string) =>
  `${count(value)} ${Math.floor(value) === 1 ? one : many}`;

/** Bytes for people: `4.2 GB`. */
function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.floor(value) : value.toFixed(1)} ${units[unit]}`;
}
