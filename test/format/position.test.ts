import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkOf } from '#lib/format/check.js';
import {
  type Checkpoint,
  decodeCheckpoint,
  decodeMark,
  encodeCheckpoint,
  encodeMark,
  MARK_BYTES,
  type Position,
} from '#lib/format/position.js';
import { cuts, flips, readOrDamage } from './damage.js';

const SAMPLE: Position = {
  segment: '000003-17.csv',
  offset: 4711,
  transfer: 9,
  epoch: 17,
  seal: 'c'.repeat(64),
};
const CHECKPOINT: Checkpoint = {
  position: SAMPLE,
  nextAccount: 1003,
  bookedAt: '2026-11-20T09:05:40.007Z',
  desks: '1234567-1795165200000',
  index: '0123456789abcdef',
  keys: 'fedcba9876543210',
};

const count = fc.maxSafeNat();
const position = fc.record({
  segment: fc.stringMatching(/^[0-9]{6,12}-[0-9]{1,15}\.csv$/),
  offset: count,
  transfer: count,
  epoch: count,
  seal: fc.stringMatching(/^[0-9a-f]{64}$/),
});

const MARK = { position: SAMPLE, boot: 'b007' };

describe('A mark', () => {
  it('is one line of always as many bytes', () => {
    const mark = encodeMark(MARK);
    expect(mark).toMatch(/^000003-17\.csv,4711,9,17,c{64},b007,[0-9a-f]{16} *\n$/);
    expect(mark).toHaveLength(MARK_BYTES);
  });

  it('comes back as it was, and fits whatever it says', () => {
    fc.assert(
      fc.property(fc.record({ position, boot: fc.stringMatching(/^[0-9a-f]{1,32}$/) }), (each) => {
        const mark = encodeMark(each);
        expect(decodeMark(mark)).toEqual(each);
        expect(Buffer.byteLength(mark)).toBe(MARK_BYTES);
      }),
    );
  });

  it('half written is none, never another one', () => {
    const whole = Buffer.from(encodeMark(MARK));
    const next = Buffer.from(
      encodeMark({ ...MARK, position: { ...SAMPLE, offset: 5822, transfer: 10 } }),
    );
    for (let at = 0; at <= MARK_BYTES; at++) {
      const torn = Buffer.concat([next.subarray(0, at), whole.subarray(at)]).toString();
      const read = decodeMark(torn);
      if (read !== undefined) expect([encodeMark(MARK), next.toString()]).toContain(torn);
    }
    for (const cut of cuts(whole)) expect([undefined, MARK]).toContainEqual(decodeMark(`${cut}`));
  });

  it('with a changed byte is none, or says the same', () => {
    for (const changed of flips(Buffer.from(encodeMark(MARK)))) {
      const read = decodeMark(changed.toString());
      if (read !== undefined) expect(read).toEqual(MARK);
    }
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' '.repeat(MARK_BYTES)],
    ['zeros', '\0'.repeat(MARK_BYTES)],
    ['empty cells', ',,,,,\n'],
    ['something else', 'x'],
  ])('that was never written is none: %s', (_, text) => {
    expect(decodeMark(text)).toBeUndefined();
  });
});

describe('A checkpoint', () => {
  const text = encodeCheckpoint(CHECKPOINT);

  it('of a bank that had no index yet names none', () => {
    const older = (lost: string, cells: string) => {
      const header = text.slice(0, text.indexOf('\n')).replace(lost, '');
      const row = text.split('\n')[1]?.replace(new RegExp(`${cells},[0-9a-f]{16}$`), '') ?? '';
      return `${header}\n${row}${checkOf(row)}\n`;
    };
    expect(decodeCheckpoint(older('index,keys,', '0123456789abcdef,fedcba9876543210'))).toEqual({
      ...{ ...CHECKPOINT, index: '', keys: '' },
    });
    expect(decodeCheckpoint(older('keys,', 'fedcba9876543210'))).toEqual({
      ...{ ...CHECKPOINT, keys: '' },
    });
    // Not one that lost its cell.
    expect(readOrDamage(() => decodeCheckpoint(text.replace(',keys', '')))).toBe('damage');
  });

  it('is a table with one row', () => {
    const { check, ...row } = (parse(text, { columns: true }) as Record<string, string>[])[0] ?? {};
    expect(check).toMatch(/^[0-9a-f]{16}$/);
    expect(row).toEqual({
      ...{ segment: '000003-17.csv', offset: '4711', transfer: '9', epoch: '17' },
      ...{ seal: 'c'.repeat(64), next_account: '1003' },
      ...{ booked_at: '2026-11-20T09:05:40.007Z', desks: '1234567-1795165200000' },
      ...{ index: '0123456789abcdef', keys: 'fedcba9876543210' },
    });
  });

  it('comes back as it was', () => {
    const bookedAt = fc.constantFrom('', '2026-11-20T09:05:40.007Z');
    const desks = fc.stringMatching(/^[0-9]{1,12}-[0-9]{1,15}$/);
    const index = fc.stringMatching(/^(?:[0-9a-f]{16})?$/);
    fc.assert(
      fc.property(
        fc.record({ position, nextAccount: count, bookedAt, desks, index, keys: index }),
        (each) => {
          expect(decodeCheckpoint(encodeCheckpoint(each))).toEqual(each);
        },
      ),
    );
  });

  it('that was cut or changed anywhere is damage', () => {
    const bytes = Buffer.from(text);
    for (const cut of cuts(bytes)) {
      expect(readOrDamage(() => decodeCheckpoint(`${cut}`))).toBe('damage');
    }
    for (const changed of flips(bytes)) {
      const read = readOrDamage(() => decodeCheckpoint(changed.toString()));
      if (read !== 'damage') throw new Error(`not found: ${changed}`);
    }
  });

  it.each<[string, Checkpoint, string]>([
    ['of no byte', { ...CHECKPOINT, position: { ...SAMPLE, offset: -1 } }, 'odd position'],
    ['of no entry', { ...CHECKPOINT, position: { ...SAMPLE, transfer: 0.5 } }, 'odd position'],
    ['of no epoch', { ...CHECKPOINT, position: { ...SAMPLE, epoch: -1 } }, 'odd position'],
    ['of no account', { ...CHECKPOINT, nextAccount: Number.NaN }, 'it names no next account'],
  ])('with the number %s is damage, although its check fits', (_, odd, what) => {
    expect(() => decodeCheckpoint(encodeCheckpoint(odd))).toThrow(what);
  });

  it('with a second row is damage', () => {
    expect(readOrDamage(() => decodeCheckpoint(text + text))).toBe('damage');
    expect(readOrDamage(() => decodeCheckpoint(`${text}\n`))).toBe('damage');
  });
});
