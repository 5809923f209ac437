import { describe, expect, it } from 'vitest';
import { afterEntry, legOf } from '#lib/ledger/account.js';
import type { AccountId } from '#lib/ledger/account-id.js';
import { readDeposit, readOpen } from '#lib/ledger/request.js';
import { Book } from './book.js';

const id = (text: string) => text as AccountId;

describe('Following the journal', () => {
  const book = new Book();
  const opening = book.do(readOpen({ id: 'ada', firstName: 'Ada', lastName: 'L' })).entry;
  const deposit = book.do(readDeposit('ada', '1', {})).entry;

  it('takes the state from the entry, on either side', () => {
    const ada = afterEntry(undefined, opening, id('ada'));
    const world = afterEntry(undefined, opening, id('world-usd'));
    expect(afterEntry(ada, deposit, id('ada'))).toEqual(book.get('ada'));
    expect(afterEntry(world, deposit, id('world-usd'))).toEqual(book.get('world-usd'));
  });

  it('changes nothing of what it is given', () => {
    const ada = Object.freeze(afterEntry(undefined, opening, id('ada')));
    afterEntry(ada, deposit, id('ada'));
    expect(ada).toMatchObject({ seq: 1, balance: 0n });
  });

  it('is a bug with an entry of somebody else, or for an account that was never opened', () => {
    expect(() => legOf(deposit, id('bob'))).toThrow(/bug: entry 2 does not touch bob/);
    expect(() => afterEntry(undefined, deposit, id('ada'))).toThrow(/bug: entry 2 does not open/);
  });
});
