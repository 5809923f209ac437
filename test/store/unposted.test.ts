import { describe, expect, it } from 'vitest';
import { FormatDamage } from '#lib/format/damage.js';
import { CELL, type LegLine } from '#lib/format/entry-line.js';
import { encodeEntry } from '#lib/format/journal-row.js';
import { givenAccountId, parseAccountId, worldId } from '#lib/ledger/account-id.js';
import type { Entry } from '#lib/ledger/entry.js';
import { JOURNAL_START } from '#lib/store/journal.js';
import { Unposted } from '#lib/store/unposted.js';

const [ADA, BOB, CYD] = ['ada', 'bob', 'cyd'].map(parseAccountId) as [never, never, never];
const FROM = { bookedAt: '2026-11-20T09:00:00.000Z', nextAccount: 5 };
const seqs = new Map<string, number>();

function entry(
  transfer: number,
  from: typeof ADA,
  to: typeof ADA,
  more: Partial<Entry> = {},
): Entry {
  const leg = (account: typeof ADA) => {
    const seq = (seqs.get(account) ?? 0) + 1;
    seqs.set(account, seq);
    return { account, seq, balance: BigInt(seq) };
  };
  return {
    ...{ type: 'transfer', transfer, bookedAt: `2026-11-20T09:05:40.00${transfer % 10}Z` },
    ...{ currency: 'USD', amount: 1n, debit: leg(from), credit: leg(to), limit: 0n },
    ...{ firstName: '', lastName: '', memo: '', reference: '', valueDate: '', key: '' },
    details: undefined,
    ...more,
  };
}

function batchOf(...entries: Entry[]) {
  const lines = Buffer.from(entries.map((one) => encodeEntry(one, 2)).join(''));
  const transfer = entries.at(-1)?.transfer ?? 0;
  return { lines, count: entries.length, position: { ...JOURNAL_START, transfer } };
}

const rowOf = ({ line, side }: LegLine) => [line.count(CELL.transfer), line.count(side + 1)];

function rowsOf(unposted: Unposted, id: typeof ADA) {
  return Array.from(unposted.legsOf(id), rowOf);
}

describe('Entries that are not posted', () => {
  it('are found by their accounts, in their order', () => {
    seqs.clear();
    const unposted = new Unposted(FROM);
    unposted.add(batchOf(entry(1, ADA, BOB), entry(2, BOB, CYD)), 0);
    unposted.add(batchOf(entry(3, CYD, ADA)), 2);
    expect(rowsOf(unposted, ADA)).toEqual([
      [1, 1],
      [3, 2],
    ]);
    expect(rowsOf(unposted, BOB)).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(rowsOf(unposted, CYD)).toEqual([
      [2, 1],
      [3, 2],
    ]);
    expect(rowsOf(unposted, worldId('USD') as never)).toEqual([]);
    expect(unposted.seqsOf(BOB)).toEqual({ first: 1, last: 2 });
    expect([unposted.size, unposted.has(ADA)]).toEqual([3, true]);
    expect(unposted.ids()).toEqual([ADA, BOB, CYD]);
    expect(unposted.bookedAt).toBe('2026-11-20T09:05:40.003Z');
    unposted.delete(ADA);
    expect([unposted.size, unposted.has(ADA), unposted.ids()]).toEqual([2, false, [BOB, CYD]]);
    expect(unposted.bytes).toBeGreaterThan(0);
    for (const id of [BOB, CYD]) unposted.delete(id);
    expect(unposted.bytes).toBe(0);
  });

  it('are not taken in twice: a batch that was copied says what is known', () => {
    seqs.clear();
    const unposted = new Unposted(FROM);
    const batch = batchOf(entry(1, ADA, BOB), entry(2, ADA, BOB));
    unposted.add(batch, 1);
    expect(rowsOf(unposted, ADA)).toEqual([[2, 2]]);
    const { bookedAt } = unposted;
    unposted.add(batchOf(entry(1, ADA, BOB, { bookedAt: FROM.bookedAt })), 2);
    expect(rowsOf(unposted, ADA)).toEqual([[2, 2]]);
    expect(unposted.bookedAt).toBe(bookedAt);
  });

  it('say which account ids have been given out', () => {
    seqs.clear();
    const unposted = new Unposted(FROM);
    const open = (transfer: number, id: string) =>
      entry(transfer, ADA, id as never, { type: 'open', debit: undefined });
    unposted.add(
      batchOf(open(1, givenAccountId(10_007)), open(2, givenAccountId(10_006)), open(3, 'dan')),
      0,
    );
    expect(unposted.nextAccount).toBe(10_008);
    expect(unposted.size).toBe(3);
    unposted.add(batchOf(entry(4, ADA, givenAccountId(10_009) as never)), 3);
    expect(unposted.nextAccount).toBe(10_008);
    const only = entry(5, BOB, CYD);
    unposted.add(batchOf({ ...only, credit: undefined }), 4);
    expect([unposted.has(BOB), unposted.has(CYD)]).toEqual([true, false]);
  });

  it('may be taken at once, side by side, and are not kept then', () => {
    seqs.clear();
    const taken: unknown[] = [];
    const unposted = new Unposted(FROM, {
      knowsAny: true,
      take(id, leg) {
        if (id !== BOB) taken.push([id, ...rowOf(leg)]);
        return id !== BOB;
      },
    });
    unposted.add(batchOf(entry(1, ADA, CYD), entry(2, BOB, ADA), entry(3, CYD, BOB)), 0);
    unposted.add(batchOf(entry(4, ADA, CYD)), 3);
    expect(taken).toEqual([
      [ADA, 1, 1],
      [CYD, 1, 1],
      [ADA, 2, 2],
      [CYD, 3, 2],
      [ADA, 4, 3],
      [CYD, 4, 3],
    ]);
    expect(rowsOf(unposted, BOB)).toEqual([
      [2, 1],
      [3, 2],
    ]);
    expect(unposted.ids()).toEqual([BOB]);
  });

  it('take no memory any more when they are posted, and those behind them stay', () => {
    seqs.clear();
    const unposted = new Unposted(FROM);
    const memo = 'x'.repeat(300);
    const add = (first: number, count: number) => {
      const entries = Array.from({ length: count }, (_, at) =>
        entry(first + at, ADA, at === 0 ? CYD : BOB, { memo }),
      );
      unposted.add(batchOf(...entries), first - 1);
    };
    add(1, 4_000);
    const { bytes } = unposted;
    expect(bytes).toBeGreaterThan(1024 * 1024);
    add(4_001, 4_000);
    const both = unposted.bytes;
    expect(both).toBeGreaterThan(bytes);
    unposted.forget(3_999); // Not yet all of what lies together.
    expect(rowsOf(unposted, ADA)).toHaveLength(8_000);
    expect(unposted.bytes).toBe(both);
    unposted.forget(4_000);
    expect(unposted.bytes).toBe(both - bytes);
    expect(rowsOf(unposted, ADA)).toHaveLength(4_000);
    expect(unposted.seqsOf(ADA)).toEqual({ first: 4_001, last: 8_000 });
    unposted.forget(8_000);
    expect([unposted.bytes, unposted.size]).toEqual([0, 0]);
    add(8_001, 2);
    expect(rowsOf(unposted, CYD)).toEqual([[8_001, 3]]);
  });

  it('share the memory that is there', () => {
    seqs.clear();
    const unposted = new Unposted(FROM);
    unposted.add(batchOf(entry(1, ADA, BOB)), 0);
    const { bytes } = unposted;
    for (let next = 2; next < 50; next++) unposted.add(batchOf(entry(next, ADA, BOB)), next - 1);
    expect(unposted.bytes).toBe(bytes);
    unposted.forget(49);
    expect([unposted.has(ADA), unposted.bytes]).toEqual([false, 0]);
  });

  it('are damaged where a batch has not the entries that its control row tells', () => {
    seqs.clear();
    const unposted = new Unposted(FROM);
    const [first, third] = [entry(1, ADA, BOB), entry(3, ADA, BOB)];
    const wrong = [
      { ...batchOf(entry(2, ADA, BOB)), count: 2, position: { ...JOURNAL_START, transfer: 3 } },
      batchOf(first, third),
      { ...batchOf(first), count: 2 },
      { ...batchOf(entry(2, ADA, BOB), entry(3, ADA, BOB)), count: 1 },
      { ...batchOf(first), lines: Buffer.from('transfer,1,\n') },
    ];
    for (const batch of wrong) expect(() => unposted.add(batch, 0)).toThrow(FormatDamage);
  });
});
