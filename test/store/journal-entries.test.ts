import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAt } from '#lib/bank/open-bank.js';
import type { Entry } from '#lib/ledger/entry.js';
import { JOURNAL_START } from '#lib/store/journal.js';
import { seekControl } from '#lib/store/journal-seek.js';
import { openFiles } from '#lib/store/store.js';
import { Machine } from '../machine/processes.js';

const MEMO = 'x'.repeat(400);

/** A journal of some segments, each with many batches of different sizes, and all of its entries. */
async function longJournal() {
  const machine = await Machine.withBank();
  const host = { ...machine.host(), segmentBytesMax: 700_000 };
  const bank = await openAt(host, machine.directory);
  await bank.openAccount({ id: 'ada', firstName: 'A', lastName: 'L' });
  for (let batch = 0; batch < 30; batch++) {
    const count = batch % 3 === 0 ? 1 : batch * 11;
    // A memo may look like the number of another entry.
    const memo = `,${batch * 50},${MEMO}`;
    await bank.transferMany(
      Array.from({ length: count }, () => ({ to: 'ada', amount: '0.01', memo })),
    );
  }
  await bank.close();
  const files = await openFiles(host, machine.directory);
  const head = (await files.log.head()) ?? expect.fail();
  const all: Entry[] = [];
  for await (const { entries } of files.journal.read(JOURNAL_START, head)) all.push(...entries);
  const byNumber = new Map(all.map((entry) => [entry.transfer, entry]));
  return { files, head, byNumber };
}

describe('Entries by their numbers', () => {
  it('are found wherever they are, alone and together, and no others', async () => {
    const { files, head, byNumber } = await longJournal();
    expect((await files.journal.segments()).length).toBeGreaterThan(2);
    const last = head.transfer;
    expect(byNumber.size).toBe(last);
    for (const number of [
      1,
      2,
      3,
      last - 1,
      last,
      ...Array.from({ length: 40 }, (_, at) => at * 37 + 1),
    ]) {
      expect(await files.journal.entry(number, head)).toEqual(byNumber.get(number));
    }
    for (const number of [-1, 0, last + 1, 10 * last]) {
      expect(await files.journal.entry(number, head)).toBeUndefined();
    }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: last + 3 })), async (numbers) => {
        const found = await files.journal.entries(numbers, head);
        const there = [...new Set(numbers)]
          .sort((a, b) => a - b)
          .flatMap((number) => byNumber.get(number) ?? []);
        expect(found).toEqual(there);
      }),
      { numRuns: 30 },
    );
    await files.log.close();
  });

  it('are read on from any of them', async () => {
    const { files, head, byNumber } = await longJournal();
    for (const after of [0, 1, 700, head.transfer - 1, head.transfer]) {
      const numbers = new Set<number>();
      for await (const entries of files.journal.entriesBehind(after, head)) {
        for (const { transfer } of entries) if (transfer > after) numbers.add(transfer);
      }
      expect([...numbers]).toEqual([...byNumber.keys()].filter((number) => number > after));
    }
    await files.log.close();
  });
});

describe('An entry far behind the nearest place that is known', () => {
  it('is found all the same', async () => {
    const machine = await Machine.withBank();
    const bank = await openAt(machine.host(), machine.directory);
    await bank.openAccount({ id: 'ada', firstName: 'A', lastName: 'L' });
    const inputs = Array.from({ length: 16_000 }, () => ({ to: 'ada', amount: '0.01' }));
    for (let batch = 0; batch < 3; batch++) await bank.transferMany(inputs, { receipts: false });
    await bank.close();
    const files = await openFiles(machine.host(), machine.directory);
    const head = (await files.log.head()) ?? expect.fail();
    const numbers = [2, 15_000, 16_001, 16_002, 31_999, 40_000, head.transfer];
    const found = await files.journal.entries(numbers, head);
    expect(found.map(({ transfer }) => transfer)).toEqual(numbers);
    await files.log.close();
  });
});

describe('Seeking a place in a segment', () => {
  it('reads a few windows of it, and ends behind a control row before the entry, not far before it', async () => {
    const { files, head, byNumber } = await longJournal();
    const [name = ''] = await files.journal.segments();
    const lines = [...byNumber.values()].length;
    const bytes = files.disk.read(`${files.journal.folder}/${name}`) as Buffer;
    const looked: number[] = [];
    const look = async (start: number, end: number) => {
      looked.push(end - start);
      return bytes.subarray(start, end);
    };
    const place = await seekControl(look, 1_000, bytes.length);
    expect(place?.transfer).toBeLessThan(1_000);
    expect(place?.transfer).toBeGreaterThan(500);
    expect(bytes.toString('latin1', (place?.offset ?? 0) - 65, place?.offset)).toBe(
      `${place?.seal}\n`,
    );
    expect(looked.length).toBeLessThan(12);
    expect(Math.max(...looked)).toBeLessThan(300 * 1024);
    expect(await seekControl(look, 1, bytes.length)).toBeUndefined();
    expect(lines).toBe(head.transfer);
    await files.log.close();
  });
});
