import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePage, encodePage, rowCheck, summarizePage } from '#lib/format/passbook-page.js';
import { anyLife, digitsOf } from './arbitraries.js';
import { cuts, flips, readOrDamage } from './damage.js';
import { pageOf } from './pages.js';
import { SAMPLE_PAGE } from './sample.js';

const read = (text: string) => readOrDamage(() => decodePage(text, digitsOf));
/** As `read`, without most of the rows: what is damage to the one is damage to the other. */
const summarize = (text: string) => readOrDamage(() => summarizePage(text, digitsOf));

/** The rows of the sample, without their checks. */
const [HEADER = '', ...LINES] = SAMPLE_PAGE.replace('.\n', '').split('\n');
const BODIES = LINES.map((line) => line.slice(0, line.lastIndexOf(',') + 1));

/** A page of rows that somebody made up, each with a check that fits. */
function forged(bodies: readonly string[], prev = ''): string {
  let check = prev;
  const rows = bodies.map((body) => {
    check = rowCheck(check, body);
    return `${body}${check}`;
  });
  return encodePage(rows);
}

describe('Damage to a passbook page is found:', () => {
  const bytes = Buffer.from(SAMPLE_PAGE);

  it('every cut', () => {
    for (const cut of cuts(bytes)) {
      expect(read(cut.toString())).toBe('damage');
      expect(summarize(cut.toString())).toBe('damage');
    }
  });

  it('every changed byte', () => {
    for (const changed of flips(bytes)) {
      for (const tell of [read, summarize]) {
        if (tell(changed.toString()) !== 'damage') throw new Error(`not found: ${changed}`);
      }
    }
  });

  it('any changed byte of any page', () => {
    fc.assert(
      fc.property(anyLife, fc.nat(), fc.integer({ min: 1, max: 255 }), (life, place, mask) => {
        const changed = Buffer.from(pageOf(life.entries, life.states));
        const at = place % changed.length;
        const before = changed.toString();
        changed[at] = (changed[at] ?? 0) ^ mask;
        // Bytes that are no UTF-8 may be read as the letter that stood there: whoever reads the file sees that.
        if (changed.toString() === before) return;
        expect(read(changed.toString())).toBe('damage');
        expect(summarize(changed.toString())).toBe('damage');
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, string]>([
    ['nothing there', ''],
    ['only the header', `${HEADER}\n`],
    ['a header and a full stop', `${HEADER}\n.\n`],
    ['a byte order mark', `\ufeff${SAMPLE_PAGE}`],
    ['line ends of Windows', SAMPLE_PAGE.replaceAll('\n', '\r\n')],
    ['something behind the end', `${SAMPLE_PAGE}\n`],
    ['the page twice', SAMPLE_PAGE + SAMPLE_PAGE],
    ['a row left out', `${[HEADER, LINES[0], LINES[2]].join('\n')}.\n`],
    ['a row twice', `${[HEADER, LINES[0], LINES[1], LINES[1], LINES[2]].join('\n')}.\n`],
    ['rows swapped', `${[HEADER, LINES[0], LINES[2], LINES[1]].join('\n')}.\n`],
    ['the first row left out', `${[HEADER, LINES[1], LINES[2]].join('\n')}.\n`],
    ['zeros', '\0'.repeat(500)],
  ])('%s', (_, text) => {
    expect(read(text)).toBe('damage');
    expect(summarize(text)).toBe('damage');
  });
});

describe('Rows whose checks fit are damage all the same when', () => {
  /** What shows in the first and the last row alone. */
  const ENDS = new Set([
    'a number is left out',
    'a number comes again',
    'another account stands there',
    'the status changes without a reason',
    'something is held without a hold',
    'the limit changes without a reason',
  ]);
  const [first = '', second = '', third = ''] = BODIES;

  it('nothing is wrong, they are not', () => {
    expect(forged(BODIES)).toBe(SAMPLE_PAGE);
    expect(read(forged(BODIES))).not.toBe('damage');
  });

  it.each<[string, string[]]>([
    ['the balance does not follow', [first, second.replace(',100.00,0.00', ',100.01,0.00')]],
    ['a number is left out', [first, second.replace('a10017,2', 'a10017,3')]],
    ['a number comes again', [first, second.replace('a10017,2', 'a10017,1')]],
    ['another account stands there', [first, second.replace('a10017,', 'a10025,')]],
    ['the time goes back', [first, second.replace('2026-11-20T09', '2026-11-19T09')]],
    ['the entry’s number goes back', [first, second, third.replace('transfer,9', 'transfer,2')]],
    ['the currency changes', [first, second.replace('USD', 'EUR')]],
    ['the currency is unknown', [first.replace('USD', 'ABC')]],
    ['the currency is a word of JavaScript', [first.replace('USD', 'constructor')]],
    ['the type is unknown', [first, second.replace('deposit,2', 'gift,2')]],
    ['the status is unknown', [first.replace('USD,open', 'USD,ajar')]],
    ['the status changes without a reason', [first, second.replace('USD,open', 'USD,frozen')]],
    ['something is held without a hold', [first, second.replace('100.00,0.00,', '100.00,5.00,')]],
    ['the limit changes without a reason', [first, second.replace(',0.00,USD', ',9.00,USD')]],
    [
      'only its first row may say this',
      [first, second.replace(',,"req-1"', ',"{""frozen"":""all""}","req-1"')],
    ],
    ['money goes in and out', [first, second.replace('100.00,,', '100.00,0.01,')]],
    ['an amount stands half in and half out', [first, second.replace('100.00,,', '1,00.00,')]],
    ['an amount has another form', [first, second.replace('100.00,,', '100,,')]],
    ['an amount is no number', [first, second.replace('100.00,,', 'much,,')]],
    ['there is no balance', [first.replace(',0.00,0.00,0.00', ',,0.00,0.00')]],
    ['a number is no number', [first.replace('a10017,1', 'a10017,one')]],
    ['the entry’s number is none', [first.replace('open,1', 'open,one')]],
    ['the rows are counted from 0', [first.replace('a10017,1', 'a10017,0')]],
    ['the time is none', [first.replace('T09:00:00.000Z', '')]],
    ['the id leads out of the bank', [first.replace('a10017', '../../x')]],
    ['the details are missing', [first.replace('"{}"', '')]],
    ['the details are no JSON', [first.replace('"{}"', '"{"')]],
    ['the details are no object', [first.replace('"{}"', '"7"')]],
    ['the details are null', [first.replace('"{}"', '"null"')]],
    [
      'the first page follows another',
      [first.replace('"{}"', '"{""prev"":""0123456789abcdef""}"')],
    ],
    ['a cell is left out', [first.replace(',,,,0.00', ',,,0.00')]],
    ['a cell is too many', [first.replace(',,,,0.00', ',,,,,0.00')]],
    ['a quote is not closed', [first.replace('"Ada"', '"Ada')]],
  ])('%s', (what, bodies) => {
    expect(bodies.join('\n')).not.toBe(BODIES.slice(0, bodies.length).join('\n'));
    const prev = bodies[0]?.includes('prev') ? '0123456789abcdef' : '';
    expect(read(forged(bodies, prev))).toBe('damage');
    if (ENDS.has(what)) expect(summarize(forged(bodies, prev))).toBe('damage');
  });

  it.each<[string, string, string, string]>([
    ['the currency is unknown', 'USD', 'ABC', 'currency ABC is unknown'],
    [
      'the details are missing',
      '"{}"',
      '',
      'row 1 begins a page but says nothing of the one before',
    ],
    ['the details are no JSON', '"{}"', '"{"', 'row 1 has details that are no JSON'],
  ])('%s, and are named for that', (_, was, now, what) => {
    expect(() => decodePage(forged([first.replace(was, now)]), digitsOf)).toThrow(what);
  });

  it('names change where a later row has others, they are not', () => {
    const renamed = second
      .replace(',deposit,', ',rename,')
      .replace('open,,,"first', 'open,"Augusta","King","first');
    const page = decodePage(forged([first, renamed, third]), digitsOf);
    expect(page.account).toMatchObject({ firstName: 'Augusta', lastName: 'King' });
    expect(page.rows.map(({ firstName }) => firstName)).toEqual(['Ada', 'Augusta', '']);
  });

  const later = (details: string) => second.replace(',,,,"req-1"', `,,,${details},"req-1"`);
  const GOOD = '0123456789abcdef';

  it('a later page says what it follows, they are not', () => {
    expect(read(forged([later(`"{""prev"":""${GOOD}""}"`), third], GOOD))).not.toBe('damage');
  });

  it.each([
    ['"{}"', ''],
    ['"[]"', ''],
    ['"{""prev"":null}"', ''],
    ['"{""prev"":7}"', '7'],
    ['"{""prev"":""0123""}"', '0123'],
    ['"{""prev"":""0123456789ABCDEF""}"', '0123456789ABCDEF'],
    ['"{""prev"":""0123456789abcdef0""}"', '0123456789abcdef0'],
  ])('a later page does not say what it follows, but %s', (details, prev) => {
    expect(read(forged([later(details), third], prev))).toBe('damage');
  });
});
