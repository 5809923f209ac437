import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, encodeText, isTime, parseCount, splitRow } from '#lib/format/csv.js';
import { anyText } from './arbitraries.js';

/** What another program reads; it knows RFC 4180 and nothing of the bank. */
const oracle = (line: string): string[] =>
  parse(`${line}\n`, { relax_column_count: true })[0] ?? [];

/** Cells that a spreadsheet runs instead of showing them. */
const FORMULA = /^\s*[=+\-@\t\r\n＝＋－＠]/u;

describe('A text as a cell', () => {
  it.each([
    ['', ''],
    ['plain', '"plain"'],
    ['say "hi"', '"say ""hi"""'],
    ['a,b', '"a,b"'],
    ['=1+1', '"\'=1+1"'],
    ['  =1+1', '"\'  =1+1"'],
    ['+420', '"\'+420"'],
    ['-5', '"\'-5"'],
    ['@SUM(A1)', '"\'@SUM(A1)"'],
    ['＝1+1', '"\'＝1+1"'],
    ['\u00a0-5', '"\'\u00a0-5"'],
    ["'quoted", '"\'\'quoted"'],
    [" '", '"\' \'"'],
    ["O'Hara", '"O\'Hara"'],
    ['1-1', '"1-1"'],
  ])('%j is written as %s', (text, cell) => {
    expect(encodeText(text)).toBe(cell);
    expect(splitRow(cell)?.map(decodeText)).toEqual([text]);
  });

  it('comes back as it was, whatever is let in', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 6 }), (texts) => {
        const line = texts.map(encodeText).join(',');
        expect(splitRow(line)?.map(decodeText)).toEqual(texts);
      }),
      { numRuns: 2000 },
    );
  });

  it('is the same to other programs, on one line, and never a formula', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 6 }), (texts) => {
        const line = texts.map(encodeText).join(',');
        // A lone empty line is nothing to csv-parse.
        const cells = line === '' ? [''] : oracle(line);
        expect(splitRow(line)).toEqual(cells);
        expect(cells.some((cell) => FORMULA.test(cell))).toBe(false);
        expect(line).not.toMatch(/[\r\n\0]/);
      }),
      { numRuns: 2000 },
    );
  });

  it('has one guard taken off, and no more', () => {
    expect(decodeText("''=1")).toBe("'=1");
    expect(decodeText("'")).toBe('');
    expect(decodeText(" '=1")).toBe(" '=1");
  });
});

/** A line that tells where looking through it would never end. */
class Finite extends String {
  #looks = 0;

  override indexOf(text: string, from?: number): number {
    if (this.#looks++ > this.length) throw new Error(`looked ${this.#looks} times: ${this}`);
    return super.indexOf(text, from);
  }
}

const split = (line: string) => splitRow(new Finite(line) as unknown as string);

describe('A line', () => {
  it.each<[string, string[] | undefined]>([
    ['', ['']],
    [',', ['', '']],
    ['a,', ['a', '']],
    ['"",', ['', '']],
    ['a,"b,c",d', ['a', 'b,c', 'd']],
    ['"a""b"', ['a"b']],
    ['""""', ['"']],
    ['"', undefined],
    ['"a', undefined],
    ['"a"b', undefined],
    ['"a"b,c', undefined],
    ['a"b', undefined],
    ['a,b"', undefined],
    ['"a" ,b', undefined],
    ['"""', undefined],
    [',"a', undefined],
  ])('%j is %j', (line, cells) => {
    expect(split(line)).toEqual(cells);
  });

  it('is read as csv-parse reads it, or refused where that one refuses', () => {
    const letters = fc.string({
      unit: fc.constantFrom('"', ',', 'a', ' ', "'", '='),
      maxLength: 14,
    });
    fc.assert(
      fc.property(letters, (line) => {
        if (line === '') return;
        let expected: string[] | undefined;
        try {
          expected = oracle(line);
        } catch {
          expected = undefined;
        }
        expect(split(line)).toEqual(expected);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('A number in a file', () => {
  it.each([
    ['0', 0],
    ['7', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', undefined],
    ['99999999999999999', undefined],
    ['', undefined],
    ['01', undefined],
    ['-1', undefined],
    ['+1', undefined],
    ['1.0', undefined],
    ['1e3', undefined],
    [' 1', undefined],
    ['1\n', undefined],
    ['0x1', undefined],
  ])('%j is %s', (text, count) => {
    expect(parseCount(text)).toBe(count);
  });

  it('has one spelling', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (count) => {
        expect(parseCount(String(count))).toBe(count);
      }),
    );
  });
});

it.each([
  ['2026-11-20T09:05:40.007Z', true],
  ['2026-11-20T09:05:40Z', false],
  ['2026-11-20T09:05:40.007', false],
  ['2026-11-20 09:05:40.007Z', false],
  ['2026-11-20T09:05:40.007Z\n', false],
  ['', false],
])('The time %j is written as the bank writes times: %s', (text, expected) => {
  expect(isTime(text)).toBe(expected);
});
