import { describe, expect, it } from 'vitest';
import {
  decodeControl,
  decodeEntry,
  encodeBatch,
  encodeEntry,
  encodeLeave,
  encodeSegmentHead,
  FIRST_SEAL,
  sealOf,
} from '#lib/format/journal-row.js';
import { digitsOf } from './arbitraries.js';
import { cuts, flips, readOrDamage } from './damage.js';
import { SAMPLE_ENTRIES } from './sample.js';

/** A segment as a writer leaves it: head, two batches, leave. */
function segment(): Buffer {
  const head = encodeSegmentHead({
    ...{ segment: '', length: 0, seal: FIRST_SEAL, transfer: 0, epoch: 1 },
  });
  const lines = SAMPLE_ENTRIES.map((entry) => encodeEntry(entry, 2));
  const first = encodeBatch(lines.slice(0, 2).join(''), {
    ...{ transfer: 2, epoch: 1, count: 2, previous: head.seal },
  });
  const second = encodeBatch(lines[2] ?? '', {
    ...{ transfer: 9, epoch: 1, count: 1, previous: first.seal },
  });
  const leave = encodeLeave({ transfer: 9, epoch: 1, previous: second.seal });
  return Buffer.concat([head.bytes, first.bytes, second.bytes, leave.bytes]);
}

const SEAL_BYTES = 64;

/**
 * How far a segment counts, by its seals alone: the offset behind each control row whose hash over the
 * hash before and all bytes since fits. Written for the test, without the store.
 */
function sealed(bytes: Buffer): number[] {
  const good: number[] = [];
  let [from, previous] = [0, FIRST_SEAL];
  for (let at = 0; ; ) {
    const end = bytes.indexOf(10, at);
    if (end === -1) return good;
    const control = decodeControl(bytes.toString('utf8', at, end));
    if (control !== undefined) {
      if (control.seal !== sealOf(previous, bytes.subarray(from, end - SEAL_BYTES))) return good;
      [from, previous] = [end + 1, control.seal];
      good.push(from);
    }
    at = end + 1;
  }
}

describe('The chain of seals', () => {
  const whole = segment();
  const marks = sealed(whole);

  it('reaches over head, batches and leave', () => {
    expect(marks).toHaveLength(4);
    expect(marks.at(-1)).toBe(whole.length);
  });

  it('ends before the first changed byte, wherever that is', () => {
    for (const changed of flips(whole)) {
      const at = changed.findIndex((byte, index) => byte !== whole[index]);
      const before = marks.filter((mark) => mark <= at);
      if (sealed(changed).join() !== before.join()) throw new Error(`not found at ${at}`);
    }
  });

  it('ends before the first cut, wherever that is', () => {
    for (const cut of cuts(whole)) {
      expect(sealed(cut)).toEqual(marks.filter((mark) => mark <= cut.length));
    }
  });

  it('breaks when a batch is left out, swapped or said twice', () => {
    const parts = [0, ...marks].map((from, index) => whole.subarray(from, marks[index]));
    const [head, first, second, leave] = parts;
    const joined = (...some: (Buffer | undefined)[]) =>
      sealed(Buffer.concat(some.filter((part) => part !== undefined))).length;
    expect(joined(head, first, second, leave)).toBe(4);
    expect(joined(head, second, leave)).toBe(1);
    expect(joined(head, second, first, leave)).toBe(1);
    expect(joined(head, first, first, second, leave)).toBe(2);
    expect(joined(head, first, leave, second)).toBe(2);
    expect(joined(first, second)).toBe(0);
  });
});

it('Reading a changed entry or control row ends in a row or in damage, never otherwise', () => {
  for (const changed of flips(segment())) {
    for (const line of changed.toString().split('\n')) {
      decodeControl(line);
      readOrDamage(() => decodeEntry(line, digitsOf));
    }
  }
});
