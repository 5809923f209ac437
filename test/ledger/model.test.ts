import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BankErrorCode } from '#lib/ledger/errors.js';
import { readDeposit, readOpen, readTransfer, readWithdraw } from '#lib/ledger/request.js';
import { Book } from './book.js';
import { outcome } from './refusal.js';
import { Tin, type Wish } from './tin.js';

const account = fc.constantFrom('ada', 'bob', 'cy', 'jan', 'nobody');
const cents = fc.oneof(
  fc.integer({ min: 1, max: 400 }),
  fc.integer({ min: 1, max: 10_000 }),
  fc.constant(9_999),
);
const key = fc.option(fc.constantFrom('k1', 'k2', 'k3'), { nil: '', freq: 4 });
const wish: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('open'), to: account, cents, key }) },
  { weight: 3, arbitrary: fc.record({ verb: fc.constant('deposit'), to: account, cents, key }) },
  { weight: 3, arbitrary: fc.record({ verb: fc.constant('withdraw'), from: account, cents, key }) },
  {
    weight: 4,
    arbitrary: fc.record({ verb: fc.constant('transfer'), from: account, to: account, cents, key }),
  },
);

/** What the ledger makes of a wish. */
function ask(book: Book, { verb, from = '', to = '', cents, key }: Wish): BankErrorCode | string {
  const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
  const more = { idempotencyKey: key === '' ? undefined : key };
  let replayed = false;
  const code = outcome(() => {
    const names = { firstName: to, lastName: 'L', currency: to === 'jan' ? 'CZK' : 'USD' };
    const request =
      verb === 'open'
        ? readOpen({ id: to, ...names, overdraftLimit: amount, ...more })
        : verb === 'deposit'
          ? readDeposit(to, amount, more)
          : verb === 'withdraw'
            ? readWithdraw(from, amount, more)
            : readTransfer({ from, to, amount, ...more });
    ({ replayed } = book.do(request));
  });
  return replayed ? 'replayed' : code;
}

describe('Whatever is asked for, in whatever order', () => {
  it('the ledger answers as a tin with slips of paper does, and the money adds up', () => {
    fc.assert(
      fc.property(fc.array(wish, { minLength: 20, maxLength: 80, size: 'max' }), (wishes) => {
        const book = new Book();
        const tin = new Tin();
        for (const each of wishes) {
          expect([each, ask(book, each)]).toEqual([each, tin.ask(each)]);
          expectSound(book);
        }
        for (const [id, cents] of tin.money()) expect(book.get(id).balance).toBe(BigInt(cents));
      }),
      { numRuns: 150 },
    );
  });
});

function expectSound(book: Book): void {
  const sums = new Map<string, bigint>();
  for (const { id, currency, balance, limit, seq } of book.accounts.values()) {
    sums.set(currency, (sums.get(currency) ?? 0n) + balance);
    if (limit !== undefined) expect(balance).toBeGreaterThanOrEqual(-limit);
    const legs = book.entries.flatMap(({ debit, credit }) => [debit, credit]);
    const seqs = legs.flatMap((leg) => (leg?.account === id ? [leg.seq] : []));
    expect(seqs).toEqual(Array.from({ length: seq }, (_, index) => index + 1));
  }
  expect([...sums.values()].every((sum) => sum === 0n)).toBe(true);
  expect(book.entries.map(({ transfer }) => transfer)).toEqual(book.entries.map((_, at) => at + 1));
}
