import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  givenAccountId,
  givenAccountNumber,
  isAccountId,
  luhnDigit,
  parseAccountId,
  parseChosenId,
  parseCustomerId,
  worldId,
} from '#lib/ledger/account-id.js';
import { shown } from '#lib/ledger/text.js';
import { outcome, refusal, titled } from './refusal.js';

describe('An account id', () => {
  it.each([
    ['a10017', 'a10017'],
    ['A10017', 'a10017'],
    ['Ada_L-1', 'ada_l-1'],
    ['7', '7'],
    ['a1234', 'a1234'],
    ['x'.repeat(64), 'x'.repeat(64)],
    ['constructor', 'constructor'],
  ])('%j is read as %j', (given, id) => {
    expect(parseAccountId(given)).toBe(id);
  });

  it.each(
    titled<[unknown, RegExp]>(
      [
        ['', /is empty/],
        ['../x', /may have letters/],
        ['a/b', /may have letters/],
        ['a\\b', /may have letters/],
        ['.', /may have letters/],
        ['a.b', /may have letters/],
        ['-a', /may have letters/],
        ['_a', /may have letters/],
        ['__proto__', /may have letters/],
        ['a b', /may have letters/],
        ['a\n', /may have letters/],
        ['a\0', /may have letters/],
        ['ä', /may have letters/],
        ['\u212a1', /may have letters/],
        ['\u0130', /may have letters/],
        ['ａ１', /may have letters/],
        ['x'.repeat(65), /has 65 characters; at most 64/],
        ['a10018', /wrong check digit/],
        ['A10018', /wrong check digit/],
        ['a10071', /wrong check digit/],
        [10017, /is not a text/],
        [10017n, /is not a text/],
        [null, /is not a text/],
        [undefined, /is not a text/],
        [{}, /is not a text/],
        [Object.create(null), /is not a text/],
        [Symbol('a10017'), /is not a text/],
      ],
      (given, why) => `${shown(given, 30)}: ${why.source}`,
    ),
  )('%s', (_, given, why) => {
    const error = refusal(() => parseAccountId(given));
    expect(error.code).toBe('INVALID_ID');
    expect(error.message).toMatch(why);
  });

  it('keeps control characters out of the message of its refusal', () => {
    const { message } = refusal(() => parseAccountId('a\u009b31m\u202e'));
    expect(message).toContain('"a\\u009b31m\\u202e"');
  });

  it('that the bank gives out ends in a check digit by Luhn', () => {
    expect([1001, 1002, 1003].map(givenAccountId)).toEqual(['a10017', 'a10025', 'a10033']);
    expect(luhnDigit('7992739871')).toBe(3);
    expect(givenAccountNumber('a10025')).toBe(1002);
    expect(givenAccountNumber('ada')).toBeUndefined();
  });

  it('that the bank gives out is found out when one digit is wrong or two neighbours are swapped', () => {
    const slips = fc.record({
      number: fc.integer({ min: 1001, max: 99_999_999 }),
      place: fc.nat(),
      by: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(slips, ({ number, place, by }) => {
        const id = givenAccountId(number);
        expect(parseAccountId(id)).toBe(id);
        expect(givenAccountNumber(id)).toBe(number);
        const at = 1 + (place % (id.length - 1));
        const digit = (Number(id[at]) + by) % 10;
        const mistyped = `${id.slice(0, at)}${digit}${id.slice(at + 1)}`;
        expect(outcome(() => parseAccountId(mistyped))).toBe('INVALID_ID');
        const [left = '', right = ''] = id.slice(at);
        // Luhn cannot see 09 for 90.
        if (right === '' || left === right || [left, right].sort().join('') === '09') return;
        const swapped = `${id.slice(0, at)}${right}${left}${id.slice(at + 2)}`;
        expect(outcome(() => parseAccountId(swapped))).toBe('INVALID_ID');
      }),
    );
  });

  it.each([
    ['world', 'INVALID_ID'],
    ['world-usd', 'INVALID_ID'],
    ['WORLD-CZK', 'INVALID_ID'],
    ['worldwide', 'INVALID_ID'],
    ['a10017', 'accepted'],
    ['ada', 'accepted'],
  ])('%j of a customer: %s', (id, expected) => {
    expect(outcome(() => parseCustomerId(id))).toBe(expected);
  });

  it.each([
    ['a10017', 'INVALID_ID'],
    ['a10018', 'INVALID_ID'],
    ['A99999', 'INVALID_ID'],
    [`a${'1'.repeat(80)}`, 'INVALID_ID'],
    ['world-usd', 'INVALID_ID'],
    ['a1234', 'accepted'],
    ['a10017x', 'accepted'],
    ['b10017', 'accepted'],
    ['ada', 'accepted'],
  ])('%j that a user chooses for a new account: %s', (id, expected) => {
    expect(outcome(() => parseChosenId(id))).toBe(expected);
  });

  it.each(['bad id!', '', 'x'.repeat(65), 'a10017'])(
    '%j for a new account: another one is asked for',
    (id) => {
      expect(() => parseChosenId(id)).toThrow(
        expect.objectContaining({ hint: expect.stringContaining('Leave the id out') }),
      );
    },
  );

  it('of the outside is one for each currency', () => {
    expect(worldId('CZK')).toBe('world-czk');
  });

  it('read from a file must have the form of an id', () => {
    expect(['a10017', 'world-usd', 'x'].every(isAccountId)).toBe(true);
    expect(['', 'A', '../x', 'a.b', 'a\n', 'x'.repeat(65)].some(isAccountId)).toBe(false);
  });

  it('is read or refused, whatever is given', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (given) => {
        for (const parse of [parseAccountId, parseCustomerId, parseChosenId]) {
          expect(['accepted', 'INVALID_ID']).toContain(outcome(() => parse(given)));
        }
      }),
    );
  });
});
