import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { daysLeft, type Growth } from '#lib/store/health.js';
import { BACKLOG_ENTRIES_MAX } from '#lib/store/limits.js';
import { SimulatedMachine } from '#lib/testing/simulated-machine.js';
import { newDirectory } from '../machine/processes.js';

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

const NO_GROWTH: Growth = {
  ...{ days: 1, entriesPerDay: 0, accountsPerDay: 0, bytesPerDay: 0, filesPerDay: 0 },
};

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
    const { bytesPerDay, ...growth } = health.growth;
    // A new account is a page in two folders.
    expect(growth).toEqual({
      ...{ days: 1, entriesPerDay: 20, accountsPerDay: 1, filesPerDay: (20 * 2) / 64 + 3 },
    });
    expect(bytesPerDay).toBeGreaterThan(3 * 4096);
  });

  it('looks back on the days that the bank has', async () => {
    const { health } = await healthAfter([
      [4, 19],
      [2, 20],
    ]);
    expect(health.growth.days).toBeCloseTo(4, 3);
    expect(health.growth.entriesPerDay).toBeCloseTo(10, 3);
    expect(health.growth.accountsPerDay).toBeCloseTo(1 / 4, 3);
    // About 300 bytes for each, and its seal, in the journal; more in the passbooks.
    const entries = health.growth.bytesPerDay - (3 * 4096) / 4;
    expect(entries / 10).toBeGreaterThan(300);
    expect(entries / 10).toBeLessThan(2_000);
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

  it('tells of a clock that was set back, and takes the week before the last entry', async () => {
    const { health } = await healthAfter([
      [-20, 40],
      [-30, 70],
    ]);
    expect(Math.round(health.clockBehindMs / DAY_MS)).toBe(30);
    expect(health.growth.days).toBe(7);
    expect(Math.abs(health.growth.entriesPerDay * 7 - 70)).toBeLessThan(5);
  });

  it('has no pace from a segment whose first entry tells no time', async () => {
    const directory = newDirectory();
    const bank = await openBank(directory, { create: true });
    await bank.openAccount({ firstName: 'A', lastName: 'B' });
    await bank.posted();
    const journal = join(directory, 'journal', '000001-1.csv');
    const text = readFileSync(journal, 'utf8');
    writeFileSync(journal, text.replace(/^(open,1,20[0-9]{2})-[0-9]{2}/m, '$1-19'));
    expect((await bank.health()).growth).toEqual(NO_GROWTH);
    writeFileSync(journal, text);
    expect((await bank.health()).growth.entriesPerDay).toBe(1);
    await bank.close();
  });

  it('samples long segments in a few places, and counts the accounts that were opened all over it', async () => {
    const directory = newDirectory();
    const bank = await openBank(directory, { create: true });
    const open = (id: string) => bank.openAccount({ firstName: 'A', lastName: 'B', id });
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => open(`a${index}`)));
    for (let times = 0; times < 3; times++) {
      await bank.transferMany(new Array(1_000).fill({ to: 'a1', amount: '1.00' }));
    }
    const { growth } = await bank.health();
    expect(growth.entriesPerDay).toBe(4_000);
    expect(growth.accountsPerDay).toBeGreaterThan(500);
    expect(growth.accountsPerDay).toBeLessThan(1_500);
    await bank.close();
  });
});

describe('how long a disk lasts', () => {
  const growth: Growth = { ...NO_GROWTH, bytesPerDay: 500, filesPerDay: 2 };

  it.each([
    ['is what is used up first: bytes', { freeBytes: 5_000, freeFiles: 1_000 }, 10],
    ['is what is used up first: files', { freeBytes: 5_000, freeFiles: 6 }, 3],
    ['is told by the bytes where there is no end of files', { freeBytes: 1_000 }, 2],
    ['is no time on a full one', { freeBytes: 0, freeFiles: 1_000 }, 0],
  ])('%s', (_, room, days) => {
    expect(daysLeft(growth, { freeFiles: undefined, ...room })).toBe(days);
  });

  it('has no end for a bank that does not grow', () => {
    expect(daysLeft(NO_GROWTH, { freeBytes: 1, freeFiles: 1 })).toBe(Number.POSITIVE_INFINITY);
    expect(daysLeft(NO_GROWTH, { freeBytes: 1, freeFiles: undefined })).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it.each([
    ['bytes', { freeBytes: 0, freeFiles: 1 }],
    ['files', { freeBytes: 1, freeFiles: 0 }],
  ])('is over where there are no %s left, whatever the pace', (_, room) => {
    expect(daysLeft(NO_GROWTH, room)).toBe(0);
  });
});
