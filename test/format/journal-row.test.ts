import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeControl,
  decodeEntry,
  encodeBatch,
  encodeEntry,
  encodeLeave,
  encodeSegmentHead,
  FIRST_SEAL,
  isControlLine,
  JOURNAL_HEADER,
  parseSegmentName,
  sealOf,
  segmentName,
} from '#lib/format/journal-row.js';
import type { Entry } from '#lib/ledger/entry.js';
import { anyEntry, digitsOf } from './arbitraries.js';
import { readOrDamage } from './damage.js';
import { SAMPLE_ENTRIES } from './sample.js';

const COLUMNS = JOURNAL_HEADER.split(',').length;
const encode = (entry: Entry) => encodeEntry(entry, digitsOf(entry.currency) ?? 0);
const decode = (line: string) => decodeEntry(line, digitsOf);

describe('An entry in the journal', () => {
  it.each([
    'open,1,2026-11-20T09:00:00.000Z,USD,,world-usd,1,0.00,a10017,1,0.00,0.00,"Ada","Lovelace",,,,,,,,\n',
    'deposit,2,2026-11-20T09:00:01.120Z,USD,100.00,world-usd,2,-100.00,a10017,2,100.00,,,,"first deposit",,,,"req-1",,,\n',
    'transfer,9,2026-11-20T09:05:40.007Z,USD,25.00,a10017,3,75.00,a10025,2,25.00,,,,"lunch","inv-7",2026-11-20,,"k-77",,,\n',
  ])('is these bytes: %s', (line) => {
    const entry = decode(line.trimEnd());
    expect(SAMPLE_ENTRIES).toContainEqual(entry);
    expect(encode(entry)).toBe(line);
  });

  it('comes back as it was, whatever it says', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const line = encode(entry);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(decode(line.slice(0, -1))).toEqual(entry);
        expect(isControlLine(line)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('is the same to other programs, with as many cells as the header', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 5 }), (entries) => {
        const text = `${JOURNAL_HEADER}\n${entries.map(encode).join('')}`;
        const table: Record<string, string>[] = parse(text, { columns: true });
        expect(table.map(({ memo }) => memo?.replace(/^'/, ''))).toEqual(
          entries.map(({ memo }) => memo),
        );
        expect(table.map(({ credit }) => credit)).toEqual(
          entries.map(({ credit }) => credit?.account ?? ''),
        );
      }),
      { numRuns: 300 },
    );
  });

  const good = encode(SAMPLE_ENTRIES[1] as Entry).trimEnd();

  it.each<[string, string, string]>([
    ['of no known type', 'deposit,2', 'gift,2'],
    ['without a number', 'deposit,2', 'deposit,'],
    ['without a time', '2026-11-20T09:00:01.120Z', 'today'],
    ['in no known currency', 'USD', 'ABC'],
    ['with an amount of another form', ',100.00,world', ',100,world'],
    ['with an account that leads out of the bank', 'a10017', '../../x'],
    ['with a row number that is none', 'a10017,2', 'a10017,two'],
    ['with the row number 0', 'a10017,2', 'a10017,0'],
    ['with a side without a balance', 'a10017,2,100.00', 'a10017,2,'],
    ['with a cell too few', ',,,"req-1"', ',,"req-1"'],
    ['with a cell too many', ',,,"req-1"', ',,,,"req-1"'],
    ['with a quote that is not closed', '"req-1"', '"req-1'],
  ])('%s is damage', (_, was, now) => {
    expect(good).toContain(was);
    expect(readOrDamage(() => decode(good))).toEqual(SAMPLE_ENTRIES[1]);
    expect(readOrDamage(() => decode(good.replace(was, now)))).toBe('damage');
  });

  it.each<[string, string, string]>([
    ['an unknown currency', good.replace('USD', 'ABC'), 'entry 2 has the unknown currency "ABC"'],
    ['half a line', 'open,2,3,4,5,6,7,8,9,10,11', 'a row has not 22 cells: open,2,3,4,5,6,7,8,'],
  ])('of which there is %s is named for that', (_, line, what) => {
    expect(() => decode(line)).toThrow(what);
  });
});

describe('A control row', () => {
  const seal = (letter: string) => letter.repeat(64);

  it('that ends a batch carries the hash of all before it', () => {
    const lines = SAMPLE_ENTRIES.map(encode).join('');
    const batch = encodeBatch(lines, { transfer: 9, epoch: 4, count: 3, previous: seal('a') });
    const text = batch.bytes.toString();
    expect(text).toBe(`${lines}seal,9,,,,,,,,,,,,,,,,,,4,3,${batch.seal}\n`);
    const covered = text.slice(0, text.lastIndexOf(',') + 1);
    const hash = createHash('sha256').update(seal('a')).update(covered).digest('hex');
    expect(batch.seal).toBe(hash);
    expect(decodeControl(text.slice(lines.length, -1))).toEqual({
      ...{ type: 'seal', transfer: 9, epoch: 4, count: 3, pin: undefined, seal: hash },
    });
  });

  it('of a batch without entries is a seal all the same', () => {
    const { bytes } = encodeBatch('', { transfer: 9, epoch: 4, count: 0, previous: seal('a') });
    expect(decodeControl(bytes.toString().trimEnd())).toMatchObject({ type: 'seal', count: 0 });
  });

  it('of a writer who goes says so', () => {
    const leave = encodeLeave({ transfer: 9, epoch: 4, previous: seal('b') });
    const text = leave.bytes.toString();
    expect(text).toBe(`leave,9,,,,,,,,,,,,,,,,,,4,,${leave.seal}\n`);
    expect(leave.seal).toBe(sealOf(seal('b'), text.slice(0, -65)));
    expect(decodeControl(text.trimEnd())).toMatchObject({ type: 'leave', transfer: 9, epoch: 4 });
  });

  it('at the head of a segment pins the segment before', () => {
    const pin = { segment: '000003-4.csv', length: 4711, seal: seal('c') };
    const head = encodeSegmentHead({ ...pin, transfer: 9, epoch: 5 });
    const [header, row = '', end] = head.bytes.toString().split('\n');
    expect([header, end]).toEqual([JOURNAL_HEADER, '']);
    expect(row).toMatch(/^pin,9,{14}"000003-4.csv",,"c{64}",,5,4711,[0-9a-f]{64}$/);
    expect(head.seal).toBe(sealOf(seal('c'), `${header}\n${row.slice(0, -64)}`));
    expect(decodeControl(row)).toEqual({
      ...{ type: 'pin', transfer: 9, epoch: 5, count: 0, pin, seal: head.seal },
    });
  });

  it('of the first segment pins nothing', () => {
    const none = { segment: '', length: 0, seal: FIRST_SEAL };
    const { bytes } = encodeSegmentHead({ ...none, transfer: 0, epoch: 1 });
    const row = bytes.toString().split('\n')[1] ?? '';
    expect(decodeControl(row)).toMatchObject({ type: 'pin', transfer: 0, epoch: 1, pin: none });
  });

  it('has as many cells as every other row', () => {
    const rows = [
      encodeBatch('', { transfer: 1, epoch: 1, count: 0, previous: seal('0') }),
      encodeLeave({ transfer: 1, epoch: 1, previous: seal('0') }),
    ].map(({ bytes }) => bytes.toString());
    const head = encodeSegmentHead({
      ...{ segment: '000001-1.csv', length: 1, seal: seal('0'), transfer: 1, epoch: 1 },
    });
    const table: string[][] = parse(head.bytes.toString() + rows.join(''));
    expect(table.map(({ length }) => length)).toEqual([COLUMNS, COLUMNS, COLUMNS, COLUMNS]);
    expect(rows.every(isControlLine)).toBe(true);
  });

  const good = `seal,9,,,,,,,,,,,,,,,,,,4,3,${seal('a')}`;

  it.each<[string, string, string]>([
    ['another type', 'seal', 'deal'],
    ['no number', 'seal,9', 'seal,'],
    ['a number that is none', 'seal,9', 'seal,nine'],
    ['no epoch', ',4,3,', ',,3,'],
    ['a count that is none', ',4,3,', ',4,three,'],
    ['a short seal', seal('a'), seal('a').slice(1)],
    ['a seal in capitals', seal('a'), seal('A')],
    ['a cell too few', ',4,3,', '4,3,'],
    ['a quote', ',4,3,', ',"4,3,'],
  ])('is none with %s', (_, was, now) => {
    expect(decodeControl(good)).toBeDefined();
    expect(decodeControl(good.replace(was, now))).toBeUndefined();
  });
});

describe('The name of a segment', () => {
  it.each<[string, number, number]>([
    ['000003-17.csv', 3, 17],
    ['000001-1.csv', 1, 1],
    ['999999-1.csv', 999_999, 1],
    ['1000000-1.csv', 1_000_000, 1],
  ])('%s is number %i of epoch %i', (name, number, epoch) => {
    expect(segmentName(number, epoch)).toBe(name);
    expect(parseSegmentName(name)).toEqual({ number, epoch });
  });

  it.each([
    'checkpoint.csv',
    '3-17.csv',
    '0000003-17.csv',
    '000003-017.csv',
    '000003-17.csv~',
    '000003-17.CSV',
    '000003-.csv',
    '-17.csv',
    '000003-17.csv\n',
  ])('%j is none', (name) => {
    expect(parseSegmentName(name)).toBeUndefined();
  });
});
