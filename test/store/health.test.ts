import { describe, expect, it } from 'vitest';
import { daysLeft, type Growth } from '#lib/store/health.js';
import { BACKLOG_ENTRIES_MAX } from '#lib/store/limits.js';
import { SimulatedMachine } from '#lib/testing/simulated-machine.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const BANK = '/bank';

/** A bank at these days before today, with as many deposits each; its health today. */
async function healthAfter(days: readonly (readonly [before: number, deposits: number])[]) {
  const machine = new SimulatedMachine({ segmentBytesMax: 1_000 });
  const process = machine.start();
  return machine.run(async () => {
    await process.initBank(BANK);
    const bank = await process.openBank(BANK);
    for (const [before, deposits] of days) {
      machine.skew = -before * DAY_MS;
      const ids = await bank.accounts().page();
      const { id } = ids.items[0] ?? (await bank.openAccount({ firstName: 'A', lastName: 'B' }));
      for (let count = 0; count < deposits; count++) await bank.deposit(id, '1.00');
    }
    machine.skew = 0;
    const health = await bank.health();
    await bank.posted();
    const { posted } = await bank.health();
    await bank.close();
    return { health, posted };
  });
}

const NO_GROWTH: Growth = { days: 1, entriesPerDay: 0, bytesPerDay: 0, filesPerDay: 0 };

describe('the health of a bank', () => {
  it('without an entry is that nothing waits and nothing grows', async () => {
    const { health } = await healthAfter([]);
    expect(health).toMatchObject({
      answered: { transfer: 0, bookedAt: '' },
      posted: 0,
      waitingMax: BACKLOG_ENTRIES_MAX,
      writer: { pid: 100, gone: false, waiting: 0 },
      clockBehindMs: 0,
      growth: NO_GROWTH,
    });
  });

  it('tells whether the last writer is gone', async () => {
    const machine = new SimulatedMachine();
    const process = machine.start();
    await machine.run(async () => {
      await process.initBank(BANK);
      const bank = await process.openBank(BANK);
      await bank.openAccount({ firstName: 'A', lastName: 'B' });
      await bank.close();
    });
    machine.disk.settle();
    const later = machine.killed(machine.disk);
    const next = later.start();
    const { writer } = await later.run(async () => {
      const bank = await next.openBank(BANK);
      const health = await bank.health();
      await bank.close();
      return health;
    });
    expect(writer).toEqual({ pid: 100, gone: true, waiting: 0 });
  });

  it('tells how far the passbooks are behind', async () => {
    const { health, posted } = await healthAfter([[0, 9]]);
    expect(health.answered.transfer).toBe(10);
    expect(health.posted).toBe(0);
    expect(posted).toBe(10);
  });

  it('takes a bank that is younger than a day as one day', async () => {
    const { health } = await healthAfter([[0.5, 19]]);
    const { days, entriesPerDay, filesPerDay } = health.growth;
    expect({ days, entriesPerDay, filesPerDay }).toEqual({
      ...{ days: 1, entriesPerDay: 20, filesPerDay: (20 * 2) / 64 },
    });
  });

  it('looks back on the days that the bank has', async () => {
    const { health } = await healthAfter([
      [4, 19],
      [2, 20],
    ]);
    expect(health.growth.days).toBeCloseTo(4, 3);
    expect(health.growth.entriesPerDay).toBeCloseTo(10, 3);
    // About 300 bytes for each, and its seal, in the journal; more in the passbooks.
    expect(health.growth.bytesPerDay / 10).toBeGreaterThan(300);
    expect(health.growth.bytesPerDay / 10).toBeLessThan(2_000);
  });

  it('leaves out what is older than a week', async () => {
    const busy = await healthAfter([
      [30, 40],
      [3, 70],
    ]);
    expect(busy.health.growth.days).toBe(7);
    // The segment in which the week begins has entries of both; a segment holds three or four.
    expect(Math.abs(busy.health.growth.entriesPerDay * 7 - 70)).toBeLessThan(4);
    const idle = await healthAfter([[30, 40]]);
    expect(idle.health.growth).toEqual({ ...NO_GROWTH, days: 7 });
  });

  it('tells of a clock that was set back', async () => {
    const { health } = await healthAfter([[-0.25, 1]]);
    expect(Math.round(health.clockBehindMs / 60_000)).toBe(360);
  });
});

describe('how long a disk lasts', () => {
  const growth: Growth = { days: 7, entriesPerDay: 1, bytesPerDay: 500, filesPerDay: 2 };

  it.each([
    ['is what is used up first: bytes', { freeBytes: 5_000, freeFiles: 1_000 }, 10],
    ['is what is used up first: files', { freeBytes: 5_000, freeFiles: 6 }, 3],
    ['is told by the bytes where there is no end of files', { freeBytes: 1_000 }, 2],
    ['is no time on a full one', { freeBytes: 0, freeFiles: 1_000 }, 0],
  ])('%s', (_, room, days) => {
    expect(daysLeft(growth, { freeFiles: undefined, ...room })).toBe(days);
  });

  it('has no end for a bank that does not grow', () => {
    expect(daysLeft(NO_GROWTH, { freeBytes: 0, freeFiles: 0 })).toBe(Number.POSITIVE_INFINITY);
  });
});
