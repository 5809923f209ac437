import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowWriter } from '#lib/format/row-writer.js';
import { AMOUNT_MAX, formatMinor } from '#lib/ledger/money.js';

const written = (write: (writer: RowWriter) => void) => {
  const writer = new RowWriter();
  write(writer);
  return writer.bytes.toString('utf8');
};

describe('A row is written', () => {
  it('with amounts as they are spelled everywhere', () => {
    const minor = fc.bigInt({ min: -AMOUNT_MAX, max: AMOUNT_MAX });
    fc.assert(
      fc.property(minor, fc.integer({ min: 0, max: 4 }), (amount, digits) => {
        expect(written((row) => row.minor(amount, digits))).toBe(formatMinor(amount, digits));
      }),
    );
  });

  it.each([0n, 1n, -1n, 9n, 10n, 99n, -99n, 100n, -100n, 999n, 1000n, AMOUNT_MAX, -AMOUNT_MAX])(
    'with %s minor units, whatever the currency',
    (amount) => {
      for (const digits of [0, 1, 2, 3, 4]) {
        expect(written((row) => row.minor(amount, digits))).toBe(formatMinor(amount, digits));
      }
    },
  );

  it('with counts of any size', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (count) => {
        expect(written((row) => row.count(count))).toBe(`${count}`);
      }),
    );
    for (const count of [0, 9, 10, 99, 100, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      expect(written((row) => row.count(count))).toBe(`${count}`);
    }
  });

  it('with any text, and with bytes of another row', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, text) => {
        const bytes = Buffer.from(`x${text}x`);
        const both = written((row) => {
          row.text(before);
          row.copy(bytes, 1, bytes.length - 1);
          row.text(text);
        });
        expect(both).toBe(Buffer.from(before + text + text).toString('utf8'));
      }),
    );
  });

  const LONG = Buffer.from('0123456789'.repeat(7));
  it.each<[string, (row: RowWriter) => void, string]>([
    ['texts', (row) => row.text('abc'), 'abc'],
    ['texts that are not ASCII', (row) => row.text('xč'), 'xč'],
    ['bytes', (row) => row.copy(LONG, 1, 4), '123'],
    ['many bytes', (row) => row.copy(LONG, 0, 70), LONG.toString()],
    ['counts', (row) => row.count(1234567), '1234567'],
    ['amounts', (row) => row.minor(-123n, 2), '-1.23'],
  ])('with %s until there is no room, and on', (_, write, text) => {
    const times = Math.ceil(20_000 / text.length);
    const row = written((writer) => {
      for (let time = 0; time < times; time++) write(writer);
    });
    expect(row).toBe(text.repeat(times));
  });

  it('however long it gets, and is cut where it shall be', () => {
    const writer = new RowWriter();
    for (let row = 0; row < 3_000; row++) writer.text(row % 2 ? 'čeština,' : 'English,,,');
    expect(writer.bytes.toString('utf8')).toBe('English,,,čeština,'.repeat(1_500));
    writer.cut(10);
    writer.text('.');
    expect(writer.bytes.toString('utf8')).toBe('English,,,.');
  });
});
