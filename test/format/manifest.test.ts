import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeManifest,
  encodeManifest,
  FORMAT_VERSION,
  type Manifest,
  standardDigits,
} from '#lib/format/manifest.js';
import { currencyDigits } from '#lib/ledger/currencies.js';
import { cuts, flips, readOrDamage } from './damage.js';

const SAMPLE: Manifest = {
  version: FORMAT_VERSION,
  id: '5b1f0c3e8a42',
  created: '2026-11-20T09:00:00.000Z',
  currency: 'USD',
  shared: false,
  digits: { CZK: 2, JPY: 0, USD: 2 },
};

const read = (text: string) => readOrDamage(() => decodeManifest(text));
/** A manifest that somebody made up, with a check that fits. */
const json = (change: object) => {
  const { version, ...rest } = SAMPLE;
  const told = `${JSON.stringify({ drovebank: { version }, ...rest, ...change }).slice(0, -1)},\n`;
  const check = createHash('sha256').update(told).digest('hex').slice(0, 16);
  return `${told}  "check": "${check}"\n}\n`;
};

describe('bank.json', () => {
  it('comes back as it was', () => {
    expect(decodeManifest(encodeManifest(SAMPLE))).toEqual(SAMPLE);
    const shared = { ...SAMPLE, shared: true, digits: standardDigits() };
    expect(decodeManifest(encodeManifest(shared))).toEqual(shared);
  });

  it('begins with the version, for a reader who knows nothing else', () => {
    expect(encodeManifest(SAMPLE)).toMatch(/^\{\n {2}"drovebank": \{\n {4}"version": 1\n {2}\},/);
    expect(encodeManifest(SAMPLE).endsWith('}\n')).toBe(true);
  });

  it('of a newer version comes back as the version alone, whatever else it says', () => {
    expect(read('{"drovebank":{"version":2}}')).toEqual({ version: 2 });
    expect(read('{"drovebank":{"version":99,"since":"2031"},"id":7}')).toEqual({ version: 99 });
  });

  it('shows every changed byte', () => {
    for (const changed of flips(Buffer.from(encodeManifest(SAMPLE)))) {
      const found = read(changed.toString('utf8'));
      // Of a newer format this one knows nothing but that it is newer.
      if (found !== 'damage') expect(Object.keys(found)).toEqual(['version']);
    }
  });

  it('starts with all the digits of the standard', () => {
    expect(Object.entries(standardDigits())).toEqual([...currencyDigits()]);
  });

  it('that somebody else wrote is read if all is well with it, and its check fits', () => {
    expect(read(json({}))).toEqual(SAMPLE);
    expect(read(json({}).replace('"USD"', '"CZK"'))).toBe('damage');
  });

  it('that is no JSON is named for that', () => {
    expect(() => decodeManifest('PK\u0003\u0004')).toThrow('it is not JSON');
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'PK\u0003\u0004'],
    ['null', 'null'],
    ['a number', '7'],
    ['a text', '"bank"'],
    ['a list', '[]'],
    ['no version', '{}'],
    ['no version (null)', '{"drovebank":null}'],
    ['a version that is a text', json({ drovebank: { version: '1' } })],
    ['version 0', json({ drovebank: { version: 0 } })],
    ['half a version', json({ drovebank: { version: 1.5 } })],
    ['a huge version', '{"drovebank":{"version":1e400}}'],
    ['no id', json({ id: undefined })],
    ['an empty id', json({ id: '' })],
    ['no time', json({ created: undefined })],
    ['an odd time', json({ created: 'yesterday' })],
    ['no word on sharing', json({ shared: undefined })],
    ['an odd word on sharing', json({ shared: 'yes' })],
    ['no currencies', json({ digits: undefined })],
    ['currencies that are null', json({ digits: null })],
    ['currencies in a list', json({ digits: [2, 2], currency: '0' })],
    ['odd digits', json({ digits: { USD: 5 } })],
    ['digits below zero', json({ digits: { USD: -1 } })],
    ['digits that are a text', json({ digits: { USD: '2' } })],
    ['a currency that leads out of the bank', json({ digits: { USD: 2, '../X': 2 } })],
    ['an unknown currency', json({ currency: 'EUR' })],
    ['no currency', json({ currency: undefined })],
    ['a currency that is a word of JavaScript', json({ currency: 'constructor' })],
    ['a currency that is another', json({ currency: '__proto__' })],
  ])('with %s is damage', (_, text) => {
    expect(read(text)).toBe('damage');
  });

  it('is read or found damaged, whatever is in it', () => {
    const bytes = Buffer.from(encodeManifest(SAMPLE));
    for (const cut of cuts(bytes.subarray(0, -1))) expect(read(`${cut}`)).toBe('damage');
    for (const changed of flips(bytes)) read(changed.toString());
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(read(text)).toBe('damage');
      }),
    );
  });
});
