import fc from 'fast-check';
import type { Account } from '#lib/ledger/account.js';
import { afterEntry } from '#lib/ledger/account.js';
import { type AccountId, worldId } from '#lib/ledger/account-id.js';
import { CURRENCY_DIGITS } from '#lib/ledger/currencies.js';
import type { Entry, Leg } from '#lib/ledger/entry.js';
import { AMOUNT_MAX } from '#lib/ledger/money.js';
import { readText } from '#lib/ledger/text.js';
import { outcome } from '../ledger/refusal.js';

export const digitsOf = (currency: string) => CURRENCY_DIGITS.get(currency);

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
});

/** Any entry that could stand in a journal. */
export const anyEntry = fc.oneof(opening, movement);

/** An account's life: its opening and what follows, with the account after each entry. */
export interface Life {
  readonly entries: readonly Entry[];
  readonly states: readonly Account[];
}

const change = fc.record({
  ...COMMON,
  out: fc.boolean(),
  amount: fc.integer({ min: 1, max: 9999 }),
});

export const anyLife: fc.Arbitrary<Life> = fc
  .record({ id, names: NAME, currency: CURRENCY, limit: money(0n), changes: fc.array(change) })
  .map(({ id: account, names, currency, limit, changes }) => {
    const world = worldId(currency);
    const times = changes.map(({ bookedAt }) => bookedAt).sort();
    const first: Entry = {
      ...{ type: 'open', transfer: 1, bookedAt: '1970-01-01T00:00:00.000Z', currency, amount: 0n },
      ...{ debit: undefined, credit: { account, seq: 1, balance: 0n }, ...names, limit },
      ...{ memo: '', reference: '', valueDate: '', key: '' },
    };
    const entries = [first];
    let balance = 0n;
    changes.forEach(({ out, amount, ...texts }, index) => {
      balance += BigInt(out ? -amount : amount);
      const own = { account, seq: index + 2, balance };
      const other = { account: world, seq: index + 2, balance: -balance };
      entries.push({
        ...{ ...texts, type: out ? 'withdraw' : 'deposit', currency, amount: BigInt(amount) },
        ...{ transfer: 2 + index * 3, bookedAt: times[index] ?? '', limit: 0n },
        ...{ debit: out ? own : other, credit: out ? other : own, firstName: '', lastName: '' },
      });
    });
    const states: Account[] = [];
    for (const entry of entries) states.push(afterEntry(states.at(-1), entry, account));
    return { entries, states };
  });
