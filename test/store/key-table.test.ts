import { describe, expect, it } from 'vitest';
import { KeyTable } from '#lib/store/key-table.js';

const found = (table: KeyTable, key: string) => {
  const numbers = new Set<number>();
  table.find(key, numbers);
  return [...numbers].toSorted((one, other) => one - other);
};

const keyOf = (number: number) =>
  [`key-${number}`, `${number}`, `order/2026/${'x'.repeat(number % 90)}/${number}`, `é${number}🐂`][
    number % 4
  ] as string;

describe('The table of keys', () => {
  it('finds each key that it was given, and no other', () => {
    const table = new KeyTable();
    const base = 2 ** 40;
    for (let number = 1; number <= 20_000; number++) table.add(keyOf(number), base + number);
    expect(table.size).toBe(20_000);
    for (let number = 1; number <= 20_000; number++) {
      expect(found(table, keyOf(number))).toEqual([base + number]);
    }
    for (let number = 20_001; number <= 40_000; number++) {
      expect(found(table, keyOf(number))).toEqual([]);
    }
  });

  it('tells all entries of one hash: one that is overlooked would be booked twice', () => {
    const table = new KeyTable();
    for (let number = 1; number <= 3_000; number++) table.add(`key-${number % 10}`, number);
    const sevens = Array.from({ length: 300 }, (_, index) => 10 * index + 7);
    expect(found(table, 'key-7')).toEqual(sevens);
  });

  it('forgets those up to an entry, and no other', () => {
    const table = new KeyTable();
    for (let number = 1; number <= 5_000; number++) table.add(keyOf(number), number);
    table.forget(3_000);
    expect(table.size).toBe(2_000);
    for (let number = 1; number <= 5_000; number++) {
      expect(found(table, keyOf(number))).toEqual(number > 3_000 ? [number] : []);
    }
    table.add(keyOf(1), 6_000);
    expect(found(table, keyOf(1))).toEqual([6_000]);
    table.forget(6_000);
    expect(table.size).toBe(0);
  });
});
