import { describe, expect, it } from 'vitest';
import {
  encodeBatch,
  encodeEntry,
  encodeSegmentHead,
  FIRST_SEAL,
} from '#lib/format/journal-row.js';
import { type Batch, batchAt, entriesOf, nextSealed, scanTail } from '#lib/store/journal-scan.js';
import { digitsOf } from '../format/arbitraries.js';
import { SAMPLE_ENTRIES } from '../format/sample.js';

const LINES = SAMPLE_ENTRIES.map((entry) => encodeEntry(entry, 2));
const [OPEN = '', DEPOSIT = ''] = LINES;

const batch = (lines: string, count: number, transfer: number, previous = FIRST_SEAL) =>
  encodeBatch(lines, { transfer, epoch: 1, count, previous });

function found(bytes: Buffer): Batch {
  const look = batchAt(bytes, 0, 0, FIRST_SEAL);
  if (!('batch' in look)) throw new Error(look.broken);
  return look.batch;
}

/** Head, and two batches of one entry each. */
function segment() {
  const head = encodeSegmentHead({
    ...{ segment: '', length: 0, seal: FIRST_SEAL, transfer: 0, epoch: 1 },
  });
  const first = batch(OPEN, 1, 1, head.seal);
  const second = batch(DEPOSIT, 1, 2, first.seal);
  return { head, first, second, bytes: Buffer.concat([head.bytes, first.bytes, second.bytes]) };
}

describe('a batch in the bytes of a segment', () => {
  it('is cut as long as its seal’s line is not all there, not broken: there may be more to read', () => {
    const { bytes } = batch(OPEN, 1, 1);
    for (let length = 0; length < bytes.length; length++)
      expect(batchAt(bytes.subarray(0, length), 0, 0, FIRST_SEAL)).toEqual({ broken: 'cut' });
    expect(batchAt(bytes, 0, 0, FIRST_SEAL)).toMatchObject({ batch: { start: 0 } });
  });

  it.each<[string, RegExp, Buffer]>([
    ['entries in none', /^entries without a seal before byte \d+$/, batch(OPEN, 0, 1).bytes],
    ['fewer than were sealed', /^the batch at byte 0 has another count$/, batch(OPEN, 2, 2).bytes],
    ['more than were sealed', /another count$/, batch(OPEN + DEPOSIT, 1, 1).bytes],
    ['other numbers', /^entry 1 is out of order$/, batch(OPEN + DEPOSIT, 2, 3).bytes],
    ['another order', /^entry 2 is out of order$/, batch(DEPOSIT + OPEN, 2, 2).bytes],
  ])('is damage, be its seal right, with %s', (_, what, bytes) => {
    expect(() => entriesOf(found(bytes), digitsOf)).toThrow(what);
  });

  it('tells its entries, one without any tells none', () => {
    expect(entriesOf(found(batch(OPEN + DEPOSIT, 2, 2).bytes), digitsOf)).toEqual(
      SAMPLE_ENTRIES.slice(0, 2),
    );
    expect(entriesOf(found(batch('', 0, 2).bytes), digitsOf)).toEqual([]);
  });
});

describe('the first row behind a gap that proves what stood in it', () => {
  it('is one that the next batch was sealed over, or that the next segment pins', () => {
    const { head, first, second, bytes } = segment();
    const firstEnd = head.bytes.length + first.bytes.length;
    expect(nextSealed(bytes, head.bytes.length, undefined)).toMatchObject({
      ...{ end: firstEnd, control: { seal: first.seal } },
    });
    expect(nextSealed(bytes, firstEnd, second.seal)).toMatchObject({
      ...{ end: bytes.length, control: { seal: second.seal } },
    });
    for (const other of [undefined, first.seal])
      expect(nextSealed(bytes, firstEnd, other)).toBeUndefined();
  });

  it('is none where no row is left, and that is seen at the first look', () => {
    const bytes = Buffer.from(`${OPEN}\nseal,`);
    let looks = 0;
    const counted = Object.assign(Buffer.from(bytes), {
      indexOf(...asked: Parameters<Buffer['indexOf']>) {
        if (++looks > 9) throw new Error('it looks without end');
        return bytes.indexOf(...asked);
      },
    });
    expect(nextSealed(counted, 0, undefined)).toBeUndefined();
    looks = 0;
    expect(scanTail(counted, 0, { seal: FIRST_SEAL, transfer: 0 })).toEqual([]);
  });
});
