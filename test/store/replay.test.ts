import { describe, expect, it } from 'vitest';
import type { AccountId } from '#lib/ledger/account-id.js';
import type { Entry, Leg } from '#lib/ledger/entry.js';
import { readDeposit, readOpen, readTransfer } from '#lib/ledger/request.js';
import { Replay } from '#lib/store/replay.js';
import { Book } from '../ledger/book.js';

const [ADA, BOB] = ['a10017', 'a10025'];

/** Two accounts opened, a deposit, and a transfer from one to the other: the fourth and last. */
function entries(): Entry[] {
  const book = new Book();
  for (const firstName of ['Ada', 'Bob']) book.do(readOpen({ firstName, lastName: 'Smith' }));
  book.do(readDeposit(ADA, '5.00', {}));
  book.do(readTransfer({ from: ADA, to: BOB, amount: '2.00' }));
  return book.entries;
}

const leg = (side: Leg | undefined, change: Partial<Leg>) => ({ ...(side as Leg), ...change });

describe('the journal told anew', () => {
  it('is followed to its end, adds up, and takes no harm from what was copied from the segment before', () => {
    const replay = new Replay(0);
    const all = entries();
    expect(replay.followAll([...all.slice(0, 3), ...all.slice(1)])).toBeUndefined();
    expect(replay.transfer).toBe(4);
    expect(replay.sums()).toEqual(new Map([['USD', 0n]]));
    const balances = [...replay.accounts].map(([id, { account }]) => [id, account.balance]);
    expect(balances).toEqual([
      ['world-usd', -500n],
      [ADA, 300n],
      [BOB, 200n],
    ]);
    replay.accounts.delete(BOB as AccountId);
    expect(replay.sums(), 'an account that is left out shows').toEqual(new Map([['USD', -200n]]));
  });

  it('says what a checkpoint must tell at the entry up to which all is posted', () => {
    const replay = new Replay(1);
    const all = entries();
    replay.followAll(all);
    const { nextAccount, bookedAt, accounts } = replay.posted;
    expect({ nextAccount, bookedAt }).toEqual({ nextAccount: 1002, bookedAt: all[0]?.bookedAt });
    expect([...accounts()]).toEqual(['world-usd', ADA]);
  });

  it.each<[string, (entry: Entry) => Partial<Entry>]>([
    ['it follows entry 3', () => ({ transfer: 5 })],
    ['it was booked before entry 3', () => ({ bookedAt: '2020-01-01T00:00:00.000Z' })],
    ['a side is missing', () => ({ credit: undefined })],
    ['a side is missing', () => ({ debit: undefined })],
    [
      'eve was never opened',
      ({ credit }) => ({ credit: leg(credit, { account: 'eve' as AccountId }) }),
    ],
    [`${BOB} is in USD`, () => ({ currency: 'EUR' })],
    [`row 3 of ${BOB} follows row 1`, ({ credit }) => ({ credit: leg(credit, { seq: 3 }) })],
    [`row 2 of ${ADA} follows row 2`, ({ debit }) => ({ debit: leg(debit, { seq: 2 }) })],
    [
      `the balance of ${BOB} does not add up`,
      ({ credit }) => ({ credit: leg(credit, { balance: 201n }) }),
    ],
    [
      `the balance of ${ADA} does not add up`,
      ({ debit }) => ({ debit: leg(debit, { balance: 301n }) }),
    ],
  ])('ends before an entry of which it must say: %s', (what, change) => {
    const all = entries();
    const last = all.pop() as Entry;
    const odd = { ...last, ...change(last) };
    const replay = new Replay(0);
    const told = replay.followAll([...all, odd, last]);
    expect([told, replay.transfer]).toEqual([`entry ${odd.transfer}: ${what}`, 3]);
  });
});
