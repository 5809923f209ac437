import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDay, readMoment, readName, readText, shown } from '#lib/ledger/text.js';
import { outcome, refusal, titled } from './refusal.js';

describe('A name', () => {
  it.each(['Ada', "O'Hara", 'Nguyễn Văn A', '李', 'José María', '=1+1', '🙂', 'a"b,c', ' x '])(
    '%j is taken as it is',
    (name) => {
      expect(readName(name, 'first name')).toBe(name);
    },
  );

  it.each(
    titled<[unknown, RegExp]>(
      [
        ['', /is empty/],
        ['   ', /is empty/],
        ['\u00a0\u3000', /is empty/],
        ['\u200b', /is empty/],
        ['\u3164', /is empty/],
        ['a\u0000', /U\+0000 at position 2/],
        ['a\tb', /U\+0009 at position 2/],
        ['a\nb', /U\+000A/],
        ['a\rb', /U\+000D/],
        ['\u001b[31m', /U\+001B at position 1/],
        ['a\u007f', /U\+007F/],
        ['a\u009b31m', /U\+009B/],
        ['a\u0085', /U\+0085/],
        ['a\u2028b', /U\+2028/],
        ['a\u2029b', /U\+2029/],
        ['a\u061cb', /U\+061C/],
        ['a\u200eb', /U\+200E/],
        ['a\u200fb', /U\+200F/],
        ['a\u202eb', /U\+202E/],
        ['a\u2066b', /U\+2066/],
        ['a\u2069b', /U\+2069/],
        ['\ufeffa', /U\+FEFF/],
        ['a\ud800', /lone surrogate/],
        ['\udc00a', /lone surrogate/],
        ['x'.repeat(101), /has 101 characters; at most 100/],
        [5, /is not a text/],
        [null, /is not a text/],
        [undefined, /is not a text/],
        [{}, /is not a text/],
      ],
      (name, why) => `${shown(name, 30)}: ${why.source}`,
    ),
  )('%s', (_, name, why) => {
    const error = refusal(() => readName(name, 'first name'));
    expect(error.code).toBe('INVALID_TEXT');
    expect(error.message).toMatch(why);
    expect(error.details).toEqual({ field: 'first name' });
  });

  it('with any character of bidi control is refused', () => {
    for (let code = 0; code <= 0xffff; code++) {
      const character = String.fromCharCode(code);
      if (!/\p{Bidi_Control}|\p{Cc}/u.test(character)) continue;
      expect(outcome(() => readText(`a${character}b`, 'memo', 10))).toBe('INVALID_TEXT');
    }
  });
});

describe('A day', () => {
  it.each(['2026-11-20', '2024-02-29', '1993-01-05'])('%s is taken', (day) => {
    expect(readDay(day, 'value date')).toBe(day);
  });

  it.each(
    titled(
      [
        '',
        '2026-02-29',
        '2026-02-30',
        '2026-13-01',
        '2026-00-10',
        '2026-11-00',
        '2026-1-1',
        '20261120',
        '20.11.2026',
        '2026-11-20T00:00:00Z',
        '+002026-11-20',
        'today',
        20261120,
        null,
        Object.create(null),
      ].map((day): [unknown] => [day]),
      (day) => `${shown(day)} is refused as INVALID_TIME`,
    ),
  )('%s', (_, day) => {
    expect(outcome(() => readDay(day, 'value date'))).toBe('INVALID_TIME');
  });
});

describe('A moment', () => {
  it.each(
    titled<[unknown, string]>(
      [
        ['2026-11-20', '2026-11-20T00:00:00.000Z'],
        ['2026-11-20T09:00:00Z', '2026-11-20T09:00:00.000Z'],
        ['2026-11-20T09:00Z', '2026-11-20T09:00:00.000Z'],
        ['2026-11-20T09:00:00.123Z', '2026-11-20T09:00:00.123Z'],
        ['2026-11-20T09:00:00+02:00', '2026-11-20T07:00:00.000Z'],
        [new Date(0), '1970-01-01T00:00:00.000Z'],
      ],
      (given, time) => `${given} is ${time}`,
    ),
  )('%s', (_, given, time) => {
    expect(new Date(readMoment(given, 'start')).toISOString()).toBe(time);
  });

  it.each(
    titled(
      [
        '2026-11-20T09:00:00',
        '2026-02-30T09:00:00Z',
        '2026-02-30',
        '2026-11-20T25:00:00Z',
        '2026-11-20 09:00:00Z',
        'yesterday',
        '',
        0,
        new Date(Number.NaN),
        undefined,
        Object.create(null),
      ].map((given): [unknown] => [given]),
      (given) => `${shown(given)} is refused as INVALID_TIME`,
    ),
  )('%s', (_, given) => {
    expect(outcome(() => readMoment(given, 'start'))).toBe('INVALID_TIME');
  });
});

describe('What was given stands in a message', () => {
  it.each(
    titled<[unknown, string]>(
      [
        ['a"b', '"a\\"b"'],
        ['\u001b[2J\u009b\u202e', '"\\u001b[2J\\u009b\\u202e"'],
        ['x'.repeat(100), `"${'x'.repeat(60)}…"`],
        ['\ud800', '"\\ud800"'],
        [5n, '5n'],
        [5, '5'],
        [null, 'null'],
        [undefined, 'undefined'],
        [{ toString: null }, 'an object'],
        [() => 5, 'a function'],
      ],
      (_, text) => text,
    ),
  )('%s', (_, given, text) => {
    expect(shown(given)).toBe(text);
  });

  it('on one short line without control characters, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (given) => {
        expect(shown(given)).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
        expect(shown(given).length).toBeLessThan(400);
      }),
    );
  });
});
