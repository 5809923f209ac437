import fc from 'fast-check';
import type { Account } from '#lib/ledger/account.js';
import { afterEntry } from '#lib/ledger/account.js';
import { type AccountId, worldId } from '#lib/ledger/account-id.js';
import { currencyDigits } from '#lib/ledger/currencies.js';
import type { Entry, Leg } from '#lib/ledger/entry.js';
import { holdId } from '#lib/ledger/hold.js';
import { readMetadata } from '#lib/ledger/metadata.js';
import { AMOUNT_MAX } from '#lib/ledger/money.js';
import {
  readCapture,
  readClose,
  readDeposit,
  readFreeze,
  readHold,
  readLimit,
  readOpen,
  readRelease,
  readRename,
  readReopen,
  readReverse,
  readTransfer,
  readUnfreeze,
  readWithdraw,
} from '#lib/ledger/request.js';
import { readText } from '#lib/ledger/text.js';
import { Book } from '../ledger/book.js';
import { outcome } from '../ledger/refusal.js';

export const digitsOf = (currency: string) => currencyDigits().get(currency);

const TRICKY = ['"', '""', ',', "'", '=', '+', '-', '@', ' ', '\u00a0', '＝', '＋', '－', '＠'];
const LETTER = fc.oneof(
  fc.constantFrom(...TRICKY, 'a', 'é', '李', '🙂', '\ufffd', '.', '{}', '|', ';'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);

/** Any text that is let in at the door, thick with what is special in a CSV or a spreadsheet. */
export const anyText = fc
  .string({ unit: LETTER, maxLength: 12 })
  .filter((text) => outcome(() => readText(text, 'text', 500)) === 'accepted');
export const someText = anyText.map((text) => `${text}x`);

const NAME = fc.record({ firstName: someText, lastName: someText });
const id = fc.stringMatching(/^[b-v][a-z0-9_-]{0,12}$/).map((text) => text as AccountId);
const time = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const day = fc.oneof(
  fc.constant(''),
  time.map((text) => text.slice(0, 10)),
);
const money = (min: bigint) => fc.bigInt({ min, max: AMOUNT_MAX });
const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const leg = (account: fc.Arbitrary<AccountId>): fc.Arbitrary<Leg> =>
  fc.record({ account, seq: count, balance: money(-AMOUNT_MAX) });

const CURRENCY = fc.constantFrom('USD', 'CZK', 'JPY', 'KWD', 'CLF');
const COMMON = {
  transfer: count,
  bookedAt: time,
  memo: anyText,
  reference: anyText,
  valueDate: day,
  key: anyText,
};
const meta = fc
  .dictionary(anyText, fc.jsonValue(), { maxKeys: 3 })
  .map((value) => outcomeOf(() => readMetadata(value)))
  .filter((text) => text !== undefined);
const said = fc.record({ meta }, { requiredKeys: [] });
const details = fc.oneof(
  fc.constant(undefined),
  meta.map((text) => ({ meta: text })),
);

const opening: fc.Arbitrary<Entry> = CURRENCY.chain((currency) =>
  fc.record({
    ...COMMON,
    type: fc.constant('open' as const),
    currency: fc.constant(currency),
    amount: fc.constant(0n),
    debit: fc.option(leg(fc.constant(worldId(currency))), { nil: undefined }),
    credit: leg(id),
    firstName: someText,
    lastName: someText,
    limit: money(0n),
    details,
  }),
);

const movement: fc.Arbitrary<Entry> = fc.record({
  ...COMMON,
  type: fc.constantFrom('deposit' as const, 'withdraw' as const, 'transfer' as const),
  currency: CURRENCY,
  amount: money(1n),
  debit: leg(id),
  credit: leg(id),
  firstName: fc.constant(''),
  lastName: fc.constant(''),
  limit: fc.constant(0n),
  details,
});

const hold = fc
  .tuple(
    id,
    count,
    money(0n),
    fc.record(
      { expires: fc.oneof(fc.constant(''), time), released: money(1n), expired: fc.constant(true) },
      { requiredKeys: [] },
    ),
  )
  .map(([account, number, left, more]) => ({ id: holdId(account, number), left, ...more }));
const frozen = fc.constantFrom('debits' as const, 'all' as const);
const anyOrNone = fc.option(money(0n), { nil: undefined });
const limits = fc.record({ transfer: anyOrNone, day: anyOrNone });

/** An entry that changes one account alone. */
const change = fc
  .record({ ...COMMON, currency: CURRENCY, credit: leg(id), ...{ hold, frozen, limits, said } })
  .chain(({ hold: held, frozen: freeze, limits: limit, said: more, ...common }) => {
    const own = { ...common, amount: 0n, debit: undefined, firstName: '', lastName: '', limit: 0n };
    const detailed = Object.keys(more).length === 0 ? undefined : more;
    return fc.oneof(
      fc
        .constantFrom(
          'unfreeze' as const,
          'close' as const,
          'reopen' as const,
          'order' as const,
          'end-order' as const,
        )
        .map((type) => ({ ...own, type, details: detailed })),
      fc
        .constantFrom('hold' as const, 'release' as const)
        .map((type) => ({ ...own, type, details: { ...more, hold: held } })),
      fc.constant({ ...own, type: 'freeze' as const, details: { ...more, freeze } }),
      NAME.map((names) => ({ ...own, ...names, type: 'rename' as const, details: detailed })),
      money(0n).map((overdraft) => ({
        ...{ ...own, type: 'limit' as const, limit: overdraft, details: { ...more, limit } },
      })),
    );
  });

/** A movement that says more of itself. */
const linked = fc
  .record({ move: movement, hold, reverses: count, upTo: money(1n), said })
  .chain(({ move, hold: held, reverses, upTo, said: more }) =>
    fc.constantFrom<Entry>(
      { ...move, type: 'capture', details: { ...more, hold: held } },
      { ...move, type: 'reverse', details: { ...more, reverses } },
      { ...move, details: { ...more, upTo } },
    ),
  );

/** Any entry that could stand in a journal. */
export const anyEntry: fc.Arbitrary<Entry> = fc.oneof(opening, movement, change, linked);

/** An account's life: its opening and what follows, with the account after each entry. */
export interface Life {
  readonly entries: readonly Entry[];
  readonly states: readonly Account[];
}

/** What is asked for, of the account `b` or of the account `c`, with texts and a while after the one before. */
const wish = fc.record({
  verb: fc.nat(),
  amount: fc.bigInt({ min: 1n, max: 9999n }),
  other: fc.boolean(),
  number: fc.nat({ max: 40 }),
  seconds: fc.constantFrom(0, 1, 3600, 90_000),
  names: NAME,
  texts: fc.record(
    {
      memo: anyText,
      reference: anyText,
      valueDate: time.map((text) => text.slice(0, 10)),
      idempotencyKey: someText,
      metadata: fc.dictionary(anyText, fc.jsonValue(), { maxKeys: 2 }),
    },
    { requiredKeys: [] },
  ),
});

/** An account that goes through whatever the ledger lets happen to it. */
export const anyLife: fc.Arbitrary<Life> = fc
  .record({ id, names: NAME, currency: CURRENCY, limit: money(0n), wishes: fc.array(wish) })
  .map(({ id: account, names, currency, limit, wishes }) => {
    const book = new Book(currency);
    const [other, heir] = ['xx', 'yy'];
    for (const friend of [other, heir]) {
      book.do(readOpen({ id: friend, firstName: 'Of', lastName: 'Friends', currency }));
      book.do(readDeposit(friend, 100_000n, {}));
    }
    book.do(readOpen({ id: account, ...names, currency, overdraftLimit: limit }));
    for (const { verb, amount, number, seconds, texts, ...more } of wishes) {
      book.wait(seconds);
      const holds = book.get(account).terms.holds;
      const hold = holds[number % Math.max(1, holds.length)]?.id ?? `${account}.${number + 1}`;
      const [keepRest, full] = [more.other, number % 3 === 0];
      const requests = [
        () => readDeposit(account, amount, texts),
        () => readWithdraw(account, amount, { ...texts, upTo: more.other }),
        () => readTransfer({ from: account, to: other, amount, ...texts }),
        () => readTransfer({ from: other, to: account, amount, ...texts, upTo: true }),
        () => readHold(account, amount, { ...texts, ...(full ? {} : { ttlSeconds: 3600 }) }),
        () => readHold(account, amount, texts),
        () =>
          readCapture(hold, { ...texts, keepRest, ...(full ? {} : { amount: amount / 9n + 1n }) }),
        () => readCapture(hold, { ...texts, to: other }),
        () => readRelease(hold, texts),
        () => readReverse(number + 1, { ...texts, force: more.other }),
        () => readFreeze(account, { ...texts, refuse: more.other ? 'all' : 'debits' }),
        () => readUnfreeze(account, texts),
        () => readClose(account, { ...texts, ...(more.other ? { sweepTo: heir } : {}) }),
        () => readReopen(account, texts),
        () => readRename(account, { ...texts, ...more.names }),
        () => readLimit(account, { ...texts, dayLimit: full ? 'none' : amount * 3n }),
        () => readLimit(account, { ...texts, overdraftLimit: amount, transferLimit: amount }),
      ];
      outcome(() => {
        const request = requests[verb % requests.length]?.();
        if (request) book.do(request);
      });
    }
    const entries = book.entries.filter(({ debit, credit }) =>
      [debit, credit].some((side) => side?.account === account),
    );
    const states: Account[] = [];
    for (const entry of entries) states.push(afterEntry(states.at(-1), entry, account));
    return { entries, states };
  });

function outcomeOf<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
