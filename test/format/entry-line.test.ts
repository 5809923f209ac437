import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeText } from '#lib/format/csv.js';
import { FormatDamage } from '#lib/format/damage.js';
import { CELL, EntryLine, IdReader } from '#lib/format/entry-line.js';
import { decodeEntry, encodeEntry } from '#lib/format/journal-row.js';
import { RowWriter } from '#lib/format/row-writer.js';
import type { AccountId } from '#lib/ledger/account-id.js';
import type { Entry } from '#lib/ledger/entry.js';
import { AMOUNT_MAX, formatMinor, parseMinor } from '#lib/ledger/money.js';

const digitsOf = () => 2;
const ENTRY: Entry = {
  type: 'transfer',
  transfer: 4711,
  bookedAt: '2026-11-20T09:05:40.007Z',
  currency: 'USD',
  amount: 12_50n,
  debit: { account: 'ada' as AccountId, seq: 3, balance: -5n },
  credit: { account: 'bob' as AccountId, seq: 17, balance: 100_00n },
  firstName: '',
  lastName: '',
  limit: 0n,
  memo: 'He said "yes",\nand went',
  reference: 'č',
  valueDate: '2026-11-19',
  key: 'k,1',
  details: undefined,
};

function lineOf(text: string | Buffer): EntryLine {
  const line = new EntryLine();
  line.read(Buffer.from(text as string), 0);
  return line;
}

/** A line with `text` as its cell. */
function withCell(cell: number, text: string): EntryLine {
  const cells = new Array(22).fill('');
  cells[cell] = text;
  return lineOf(`${cells.join(',')}\n`);
}

/** No amount is spelled so, with that many decimals. */
const OTHERWISE = [
  ...'1.5x 1x50 -0.00 00.01 -00.01 .50 -.50 50 +1.00'.split(' ').map((text) => [text, 2] as const),
  ...'-0 007 1.'.split(' ').map((text) => [text, 0] as const),
];

describe('An entry’s line in bytes', () => {
  it('is taken apart where its cells lie, whatever they hold, and tells where the next begins', () => {
    const [first, second] = [ENTRY, { ...ENTRY, transfer: 4712, memo: '""', key: '' }].map(
      (entry) => encodeEntry(entry, 2),
    );
    const bytes = Buffer.from(`${first}${second}`);
    const line = new EntryLine();
    const next = line.read(bytes, 0);
    expect(next).toBe(Buffer.byteLength(first ?? ''));
    expect(decodeEntry(line.text(), digitsOf)).toEqual(ENTRY);
    expect(line.count(CELL.transfer)).toBe(4711);
    expect(line.count(CELL.credit + 1)).toBe(17);
    expect([line.minor(CELL.amount, 2), line.minor(CELL.debit + 2, 2)]).toEqual([12_50n, -5n]);
    expect(line.bookedAt()).toBe(ENTRY.bookedAt);
    expect(line.says(CELL.currency, 'USD')).toBe(true);
    expect(line.moves()).toBe(true);
    expect(line.read(bytes, next)).toBe(bytes.length);
    expect(line.count(CELL.transfer)).toBe(4712);
    expect(line.isEmpty(CELL.key)).toBe(true);
    expect(line.isEmpty(CELL.memo)).toBe(false);
  });

  it('says how it reads to who reads it as text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).map((any) => any.replace(/\0/g, ''));
    fc.assert(
      fc.property(text, text, text, (memo, reference, key) => {
        const entry = { ...ENTRY, memo, reference, key };
        const encoded = Buffer.from(encodeEntry(entry, 2));
        const line = lineOf(encoded);
        expect(line.text()).toBe(encoded.toString('utf8').slice(0, -1));
        const row = new RowWriter();
        line.copy(row, CELL.memo, CELL.valueDate);
        row.text('|');
        line.copy(row, CELL.key);
        const texts = `${encodeText(memo)},${encodeText(reference)},${entry.valueDate}`;
        expect(row.bytes.toString('utf8')).toBe(`${texts}|${encodeText(key)}`);
      }),
    );
  });

  it.each([
    ['a cell too many', `${','.repeat(22)}\n`],
    ['a cell too few', `${','.repeat(20)}\n`],
    ['no line break', ','.repeat(21)],
    ['a quote that does not end', `${','.repeat(20)}"x,\n`],
    ['nothing', ''],
  ])('is damaged with %s', (_, text) => {
    expect(() => lineOf(text)).toThrow(FormatDamage);
  });

  it('says what it says, and nothing longer, shorter or else', () => {
    const line = withCell(CELL.type, 'open');
    const says = ['open', 'ope', 'opens', 'opem', ''].map((text) => line.says(CELL.type, text));
    expect(says).toEqual([true, false, false, false, false]);
  });

  it.each([
    ['transfer', true],
    ['deposit', true],
    ['withdraw', true],
    ['open', false],
    ['close', false],
  ])('of the type %s moves money alone: %s', (type, moves) => {
    expect(withCell(CELL.type, type).moves()).toBe(moves);
  });

  it('reads amounts as they are spelled, and no other spelling', () => {
    const spelled = fc
      .tuple(fc.bigInt({ min: -AMOUNT_MAX, max: AMOUNT_MAX }), fc.integer({ min: 0, max: 4 }))
      .map(([minor, digits]) => [formatMinor(minor, digits), digits] as const);
    const odd = fc.tuple(fc.stringMatching(/^-?[0-9.]{0,6}$/), fc.integer({ min: 0, max: 4 }));
    const other = fc.constantFrom(...OTHERWISE);
    fc.assert(
      fc.property(fc.oneof(spelled, odd, other), ([text, digits]) => {
        const minor = parseMinor(text, digits);
        const read = () => withCell(CELL.amount, text).minor(CELL.amount, digits);
        if (minor === undefined) expect(read).toThrow(FormatDamage);
        else expect(read()).toBe(minor);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each(['', '0', '-1', '1.0', 'x', '9007199254740992'])('has no count in "%s"', (text) => {
    expect(() => withCell(CELL.transfer, text).count(CELL.transfer)).toThrow(FormatDamage);
  });

  it('has no time where none is, be the line before as it may', () => {
    expect(withCell(CELL.bookedAt, ENTRY.bookedAt).bookedAt()).toBe(ENTRY.bookedAt);
    for (const text of ['', '2026-11-20', `${ENTRY.bookedAt}Z`])
      expect(() => withCell(CELL.bookedAt, text).bookedAt()).toThrow(FormatDamage);
  });
});

describe('Account ids in bytes', () => {
  it('are read as they are, met before or not, and whatever was met at the same place', () => {
    const ids = new IdReader();
    const id = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,8}$/);
    fc.assert(
      fc.property(id, (text) => {
        expect(ids.read(withCell(CELL.debit, text), CELL.debit)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
    // More than there are places.
    for (let number = 0; number < 70_000; number++)
      ids.read(withCell(CELL.debit, `c${number}`), CELL.debit);
    for (let number = 0; number < 70_000; number += 7)
      expect(ids.read(withCell(CELL.debit, `c${number}`), CELL.debit)).toBe(`c${number}`);
  });

  it.each(['', 'Ada', '-a', 'a b', 'č', 'x'.repeat(65)])('are not "%s"', (text) => {
    const read = () => new IdReader().read(withCell(CELL.debit, text), CELL.debit);
    expect(read).toThrow(FormatDamage);
  });
});
