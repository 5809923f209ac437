import { describe, expect, it } from 'vitest';
import { findings } from '#lib/cli/commands/doctor.js';
import type { FileSystem } from '#lib/disk/file-system.js';
import type { Growth, Health } from '#lib/store/health.js';

const DISK: FileSystem = { type: 'ext', freeBytes: 5e9, freeFiles: 1_000_000 };
const GROWTH: Growth = {
  ...{ days: 7, entriesPerDay: 100, accountsPerDay: 1, bytesPerDay: 2e6, filesPerDay: 7.2 },
};
const HEALTH: Health = {
  answered: { transfer: 1_000_000, bookedAt: '2026-11-26T15:00:10.093Z' },
  posted: 1_000_000,
  waitingMax: 1_000_000,
  writer: { pid: 7, gone: false, waiting: 0 },
  clockBehindMs: 0,
  growth: GROWTH,
};

/** What is said of `name`, and what to do. */
function told(name: string, health: Partial<Health> = {}, disk: Partial<FileSystem> = {}) {
  const all = findings({ currency: 'USD' }, { ...HEALTH, ...health }, { ...DISK, ...disk });
  const found = all.find((finding) => finding.name === name);
  return [found?.what, found?.next];
}

describe('doctor', () => {
  it('has nothing to warn of in a bank that is well', () => {
    const all = findings({ currency: 'USD' }, HEALTH, DISK);
    expect(all.map(({ name, what }) => `${name}: ${what}`)).toEqual([
      'bank: in USD, last entry 1,000,000, of 2026-11-26T15:00:10.093Z',
      'clock: not before the last entry',
      'writer: last was process 7; nobody waits',
      'passbooks: show every entry',
      'disk: ext, 5.0 GB and 1,000,000 files free',
      'growth: about 2.0 MB and 8 files a day over the last 7 days; the disk lasts 2,500 days',
    ]);
    expect(all.flatMap(({ next }) => next ?? [])).toEqual([]);
  });

  it('says so of a bank without an entry', () => {
    expect(told('bank', { answered: { transfer: 0, bookedAt: '' } })).toEqual([
      'in USD, no entry yet',
      undefined,
    ]);
  });

  it('warns of a clock that was set back, not of one that was set by a little', () => {
    expect(told('clock', { clockBehindMs: 1_000 })[1]).toBeUndefined();
    expect(told('clock', { clockBehindMs: 3_600_000 })).toEqual([
      '3,600 s before the last entry',
      'Entries go on with the time of the last one until it is past. Set the clock.',
    ]);
  });

  it('says who stands in line, and whether the writer is gone', () => {
    const writer = { pid: 7, gone: true, waiting: 2 };
    expect(told('writer', { writer })[0]).toBe('last was process 7, which is gone; waiting: 2');
  });

  it('warns of a backlog from where requests are held back', () => {
    expect(told('passbooks', { posted: 999_999 })).toEqual([
      'still to be posted: 1 entry, of at most 1,000,000',
      undefined,
    ]);
    expect(told('passbooks', { posted: 500_001 })[1]).toBeUndefined();
    expect(told('passbooks', { posted: 500_000 })).toEqual([
      'still to be posted: 500,000 entries, of at most 1,000,000',
      'Requests are held back until the passbooks have caught up.',
    ]);
  });

  it.each<[string, Partial<FileSystem>]>([
    ['bytes', { freeBytes: 63e6 }],
    ['files', { freeFiles: 999 }],
  ])('warns of a disk with few %s, whatever the pace', (_, disk) => {
    expect(told('disk', {}, disk)[1]).toMatch(/^Make room/);
  });

  it('knows nothing of files where there is no end of them', () => {
    expect(told('disk', {}, { freeFiles: undefined, type: '' })).toEqual([
      '5.0 GB free',
      undefined,
    ]);
  });

  it('warns below 30 days of room, and counts no more than ten years', () => {
    const days = (bytesPerDay: number) => told('growth', { growth: { ...GROWTH, bytesPerDay } });
    expect(days(5e9 / 30)[1]).toBeUndefined();
    expect(days(5e9 / 29.9)).toEqual([
      'about 167.2 MB and 8 files a day over the last 7 days; the disk lasts 29 days',
      'Make room, or move the bank to a larger disk: on a full one nothing can be booked.',
    ]);
    expect(days(5e9 / 1.5)[0]).toMatch(/lasts 1 day$/);
    expect(days(1)[0]).toBe(
      'about 1 bytes and 8 files a day over the last 7 days; the disk lasts ten years or more',
    );
    expect(days(0)[0]).toMatch(/lasts ten years or more$/);
  });
});
