/** Days that come again and again: `every month on the 31st`. Pure: UTC days as texts, `2026-11-30`. */
import { DAY_MS, dayOf, serialOf } from './day.js';
import { BankError } from './errors.js';
import { shown } from './text.js';

const UNITS = ['day', 'week', 'month', 'year'] as const;
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
/** No month has more. */
const LAST = 31;

export interface Schedule {
  /** Every so many units. */
  readonly step: number;
  readonly unit: (typeof UNITS)[number];
  /** Of a week: 0 (Sunday) to 6; of a month: 1 to 31, the last day where it has no such; `undefined`: that of the first day. */
  readonly on: number | undefined;
}

const PATTERN =
  /^(?:every )?(?:([1-9][0-9]{0,2}) )?(day|week|month|year)s?(?: on (?:the )?([a-z0-9]+))?$/;

/** Reads `every 2 weeks on friday`, `month on the 31st`, `every month on the last`. @throws BankError INVALID_TEXT */
export function readSchedule(input: unknown): Schedule {
  const match = typeof input === 'string' ? PATTERN.exec(input.trim().toLowerCase()) : null;
  const unit = UNITS.find((one) => one === match?.[2]);
  const word = match?.[3];
  const on = word === undefined || unit === undefined ? undefined : dayNamed(word, unit);
  if (match && unit && (word === undefined || on !== undefined)) {
    return { step: Number(match[1] ?? 1), unit, on };
  }
  throw new BankError('INVALID_TEXT', `${shown(input)} does not say when something comes again.`, {
    details: { field: 'every' },
    hint: 'Say it as in: every day, every 2 weeks on friday, every month on the 31st, every month on the last, every year.',
  });
}

function dayNamed(word: string, unit: Schedule['unit']): number | undefined {
  if (unit === 'week') {
    const day = WEEKDAYS.indexOf(word);
    return day === -1 ? undefined : day;
  }
  if (unit !== 'month') return undefined;
  if (word === 'last') return LAST;
  const day = /^([1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?$/.exec(word)?.[1];
  return day === undefined ? undefined : Number(day);
}

/** The same in one spelling: `every month on the 31st`. */
export function scheduleText({ step, unit, on }: Schedule): string {
  const every = step === 1 ? `every ${unit}` : `every ${step} ${unit}s`;
  if (on === undefined) return every;
  return unit === 'week' ? `${every} on ${WEEKDAYS[on]}` : `${every} on the ${ordinal(on)}`;
}

function ordinal(day: number): string {
  const ending = day > 10 && day < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th');
  return `${day}${ending}`;
}

/** The days of a schedule that begins on `start`, from `from` to `to`, both included, in order. */
export function daysDue(schedule: Schedule, start: string, from: string, to: string): string[] {
  const [first, last] = [serialOf(from < start ? start : from), serialOf(to)];
  const days: string[] = [];
  for (let time = firstTime(schedule, first - serialOf(start)); ; time++) {
    const day = dayAt(schedule, start, time);
    if (day > last) return days;
    if (day >= first) days.push(dayOf(day));
  }
}

/** The number of a time that is no later than `days` behind the start, and not much earlier. */
function firstTime({ step, unit }: Schedule, days: number): number {
  const longest = { day: 1, week: 7, month: 31, year: 366 }[unit] * step;
  return Math.max(0, (days - (days % longest)) / longest - 1);
}

/** The day of the schedule's `time`-th time, which may lie before its start; all days are counted from 1970. */
function dayAt({ step, unit, on }: Schedule, start: string, time: number): number {
  const begin = serialOf(start);
  if (unit === 'day') return begin + time * step;
  if (unit === 'week') {
    const weekday = new Date(begin * DAY_MS).getUTCDay();
    return begin + (((on ?? weekday) - weekday + 7) % 7) + time * step * 7;
  }
  const [year, month, date] = start.split('-').map(Number) as [number, number, number];
  const months = month - 1 + time * step * (unit === 'year' ? 12 : 1);
  // The day before the first one of the month behind.
  const length = new Date(Date.UTC(year, months + 1, 0)).getUTCDate();
  return Date.UTC(year, months, Math.min(on ?? date, length)) / DAY_MS;
}
