import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availableOf } from '#lib/ledger/account.js';
import { parseAccountId } from '#lib/ledger/account-id.js';
import { overdueAt } from '#lib/ledger/hold.js';
import {
  type Request,
  readCapture,
  readClose,
  readDeposit,
  readFreeze,
  readHold,
  readLimit,
  readOpen,
  readRelease,
  readReopen,
  readReverse,
  readTransfer,
  readUnfreeze,
  readWithdraw,
} from '#lib/ledger/request.js';
import { Book } from './book.js';
import { type Ask, Diary } from './diary.js';
import { outcome } from './refusal.js';

const WHO = ['ada', 'bob', 'cy'] as const;

const asks: fc.Arbitrary<Ask> = fc
  .record({
    verb: fc.constantFrom<Ask['verb']>(
      ...(['deposit', 'deposit', 'withdraw', 'transfer', 'transfer', 'hold', 'hold'] as const),
      ...(['capture', 'capture', 'release', 'reverse', 'reverse', 'freeze', 'unfreeze'] as const),
      ...(['close', 'reopen', 'limits', 'limits'] as const),
    ),
    who: fc.constantFrom(...WHO),
    step: fc.integer({ min: 1, max: 2 }),
    cents: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 2000 })),
    place: fc.nat({ max: 60 }),
    yes: fc.boolean(),
    all: fc.boolean(),
    seconds: fc.oneof(fc.constant(0), fc.constant(1), fc.constant(20), fc.constant(50_000)),
  })
  .map(({ step, ...ask }) => {
    const at = WHO.indexOf(ask.who) + (ask.verb === 'close' || ask.verb === 'capture' ? 0 : step);
    return {
      ...ask,
      other: WHO[(at + (ask.place % 2) + (ask.verb === 'transfer' ? 0 : 1)) % 3] ?? 'ada',
    };
  })
  .map((ask) =>
    ask.verb === 'transfer' && ask.other === ask.who ? { ...ask, other: other(ask.who) } : ask,
  );

function other(who: string): string {
  return who === 'ada' ? 'bob' : 'ada';
}

/** The books and the diary side by side. */
class Both {
  readonly book = new Book();
  readonly diary = new Diary();
  /** Ids of the book's holds, and numbers of its movements, by their places in the diary. */
  readonly #holds: string[] = [];
  readonly #moves: number[] = [];

  constructor() {
    for (const id of WHO) {
      this.book.do(readOpen({ id, firstName: id, lastName: 'L' }));
      this.diary.open(id);
    }
  }

  /** What each of them answers. */
  ask(ask: Ask): [string, string] {
    this.book.wait(ask.seconds);
    const answer = outcome(() => {
      const { entry } = this.book.do(this.#request(ask));
      if (entry.type === 'hold') this.#holds.push(entry.details?.hold?.id ?? '');
      if (entry.amount !== 0n) this.#moves.push(entry.transfer);
    });
    return [answer, this.diary.ask(ask)];
  }

  #request({ verb, who, other: to, cents, place, yes, all }: Ask): Request {
    const amount = BigInt(cents);
    const hold = this.#holds[place % Math.max(1, this.#holds.length)] ?? 'ada.999';
    switch (verb) {
      case 'deposit':
        return readDeposit(who, amount, {});
      case 'withdraw':
        return readWithdraw(who, amount, { upTo: yes });
      case 'transfer':
        return readTransfer({ from: who, to, amount, upTo: yes });
      case 'hold':
        return readHold(who, amount, all ? {} : { ttlSeconds: place + 1 });
      case 'capture':
        return readCapture(hold, { to, keepRest: yes, ...(all ? {} : { amount }) });
      case 'release':
        return readRelease(hold, {});
      case 'reverse':
        return readReverse(this.#moves[place % Math.max(1, this.#moves.length)] ?? 999_999, {
          force: yes,
        });
      case 'freeze':
        return readFreeze(who, { refuse: yes ? 'all' : 'debits' });
      case 'unfreeze':
        return readUnfreeze(who, {});
      case 'close':
        return readClose(who, yes ? { sweepTo: to } : {});
      case 'reopen':
        return readReopen(who, {});
      default: {
        if (place % 3 === 0) return readLimit(who, { overdraftLimit: amount });
        if (place % 3 === 1) return readLimit(who, { transferLimit: all ? 'none' : amount });
        return readLimit(who, { dayLimit: all ? 'none' : yes ? amount * 3n : amount });
      }
    }
  }
}

describe('Holds, limits and the life of accounts', () => {
  it('are what a diary read from its first page says, whatever is asked in whatever order', () => {
    fc.assert(
      fc.property(fc.array(asks, { minLength: 10, maxLength: 60, size: 'max' }), (all) => {
        const both = new Both();
        all.forEach((ask) => {
          const [ours, theirs] = both.ask(ask);
          expect([ask, ours]).toEqual([ask, theirs]);
        });
        expectSame(both);
      }),
      { numRuns: 1000 },
    );
  });
});

function expectSame({ book, diary }: Both): void {
  const now = book.now;
  let sum = 0n;
  for (const account of book.accounts.values()) {
    sum += account.balance;
    const listed = account.terms.holds.reduce((all, { left }) => all + left, 0n);
    expect(account.held).toBe(listed);
  }
  expect(sum).toBe(0n);
  for (const id of WHO) {
    const account = book.get(parseAccountId(id));
    const over = account.terms.holds.filter((hold) => overdueAt([hold], now));
    const ended = over.reduce((all, { left }) => all + left, 0n);
    expect([id, account.balance]).toEqual([id, BigInt(diary.money(id))]);
    expect([id, account.held - ended]).toEqual([id, BigInt(diary.held(id))]);
    expect(availableOf(account)).toBe(account.balance - account.held + (account.limit ?? 0n));
  }
}
