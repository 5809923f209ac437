import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daysDue, readSchedule, scheduleText } from '#lib/ledger/schedule.js';

const due = (every: string, start: string, from: string, to: string) =>
  daysDue(readSchedule(every), start, from, to);

describe('A schedule', () => {
  it.each([
    [
      'every day',
      '2026-02-26',
      '2026-02-26',
      '2026-03-01',
      ['2026-02-26', '2026-02-27', '2026-02-28', '2026-03-01'],
    ],
    [
      'every 3 days',
      '2026-02-26',
      '2026-01-01',
      '2026-03-05',
      ['2026-02-26', '2026-03-01', '2026-03-04'],
    ],
    [
      'every week',
      '2026-11-27',
      '2026-11-01',
      '2026-12-12',
      ['2026-11-27', '2026-12-04', '2026-12-11'],
    ],
    [
      'every week on monday',
      '2026-11-27',
      '2026-11-01',
      '2026-12-12',
      ['2026-11-30', '2026-12-07'],
    ],
    [
      '2 weeks on friday',
      '2026-11-27',
      '2026-11-01',
      '2026-12-26',
      ['2026-11-27', '2026-12-11', '2026-12-25'],
    ],
    [
      'every month on the 31st',
      '2026-01-31',
      '2026-01-01',
      '2026-05-31',
      ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31'],
    ],
    ['every month on the 31st', '2028-02-01', '2028-01-01', '2028-03-01', ['2028-02-29']],
    [
      'every month on the last',
      '2026-09-30',
      '2026-09-30',
      '2026-10-31',
      ['2026-09-30', '2026-10-31'],
    ],
    ['every month on the 5th', '2026-01-20', '2026-01-01', '2026-03-04', ['2026-02-05']],
    ['every month', '2026-01-30', '2026-02-01', '2026-03-31', ['2026-02-28', '2026-03-30']],
    [
      'every 3 months on the 1st',
      '2026-11-15',
      '2026-11-15',
      '2027-05-31',
      ['2027-02-01', '2027-05-01'],
    ],
    [
      'every year',
      '2024-02-29',
      '2024-01-01',
      '2028-12-31',
      ['2024-02-29', '2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29'],
    ],
    ['Every 2 Years', '2024-06-30', '2025-01-01', '2026-12-31', ['2026-06-30']],
    ['every day', '2026-03-02', '2026-01-01', '2026-03-01', []],
    ['every 999 years', '9500-01-01', '9501-01-01', '9999-12-31', []],
  ])('%s from %s on, between %s and %s', (every, start, from, to, expected) => {
    expect(due(every, start, from, to)).toEqual(expected);
  });

  it.each([
    ['MONTH on the 2ND', 'every month on the 2nd'],
    ['month on 3', 'every month on the 3rd'],
    ['every month on the 11th', 'every month on the 11th'],
    ['every 1 month on the last', 'every month on the 31st'],
    [' every 2 weeks on Sunday ', 'every 2 weeks on sunday'],
    ['day', 'every day'],
    ['12 years', 'every 12 years'],
  ])('%s is spelt %s, and read again the same', (text, spelt) => {
    const schedule = readSchedule(text);
    expect(scheduleText(schedule)).toBe(spelt);
    expect(readSchedule(spelt)).toEqual(schedule);
  });

  it.each([
    '',
    'fortnight',
    'every 0 days',
    'every month on the 32nd',
    'every week on the 3rd',
    'every day on monday',
    'every year on the 1st',
    'every 1000 days',
    7,
    undefined,
  ])('refuses %j', (input) => {
    expect(() => readSchedule(input)).toThrow(expect.objectContaining({ code: 'INVALID_TEXT' }));
  });

  it('is what looking at each day alone finds, wherever one begins to look', () => {
    const DAY = 86_400_000;
    const dayOf = (serial: number) => new Date(serial * DAY).toISOString().slice(0, 10);
    const schedules = fc.oneof(
      fc.record({
        step: fc.integer({ min: 1, max: 40 }),
        unit: fc.constant('day' as const),
        on: fc.constant(undefined),
      }),
      fc.record({
        step: fc.integer({ min: 1, max: 9 }),
        unit: fc.constant('week' as const),
        on: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
      }),
      fc.record({
        step: fc.integer({ min: 1, max: 30 }),
        unit: fc.constant('month' as const),
        on: fc.option(fc.integer({ min: 1, max: 31 }), { nil: undefined }),
      }),
      fc.record({
        step: fc.integer({ min: 1, max: 3 }),
        unit: fc.constant('year' as const),
        on: fc.constant(undefined),
      }),
    );
    const property = fc.property(
      schedules,
      fc.integer({ min: 10_000, max: 22_000 }),
      fc.integer({ min: -900, max: 2_000 }),
      fc.integer({ min: 0, max: 500 }),
      (schedule, begin, ahead, length) => {
        const start = dayOf(begin);
        const [from, to] = [begin + ahead, begin + ahead + length];
        const isDue = (serial: number) => {
          if (serial < begin) return false;
          const [date, first] = [new Date(serial * DAY), new Date(begin * DAY)];
          const { step, unit, on } = schedule;
          if (unit === 'day') return (serial - begin) % step === 0;
          if (unit === 'week') {
            if (date.getUTCDay() !== (on ?? first.getUTCDay())) return false;
            // Its own week counts from the first such day on.
            let anchor = begin;
            while (new Date(anchor * DAY).getUTCDay() !== date.getUTCDay()) anchor++;
            return ((serial - anchor) / 7) % step === 0;
          }
          const months =
            (date.getUTCFullYear() - first.getUTCFullYear()) * 12 +
            date.getUTCMonth() -
            first.getUTCMonth();
          if (months % (unit === 'year' ? 12 * step : step) !== 0) return false;
          const wanted = on ?? first.getUTCDate();
          const isLast = new Date((serial + 1) * DAY).getUTCDate() === 1;
          return date.getUTCDate() === wanted || (isLast && date.getUTCDate() < wanted);
        };
        const expected: string[] = [];
        for (let serial = from; serial <= to; serial++)
          if (isDue(serial)) expected.push(dayOf(serial));
        expect(daysDue(schedule, start, dayOf(from), dayOf(to))).toEqual(expected);
      },
    );
    fc.assert(property, { numRuns: process.env.CI ? 3_000 : 400 });
  });
});
