import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountFolder, pageName, parsePageName } from '#lib/format/account-path.js';
import { formatOwner, parseOwner } from '#lib/format/owner-name.js';

describe('The path of an account', () => {
  it.each([
    ['a10017', 'accounts/f7/74/a10017.csv'],
    ['a10025', 'accounts/28/e1/a10025.csv'],
  ])('%s is %s', (id, path) => {
    expect(`${accountFolder(id)}/${pageName(id)}`).toBe(path);
  });

  it.each<[string, string, number | undefined]>([
    ['a10017.csv', 'a10017', undefined],
    ['a10017.0001.csv', 'a10017', 1],
    ['a10017.9999.csv', 'a10017', 9999],
    ['a10017.10000.csv', 'a10017', 10000],
    ['world-usd.0012.csv', 'world-usd', 12],
  ])('ends in %s: page of %s, number %s', (name, id, page) => {
    expect(pageName(id, page)).toBe(name);
    expect(parsePageName(name)).toEqual({ id, page });
  });

  it.each([
    'a10017',
    'A10017.csv',
    '.csv',
    'a10017.1.csv',
    'a10017.0000.csv',
    'a10017.00001.csv',
    'a10017.0001.csv.tmp',
    '../a10017.csv',
    `${'x'.repeat(65)}.csv`,
    'a10017.csv\n',
  ])('never ends in %j', (name) => {
    expect(parsePageName(name)).toBeUndefined();
  });
});

describe('The name of an owner', () => {
  const owner = fc.record({
    number: fc.integer({ min: 0, max: 999_999_999_999_999 }),
    boot: fc.stringMatching(/^[0-9a-f]{32}$/),
    pidNamespace: fc.stringMatching(/^[0-9]{1,10}$/),
    pid: fc.integer({ min: 1, max: 4_194_304 }),
    started: fc.stringMatching(/^[0-9]{1,12}$/),
    random: fc.stringMatching(/^[0-9a-f]{12}$/),
  });

  it('comes back as it was', () => {
    fc.assert(
      fc.property(owner, (each) => {
        expect(parseOwner(formatOwner(each))).toEqual(each);
      }),
    );
  });

  it('says epoch, boot, namespace, pid, start and something random', () => {
    expect(parseOwner('7-0b00t0-4026531836-123-456789-c0ffee')).toEqual({
      ...{ number: 7, boot: '0b00t0', pidNamespace: '4026531836' },
      ...{ pid: 123, started: '456789', random: 'c0ffee' },
    });
  });

  it.each([
    '',
    'answered',
    '7-b-1-2-3',
    '7-b-1-2-3-4-5',
    '07-b-1-2-3-4',
    '7-b-1-02-3-4',
    '-7-b-1-2-3-4',
    '7-B-1-2-3-4',
    '7-b-x-2-3-4',
    'damaged-7-b-1-2-3-4',
    '9999999999999999-b-1-2-3-4',
    '7-b-1-2-3-4/..',
    '7-b-1-2-3-4\n',
  ])('%j is none', (name) => {
    expect(parseOwner(name)).toBeUndefined();
  });
});
