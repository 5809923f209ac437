import { describe, expect, it } from 'vitest';
import { notesFor } from '#lib/atm/notes.js';

const sizesOf = (text: string) => text.split(' ').filter(Boolean).map(BigInt);

const text = (amount: string, sizes: string) =>
  notesFor(BigInt(amount), sizesOf(sizes))
    ?.map(([size, count]) => `${count} x ${size}`)
    .join(', ');

describe('Notes', () => {
  it.each([
    ['60', '20 50', '3 x 20'],
    ['80', '20 50', '4 x 20'],
    ['90', '50 20', '1 x 50, 2 x 20'],
    ['100', '10 20 50 100', '1 x 100'],
    ['70', '10 20 50', '1 x 50, 1 x 20'],
    ['60', '10 30 40', '2 x 30'],
    ['1', '1', '1 x 1'],
    ['50', '50 50 0', '1 x 50'],
  ])('%s in %s: %s', (amount, sizes, expected) => {
    expect(text(amount, sizes)).toBe(expected);
  });

  it.each([
    ['5', '10'],
    ['30', '20 50'],
    ['10', ''],
    ['0', '10'],
    ['10100', '100'],
  ])('%s in %s: none', (amount, sizes) => {
    expect(notesFor(BigInt(amount), sizesOf(sizes))).toBeUndefined();
  });

  it('are looked for quickly, however odd the amount', () => {
    expect(notesFor(500_001n, sizesOf('500 1000 2000 5000 10000 20000 50000'))).toBeUndefined();
    expect(notesFor(500_000n, sizesOf('500 1000 2000 5000 10000 20000 50000'))).toEqual([
      [50_000n, 10],
    ]);
  });

  it('are the fewest, and make up the amount, as trying everything shows', () => {
    const sizes = [20n, 50n, 70n];
    const fewest = new Map([[0n, 0]]);
    for (let amount = 10n; amount <= 700n; amount += 10n) {
      const before = sizes.map((size) => fewest.get(amount - size)).filter((n) => n !== undefined);
      if (before.length > 0) fewest.set(amount, Math.min(...before) + 1);
      const bundle = notesFor(amount, sizes);
      expect(bundle?.reduce((sum, [, count]) => sum + count, 0)).toBe(fewest.get(amount));
      if (bundle === undefined) continue;
      expect(bundle.reduce((sum, [size, count]) => sum + size * BigInt(count), 0n)).toBe(amount);
    }
  });
});
