import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeDetails,
  decodeEntryDetails,
  encodeDetails,
  encodeOpening,
} from '#lib/format/details.js';
import { NO_TERMS } from '#lib/ledger/account.js';
import { parseAccountId } from '#lib/ledger/account-id.js';
import { holdId } from '#lib/ledger/hold.js';
import { anyEntry, anyLife, digitsOf } from './arbitraries.js';
import { readOrDamage } from './damage.js';

const HOLD = holdId(parseAccountId('a10017'), 42);

describe('The details of an entry', () => {
  it('are this text', () => {
    const hold = { id: HOLD, left: 2000n, expires: '2026-11-27T09:00:00.000Z' };
    expect(encodeDetails({ meta: '{"a":1}', hold }, 2)).toBe(
      '{"meta":{"a":1},"hold":{"id":"a10017.42","left":"20.00","expires":"2026-11-27T09:00:00.000Z"}}',
    );
    expect(encodeDetails({ limit: { transfer: 5n, day: undefined } }, 0)).toBe(
      '{"limit":{"transfer":"5","day":null}}',
    );
    const terms = { ...NO_TERMS, holds: [{ id: HOLD, left: 1n, expires: '' }], dayLimit: 900n };
    expect(encodeOpening('{"reverses":7}', { prev: 'ab', terms }, 2)).toBe(
      '{"reverses":7,"prev":"ab","holds":[{"id":"a10017.42","left":"0.01","expires":""}],"limits":{"day":"9.00"}}',
    );
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(anyEntry, ({ details, currency }) => {
        const digits = digitsOf(currency) ?? 0;
        const text = encodeDetails(details, digits);
        expect(decodeEntryDetails(text, digits, 'it')).toEqual(details);
      }),
      { numRuns: 500 },
    );
  });

  it('and what a page says of its account come back as they were', () => {
    fc.assert(
      fc.property(anyLife, ({ entries, states }) => {
        states.forEach((state, index) => {
          const digits = digitsOf(state.currency) ?? 0;
          const own = encodeDetails(entries[index]?.details, digits);
          const opening = { prev: '0123456789abcdef', terms: state.terms };
          const read = decodeDetails(encodeOpening(own, opening, digits), digits, 'it');
          expect(read).toEqual({ entry: entries[index]?.details, opening });
        });
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    '{',
    'null',
    '7',
    '[]',
    '""',
    ' {}',
    '{"reverses":7 }',
    '{"reverses":"7"}',
    '{"reverses":7.5e1}',
    '{"other":1}',
    '{"up_to":"1"}',
    '{"up_to":1}',
    '{"up_to":"-0.00"}',
    '{"freeze":"none"}',
    '{"hold":null}',
    '{"hold":{"id":"a10017","left":"1.00"}}',
    '{"hold":{"id":"a10017.42","left":"1"}}',
    '{"hold":{"id":"a10017.42","left":"1.00","expires":"soon"}}',
    '{"hold":{"left":"1.00","id":"a10017.42"}}',
    '{"limit":{"day":null,"transfer":null}}',
    '{"meta":{"a":"\u2028"}}',
    '{"prev":"0123"}',
    '{"holds":7}',
    '{"frozen":"debits"}',
    '{"limits":{"on":7}}',
  ])('are damage where they are %s', (text) => {
    expect(readOrDamage(() => decodeDetails(text, 2, 'it'))).toBe('damage');
  });

  it.each(['{}', '{"prev":"0123456789abcdef"}', '{"reverses":7,"frozen":"all"}'])(
    'are damage in the journal where only a page says so: %s',
    (text) => {
      expect(readOrDamage(() => decodeDetails(text, 2, 'it'))).not.toBe('damage');
      expect(readOrDamage(() => decodeEntryDetails(text, 2, 'it'))).toBe('damage');
    },
  );
});
