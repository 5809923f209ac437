import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkOf } from '#lib/format/check.js';
import { decodeIndexList, encodeIndexList, type IndexList } from '#lib/format/index-list.js';
import {
  blockFor,
  decodeBlock,
  decodeTable,
  keyOf,
  linesIn,
  partOf,
  RunBuilder,
  type RunFacts,
  rowsFrom,
} from '#lib/format/sorted-run.js';
import { cuts, flips, readOrDamage } from './damage.js';

const HEADER = 'id,names';

function build(lines: readonly string[], blockBytes: number) {
  const builder = new RunBuilder(HEADER, blockBytes);
  const blocks = lines.map((line) => builder.push(line)).filter((block) => block !== undefined);
  const { bytes, facts } = builder.end();
  return { bytes: Buffer.concat([Buffer.from(`${HEADER}\n`), ...blocks, bytes]), facts };
}

/** Lines behind a key that have the words, as a reader finds them. */
function find(run: Buffer, facts: RunFacts, behind = '', words: readonly string[] = []): string[] {
  const table = decodeTable(run.subarray(facts.table, facts.bytes), facts);
  return [...rowsFrom(table, blockFor(table, behind))].flatMap((row) => {
    const block = partOf(row);
    const text = decodeBlock(run.subarray(block.start, block.end), block);
    return [...linesIn(text, behind, words)];
  });
}

const key = fc.stringMatching(/^[a-c0-2][a-c0-2_-]{0,4}$/);
const names = fc.stringMatching(/^"[ab ]{0,9}"$/);
const lines = fc
  .dictionary(key, names, { maxKeys: 40 })
  .map((found) => Object.entries(found).map(([id, text]) => `${id},${text}`))
  .map((found) => found.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)));

describe('A run', () => {
  it('gives the lines behind any key that have all of some words', () => {
    fc.assert(
      fc.property(
        lines,
        fc.integer({ min: 1, max: 200 }),
        fc.option(key, { nil: '' }),
        fc.array(fc.stringMatching(/^[ab]{1,3}$/), { maxLength: 2 }),
        (all, blockBytes, behind, words) => {
          const { bytes, facts } = build(all, blockBytes);
          expect(facts).toMatchObject({ lines: all.length, bytes: bytes.length });
          const wanted = all.filter(
            (line) => keyOf(line) > behind && words.every((word) => line.includes(word)),
          );
          expect(find(bytes, facts, behind, words)).toEqual(wanted);
        },
      ),
    );
  });

  it('is a table of its columns, and one of its blocks', () => {
    const { bytes, facts } = build(['ada,"ada lovelace"', 'bob,"bob ""b"" smith"', 'c,'], 30);
    expect(bytes.toString()).toMatch(
      new RegExp(
        '^id,names\nada,"ada lovelace"\nbob,"bob ""b"" smith"\nc,\nblock,start,end,check,first\n' +
          '1,9,50,[0-9a-f]{16},ada\n2,50,53,[0-9a-f]{16},c\n$',
      ),
    );
    expect(facts.table).toBe(53);
  });

  it('with a byte changed anywhere behind its header gives no other line', () => {
    const all = ['a,"x"', 'b,"y"', 'c,"z"'];
    const { bytes, facts } = build(all, 8);
    for (const flipped of flips(bytes)) {
      const header = flipped.subarray(0, HEADER.length + 1).equals(Buffer.from(`${HEADER}\n`));
      const read = readOrDamage(() => find(flipped, facts));
      if (header) expect(read).toBe('damage');
    }
  });
});

describe('The table of a run', () => {
  const all = ['b,"x"', 'd,"y"', 'f,"z"'];
  const { bytes, facts } = build(all, 1);
  const table = decodeTable(bytes.subarray(facts.table), facts);

  it.each([
    ['a', '1'],
    ['b', '1'],
    ['c', '1'],
    ['d', '2'],
    ['e', '2'],
    ['g', '3'],
  ])('leads to the block in which %s may lie', (id, block) => {
    const [row = ''] = rowsFrom(table, blockFor(table, id));
    expect(row.split(',')[0]).toBe(block);
  });

  it('or a block whose last line has no end is damage, be its check right', () => {
    const table = Buffer.from('block,start,end,check,first\n1,27,40,aa,a');
    const block = Buffer.from('a,1\nb,2');
    const part = { start: 0, end: block.length, check: checkOf(block) };
    expect(readOrDamage(() => decodeTable(table, { ...facts, check: checkOf(table) }))).toBe(
      'damage',
    );
    expect(readOrDamage(() => decodeBlock(block, part))).toBe('damage');
  });

  it('that is no table is damage, be its check right', () => {
    const odd = Buffer.from('block,start,end,check,first\n1,x,2,0,a\n');
    const table = decodeTable(odd, { ...facts, check: checkOf(odd) });
    expect(readOrDamage(() => [...rowsFrom(table, 0)].map(partOf))).toBe('damage');
  });
});

const POSITION = { segment: '000001-1.csv', offset: 12, transfer: 3, epoch: 1, seal: 'ab' };
const LIST: IndexList = {
  position: POSITION,
  runs: [
    { name: 'roster-1-2.csv', lines: 10, table: 200, bytes: 300, check: '0123456789abcdef' },
    { name: 'roster-2-9.csv', lines: 1, table: 20, bytes: 30, check: 'fedcba9876543210' },
  ],
};

describe('The list of an index', () => {
  it.each([LIST, { ...LIST, runs: [] }])('comes back as it was: %o', (list) => {
    expect(decodeIndexList(encodeIndexList(list))).toEqual(list);
  });

  it.each([
    'run,lines,table,bytes\nsegment,offset,transfer,epoch,seal,check\n000001-1.csv,12,3,1,ab,',
    'run,lines,table,bytes,check\nsegment,offset,transfer,epoch,check\n000001-1.csv,12,3,1,ab,',
    'run,lines,table,bytes,check\nr,x,1,2,c\nsegment,offset,transfer,epoch,seal,check\n000001-1.csv,12,3,1,ab,',
    'run,lines,table,bytes,check\nr,1,,2,c\nsegment,offset,transfer,epoch,seal,check\n000001-1.csv,12,3,1,ab,',
    'run,lines,table,bytes,check\nr,1,2\nsegment,offset,transfer,epoch,seal,check\n000001-1.csv,12,3,1,ab,',
  ])('that is no list is damage, be its check right: %j', (told) => {
    expect(readOrDamage(() => decodeIndexList(`${told}${checkOf(told)}\n`))).toBe('damage');
  });

  it('changed or cut anywhere is damage', () => {
    const bytes = Buffer.from(encodeIndexList(LIST));
    for (const harmed of [...flips(bytes), ...cuts(bytes)])
      expect(readOrDamage(() => decodeIndexList(harmed.toString('utf8')))).toBe('damage');
  });
});
