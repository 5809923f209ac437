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
/** A clock is allowed to be set by so much. */
const CLOCK_BEHIND_MAX_MS = 1_000;

/** `drovebank doctor` */
export const run: Command = async (context) => {
  const { output, signal } = context;
  await withBank(context, async (bank) => {
    const health = await bank.health({ signal });
    const disk = await fileSystemAt(bank.directory);
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

function findings(bank: Bank, health: Health, disk: FileSystem): Finding[] {
  return [
    bookFinding(bank, health),
    clockFinding(health),
    writerFinding(health),
    postingFinding(health),
    diskFinding(disk),
    growthFinding(health, disk),
  ];
}

function bookFinding({ currency }: Bank, { answered }: Health): Finding {
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
  return {
    name: 'writer',
    what: `${whose}; ${waiting === 0 ? 'nobody waits' : `${waiting} wait`}`,
  };
}

function postingFinding({ answered, posted, waitingMax }: Health): Finding {
  const name = 'passbooks';
  const waiting = Math.max(0, answered.transfer - posted);
  if (waiting === 0) return { name, what: 'show every entry' };
  const what = `${count(waiting)} entries are still to be posted, of at most ${count(waitingMax)}`;
  if (waiting < waitingMax / 2) return { name, what };
  return {
    name,
    what,
    next: 'Requests are held back until the passbooks have caught up.',
  };
}

function diskFinding(disk: FileSystem): Finding {
  const files = disk.freeFiles === undefined ? '' : ` and ${count(disk.freeFiles)} files`;
  const type = disk.type === '' ? '' : `${disk.type}, `;
  return { name: 'disk', what: `${type}${size(disk.freeBytes)}${files} free` };
}

function growthFinding({ growth }: Health, disk: FileSystem): Finding {
  const { days, bytesPerDay, filesPerDay } = growth;
  const name = 'growth';
  const left = daysLeft(growth, disk);
  const looked = days < 2 ? 'on the last day' : `in the last ${count(days)} days`;
  const files = Math.ceil(filesPerDay);
  const many = `${count(files)} ${files === 1 ? 'file' : 'files'}`;
  const pace = `${size(bytesPerDay)} and ${many} a day ${looked}`;
  const lasts = left > DAYS_COUNTED_MAX ? 'ten years or more' : `${count(left)} days`;
  const what = `about ${pace}; the disk lasts ${lasts}`;
  if (left >= DAYS_MIN) return { name, what };
  const next = 'Make room, or move the bank to a larger disk: on a full one nothing can be booked.';
  return { name, what, next };
}

const count = (value: number) => Math.floor(value).toLocaleString('en');

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
