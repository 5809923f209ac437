import { describe, expect, it } from 'vitest';
import { checkOf } from '#lib/format/check.js';
import { decodeSecret, encodeSecret, type Secret } from '#lib/format/secret.js';
import type { AccountId } from '#lib/ledger/account-id.js';

const TOM = 'tom' as AccountId;
const SECRET: Secret = {
  account: TOM,
  wrong: 2,
  triedAt: '2026-11-20T09:30:00.000Z',
  seen: 7,
  salt: '0a1b',
  hash: '6f1d',
};
const TEXT = encodeSecret(SECRET);

/** The same with another text in it, and a check that fits. */
function changed(from: string, to: string): string {
  const told = TEXT.slice(0, TEXT.lastIndexOf(',')).replace(from, to);
  return `${told},${checkOf(told)}\n.\n`;
}

describe('The file of a PIN', () => {
  it('comes back as it was', () => {
    expect(decodeSecret(TEXT, TOM)).toEqual(SECRET);
    const fresh = { ...SECRET, wrong: 0, triedAt: '' };
    expect(decodeSecret(encodeSecret(fresh), TOM)).toEqual(fresh);
  });

  it('says nothing where it was cut, wherever that was', () => {
    for (let end = 0; end < TEXT.length; end++) {
      expect(decodeSecret(TEXT.slice(0, end), TOM)).toBeUndefined();
    }
  });

  it.each([
    ['another byte', TEXT.replace('6f1d', '6f1e'), 'its check does not fit'],
    ['another header', changed('wrong,', 'right,'), 'the header line is another one'],
    ['another account', changed('\ntom,', '\ntim,'), 'it is that of tim'],
    ['no number', changed(',2,', ',x,'), 'it has odd numbers'],
    ['no count of rows', changed(',7,', ',-7,'), 'it has odd numbers'],
    ['no time', changed('2026-11-20T', '2026-11-20 '), 'it has no time'],
  ])('with %s is damaged', (_, text, why) => {
    expect(() => decodeSecret(text, TOM)).toThrow(why);
  });
});
