import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from '#lib/disk/node-disk.js';
import {
  encodeBatch,
  encodeEntry,
  encodeLeave,
  encodeSegmentHead,
  FIRST_SEAL,
} from '#lib/format/journal-row.js';
import type { Position } from '#lib/format/position.js';
import { Journal, journalStart } from '#lib/store/journal.js';
import { READ_BYTES_MAX } from '#lib/store/limits.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { digitsOf } from '../format/arbitraries.js';
import { SAMPLE_ENTRIES } from '../format/sample.js';
import { newDirectory } from '../machine/processes.js';
import { flip } from './recovery/harm.js';

const [FIRST, SECOND, THIRD] = ['000001-1.csv', '000002-2.csv', '000003-3.csv'] as const;
const LINES = SAMPLE_ENTRIES.map((entry) => encodeEntry(entry, 2));

/** A segment with its head, a batch of one entry and, for who asks, a `leave`. */
function segment(
  pin: { segment: string; length: number; seal: string },
  transfer: number,
  line: string,
) {
  const epoch = transfer;
  const head = encodeSegmentHead({ ...pin, transfer: transfer - 1, epoch });
  const { bytes, seal } = encodeBatch(line, { transfer, epoch, count: 1, previous: head.seal });
  const leave = encodeLeave({ transfer, epoch, previous: seal });
  const whole = Buffer.concat([head.bytes, bytes]);
  return { head, whole, left: Buffer.concat([whole, leave.bytes]), length: whole.length, seal };
}

/** A journal of these segments. Whoever looks at it more often than it needs is stopped. */
function journalOf(files: Record<string, Buffer>) {
  const directory = newDirectory();
  mkdirSync(join(directory, 'journal'), { recursive: true });
  for (const [name, bytes] of Object.entries(files))
    writeFileSync(join(directory, 'journal', name), bytes);
  let looks = 0;
  const disk = hooked(nodeDisk(), (step, go) => {
    if (step.name === 'open' && ++looks > 20) throw new Error('it looks without end');
    return go();
  });
  return { directory, journal: new Journal(disk, directory, digitsOf) };
}

function three() {
  const first = segment({ segment: '', length: 0, seal: FIRST_SEAL }, 1, LINES[0] ?? '');
  const { length, seal } = first;
  const second = segment({ segment: FIRST, length, seal }, 2, LINES[1] ?? '');
  const pin = { segment: SECOND, length: second.length, seal: second.seal };
  const third = segment(pin, 3, (LINES[1] ?? '').replace(',2,', ',3,'));
  const files = { [FIRST]: first.left, [SECOND]: second.whole, [THIRD]: third.left };
  const place = (segment: string, at: typeof first, transfer: number): Position => {
    const { length: offset, seal } = at;
    return { segment, offset, transfer, epoch: transfer, seal };
  };
  const places = [
    place(FIRST, first, 1),
    place(SECOND, second, 2),
    place(THIRD, third, 3),
  ] as const;
  return { files, places, first, second, third };
}

const all = async <T>(found: AsyncIterable<T>) => {
  const list: T[] = [];
  for await (const one of found) list.push(one);
  return list;
};

const damage = (file: string, what: string) => ({
  ...{ code: 'BANK_DAMAGED', details: { file: `journal/${file}`, what } },
});

describe('the segments of a journal', () => {
  it('follow each other by what each says that it goes on from', async () => {
    const { journal } = journalOf(three().files);
    const segments = await journal.segments();
    expect(segments).toEqual([FIRST, SECOND, THIRD]);
    expect(await journal.successorOf(FIRST, segments)).toMatchObject({ name: SECOND });
    expect(await journal.successorOf(THIRD, segments)).toBeUndefined();
    await expect(journal.successorOf('000009-9.csv', segments)).rejects.toMatchObject(
      damage('000009-9.csv', 'the segment is missing'),
    );
    await expect(journal.successorOf(FIRST, [FIRST, THIRD])).rejects.toMatchObject(
      damage(THIRD, `it goes on from ${SECOND}, not from ${FIRST}`),
    );
  });

  it('each have a whole head', async () => {
    const { directory, journal } = journalOf(three().files);
    flip(join(directory, 'journal', SECOND), 40);
    await expect(journal.pinOf(SECOND)).rejects.toMatchObject(damage(SECOND, 'its head is broken'));
    const { bytes } = encodeBatch('', { transfer: 1, epoch: 1, count: 0, previous: '' });
    writeFileSync(join(directory, 'journal', SECOND), bytes);
    await expect(journal.pinOf(SECOND)).rejects.toMatchObject(damage(SECOND, 'its head is broken'));
  });
});

describe('reading the journal from one place to another', () => {
  it('yields a batch that is longer than what is read at once', async () => {
    const line = `${'x'.repeat(READ_BYTES_MAX)}\n`;
    const { length, seal, whole } = segment({ segment: '', length: 0, seal: FIRST_SEAL }, 1, line);
    const { journal } = journalOf({ [FIRST]: whole });
    const to = { segment: FIRST, offset: length, transfer: 1, epoch: 1, seal };
    const [lines, ...more] = await all(journal.lines(journalStart(FIRST), to));
    expect([lines?.length, more]).toEqual([line.length, []]);
  });

  it('ends at a batch that is broken, and at a seal that is not the one answered for', async () => {
    const { files, places, first } = three();
    const { directory, journal } = journalOf(files);
    const [to] = places;
    const other = { ...to, seal: 'f'.repeat(64) };
    await expect(all(journal.read(journalStart(FIRST), other))).rejects.toMatchObject(
      damage(FIRST, `its seal at byte ${to.offset} is another`),
    );
    flip(join(directory, 'journal', FIRST), first.head.bytes.length + 30);
    await expect(all(journal.read(journalStart(FIRST), to))).rejects.toMatchObject(
      damage(FIRST, `the batch at byte ${first.head.bytes.length} is broken`),
    );
  });
});

describe('a journal that does not get to where it was answered for', () => {
  it('is damaged: the segment that is missing, or shorter, is named', async () => {
    const { files, places, second } = three();
    const start = journalStart(FIRST);
    const { [THIRD]: _, ...without } = files;
    await expect(all(journalOf(without).journal.read(start, places[2]))).rejects.toMatchObject(
      damage(THIRD, `it does not follow ${SECOND}`),
    );
    const short = second.whole.subarray(0, second.length - 1);
    const cut = journalOf({ ...files, [SECOND]: short }).journal;
    await expect(all(cut.read(start, places[1]))).rejects.toMatchObject(
      damage(SECOND, `it is shorter than ${second.length} bytes`),
    );
  });
});

describe('the end of the journal', () => {
  it('stands behind the last batch, not behind the leave that follows it', async () => {
    const { files, places, third } = three();
    const { journal } = journalOf(files);
    const [first, , last] = places;
    const end = { offset: third.left.length };
    const left = { position: last, end, left: 3, content: third.left.length };
    expect(await journal.findTail(first)).toMatchObject(left);
    expect(await journal.findLeave(last)).toMatchObject(left);
  });

  it('is not where somebody left a segment from which another one has gone on', async () => {
    const { files, places } = three();
    expect(await journalOf(files).journal.findLeave(places[0])).toBeUndefined();
    const { [FIRST]: only = Buffer.alloc(0) } = files;
    const alone = journalOf({ [FIRST]: only }).journal;
    expect(await alone.findLeave(places[0])).toMatchObject({ left: 1 });
  });

  it('is not told over a segment that ends before what the next one pins', async () => {
    const { files, places, second } = three();
    const short = second.whole.subarray(0, second.head.bytes.length);
    const { journal } = journalOf({ ...files, [SECOND]: short });
    await expect(journal.findTail(places[0])).rejects.toMatchObject(
      damage(SECOND, `it is shorter than ${second.length} bytes`),
    );
  });

  it('is held where a place’s own seal stands, and nowhere else', async () => {
    const { files, places } = three();
    const { journal } = journalOf(files);
    for (const place of places) expect(await journal.holds(place)).toBe(true);
    const [place] = places;
    for (const offset of [0, 10, 64, place.offset - 1, place.offset + 1, 1_000_000])
      expect(await journal.holds({ ...place, offset }), `byte ${offset}`).toBe(false);
  });
});
