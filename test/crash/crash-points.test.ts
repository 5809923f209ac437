/**
 * Proof A: every operation, cut at every step of the disk, by a kill and by a power cut that left any
 * part of what was not durable; each time the bank keeps its promises (oracle.ts).
 */
import { afterAll, describe, expect, it } from 'vitest';
import { crashesAt } from '#lib/testing/crashes.js';
import { OPERATIONS } from './operations.js';
import { crashPointsOf, effort, expectKept, ready } from './scenario.js';

/** Power cuts tried at one moment. */
const LIMIT = effort(1, 8);
/** Every so many of the moments. */
const STRIDE = process.env.CI ? 1 : 50;
/** What `posix` allows holds all of the others; they are tried where there is time. */
const KINDS = process.env.CI ? (['posix', 'ext4', 'xfs'] as const) : (['posix'] as const);
const report = new Map<string, { steps: number; points: number; states: number }>();

describe.each(KINDS)('on a disk like %s, a crash at every step of', (kind) => {
  it.each(OPERATIONS.map((operation) => [operation.name, operation] as const))(
    '%s',
    { timeout: 3_600_000 },
    async (name, operation) => {
      const [machine, balances] = await ready(operation, kind);
      const points = await crashPointsOf(machine, operation);
      let states = 0;
      const seen = new Set<string>();
      const limit = Math.ceil(LIMIT / (operation.many ? 10 : kind === 'posix' ? 1 : 4));
      for (const point of points.filter((_, index) => index % STRIDE === 0)) {
        for (const crash of crashesAt(machine, point, { limit, seen })) {
          await expectKept(crash, operation, balances);
          states++;
        }
      }
      if (!operation.stops) {
        const keys = operation.asked.map(({ key }) => key);
        expect(points.at(-1)?.answered.toSorted()).toEqual(keys.toSorted());
      }
      const before = report.get(name)?.states ?? 0;
      report.set(name, {
        steps: points.length - 1,
        points: points.length,
        states: before + states,
      });
    },
  );
});

afterAll(() => {
  const rows = [...report].map(([operation, counts]) => ({ operation, ...counts, violations: 0 }));
  console.table(rows);
});
