import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Receipt, toReceipt, WithReceipt } from '#lib/ledger/receipt.js';
import { readDeposit, readOpen, readTransfer } from '#lib/ledger/request.js';
import { Book } from './book.js';

describe('A receipt', () => {
  const book = new Book();
  const opening = book.do(readOpen({ id: 'ada', firstName: 'Ada', lastName: 'L' })).entry;
  book.do(readOpen({ id: 'bob', firstName: 'Bob', lastName: 'S' }));
  book.do(readDeposit('ada', '100', {}));
  const { entry } = book.do(readTransfer({ from: 'ada', to: 'bob', amount: '25' }));
  const usd = (amount: string) => expect.objectContaining({ amount, currency: 'USD' });

  it('has both balances of both sides', () => {
    expect(toReceipt(entry, 2, false)).toEqual({
      transfer: 4,
      bookedAt: entry.bookedAt,
      amount: { amount: '25.00', minor: 2500n, currency: 'USD' },
      from: { id: 'ada', seq: 3, before: usd('100.00'), after: usd('75.00') },
      to: { id: 'bob', seq: 2, before: usd('0.00'), after: usd('25.00') },
      replayed: false,
    });
    expect(toReceipt(entry, 2, true).replayed).toBe(true);
  });

  it("is a plain object of who asked: no part of it is another one's", () => {
    const partsOf = (receipt: Receipt) => {
      const { amount, from, to } = receipt;
      return [receipt, amount, from, to, from.before, from.after, to.before, to.after];
    };
    const mine = partsOf(toReceipt(entry, 2, false));
    const theirs = partsOf(toReceipt(entry, 2, false));
    expect(new Set([...mine, ...theirs]).size).toBe(16);
    expect(mine.map(Object.getPrototypeOf)).toEqual(new Array(8).fill(Object.prototype));
  });

  it('is for money that moved: an entry with one side has none', () => {
    const lonely = { ...opening, debit: undefined };
    expect(() => toReceipt(lonely, 2, false)).toThrow(/bug: entry 1 has one side/);
  });

  it('of a result is made anew at each look, and goes along where the result is copied or printed', () => {
    const result = new WithReceipt(entry, 2, false);
    const receipt = toReceipt(entry, 2, false);
    expect(result.receipt).toEqual(receipt);
    expect(result.receipt).not.toBe(result.receipt);
    expect(Object.entries(result)).toEqual([['receipt', receipt]]);
    expect({ ...result }).toStrictEqual({ receipt });
    expect(structuredClone(result)).toEqual({ receipt });
    expect(inspect(result, { depth: 4 })).toBe(inspect({ receipt }, { depth: 4 }));
    expect('receipt' in result && !('error' in result)).toBe(true);
  });
});
