import { describe, expect, it } from 'vitest';
import type { AccountId } from '#lib/ledger/account-id.js';
import { LegTable } from '#lib/store/leg-table.js';

/** The same numbers each time. */
function numbers(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Ids in bytes that have something else before and behind them, as a line has. */
const LINE = Buffer.from('x,'.repeat(80));
function addTo(table: LegTable, id: string, place: number) {
  const start = 1 + (place % 7);
  const end = start + LINE.write(id, start, 'latin1');
  LINE[end] = 44;
  table.add(LINE, start, end, place);
}

const idOf = (number: number) =>
  (number % 3 === 0 ? `a${number}` : `member-${number}`.padEnd(number % 64, '_')) as AccountId;

function expectAlike(table: LegTable, model: Map<AccountId, number[]>) {
  expect(table.size).toBe(model.size);
  expect(table.ids()).toEqual([...model.keys()]);
  for (const [id, places] of model) {
    expect([...table.placesOf(id)]).toEqual(places);
    expect(table.endsOf(id)).toEqual([places[0], places.at(-1)]);
    expect(table.has(id)).toBe(true);
  }
}

describe('The table of places', () => {
  it('has what a map of lists would have, whatever is added, deleted and left out', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const below = numbers(seed);
      const accounts = [3, 400, 3_000][seed % 3] as number;
      let table = new LegTable();
      let model = new Map<AccountId, number[]>();
      let place = 0;
      for (let round = 0; round < 8; round++) {
        for (let add = 0; add < 1_500; add++) {
          const id = idOf(below(accounts));
          place += 1 + below(2 ** 33);
          addTo(table, id, place);
          model.set(id, [...(model.get(id) ?? []), place]);
        }
        for (const id of [...model.keys()].filter(() => below(4) === 0)) {
          table.delete(id);
          model.delete(id);
          expect([table.has(id), table.endsOf(id), [...table.placesOf(id)]]).toEqual([
            false,
            undefined,
            [],
          ]);
        }
        table.delete(idOf(accounts + 1));
        expectAlike(table, model);
        if (round % 3 !== 2) continue;
        const first = below(place);
        table = table.from(first);
        const left = [...model].map(
          ([id, all]) => [id, all.filter((one) => one >= first)] as const,
        );
        model = new Map(left.filter(([, all]) => all.length > 0));
        expectAlike(table, model);
      }
    }
  });

  it('tells ids apart that only begin alike, and knows the longest', () => {
    const table = new LegTable();
    const ids = ['a', 'ab', 'abc', 'a'.repeat(64), `${'a'.repeat(63)}b`] as AccountId[];
    for (const [at, id] of ids.entries()) addTo(table, id, at + 1);
    expect(ids.map((id) => [...table.placesOf(id)])).toEqual([[1], [2], [3], [4], [5]]);
    expect([table.has('b' as AccountId), table.has('aa' as AccountId)]).toEqual([false, false]);
  });

  it('tells ids apart whose hashes are the same', () => {
    const table = new LegTable();
    const ids = ['ada', 'adahnyghf', 'm99nkx41', 'mhvi6x67'] as AccountId[];
    for (const id of ids) expect(table.has(id)).toBe(false);
    for (const [at, id] of ids.entries()) {
      addTo(table, id, at + 1);
      expect(ids.map((one) => table.has(one))).toEqual(ids.map((_, other) => other <= at));
    }
    for (const [at, id] of ids.entries()) addTo(table, id, at + 10);
    expect(ids.map((id) => [...table.placesOf(id)])).toEqual(
      [0, 1, 2, 3].map((at) => [at + 1, at + 10]),
    );
    table.delete(ids[0] as AccountId);
    expect(ids.map((id) => [...table.placesOf(id)].length)).toEqual([0, 2, 2, 2]);
  });

  it('takes little memory for each account', () => {
    const table = new LegTable();
    for (let at = 0; at < 100_000; at++) addTo(table, `a${at}`, at);
    expect(table.bytes / 100_000).toBeLessThan(100);
  });
});
