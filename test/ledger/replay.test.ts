import { describe, expect, it } from 'vitest';
import {
  type Request,
  readDeposit,
  readLimit,
  readOpen,
  readTransfer,
  readWithdraw,
} from '#lib/ledger/request.js';
import { Book } from './book.js';
import { outcome } from './refusal.js';

const NAMES = { firstName: 'Cy', lastName: 'Young' };
const TEXTS = { memo: 'm', reference: 'r', valueDate: '2026-11-20', idempotencyKey: 'k' };

const open = (change: object = {}) => readOpen({ ...NAMES, id: 'cy', ...TEXTS, ...change });
const given = (change: object = {}) => readOpen({ ...NAMES, ...TEXTS, ...change });
const deposit = (change: object = {}, id = 'ada', amount: unknown = '5.00') =>
  readDeposit(id, amount, { ...TEXTS, ...change });
const withdraw = (change: object = {}, id = 'ada', amount: unknown = '5.00') =>
  readWithdraw(id, amount, { ...TEXTS, ...change });
const transfer = (change: object = {}) =>
  readTransfer({ from: 'ada', to: 'bob', amount: '5.00', ...TEXTS, ...change });
const limit = (limits: object) => readLimit('ada', { ...TEXTS, ...limits });

function book(): Book {
  const made = new Book();
  for (const id of ['ada', 'bob']) made.do(readOpen({ ...NAMES, id, overdraftLimit: '10' }));
  made.do(readOpen({ ...NAMES, id: 'jan', currency: 'CZK' }));
  made.do(readDeposit('ada', '5.00', {}));
  return made;
}

const KINDS: [string, Request][] = [
  ['an opening', open()],
  ['an opening that was given its id', given()],
  ['a deposit', deposit()],
  ['a withdrawal', withdraw()],
  ['a transfer', transfer()],
];

describe('The same request with the same key', () => {
  it.each(KINDS)('gives the first entry again and books nothing: %s', (_, request) => {
    const made = book();
    const first = made.do(request);
    const [accounts, count] = [new Map(made.accounts), made.entries.length];
    expect(made.do(request)).toEqual({ entry: first.entry, replayed: true });
    expect(made.accounts).toEqual(accounts);
    expect(made.entries).toHaveLength(count);
  });

  it.each<[string, Request, Request]>([
    ['5 for 5.00', transfer(), transfer({ amount: '5' })],
    ['minor units for text', transfer(), transfer({ amount: 500n })],
    ['an id in capitals', transfer(), transfer({ from: 'ADA' })],
    ['the default currency by its name', open(), open({ currency: 'usd' })],
    ['a limit of nothing', open(), open({ overdraftLimit: '0.00' })],
    ['no limit at all', open({ overdraftLimit: 0n }), open()],
    ['an overdraft of nothing', limit({ overdraftLimit: 0n }), limit({ overdraftLimit: '0.00' })],
    ['a day without', limit({ dayLimit: '0' }), limit({ dayLimit: 0n })],
  ])('may be written otherwise: %s', (_, first, again) => {
    const made = book();
    made.do(first);
    expect(made.do(again).replayed).toBe(true);
  });

  it.each<[string, Request, (made: Book) => void]>([
    ['the money is gone', withdraw({}, 'ada', '15.00'), () => {}],
    ['the giver is frozen', transfer(), (made) => made.change('ada', { status: 'frozen' })],
    ['the giver is closed', transfer(), (made) => made.change('ada', { status: 'closed' })],
    ['the receiver is closed', deposit(), (made) => made.change('ada', { status: 'closed' })],
  ])('is answered although by now %s', (_, request, happens) => {
    const made = book();
    made.do(request);
    happens(made);
    expect(made.do(request).replayed).toBe(true);
  });
});

describe('Another request with the same key is refused as IDEMPOTENCY_MISMATCH:', () => {
  it.each<[string, Request, Request]>([
    ['open, another id', open(), open({ id: 'cyrus' })],
    ['open, an id given for one chosen', open(), given()],
    ['open, an id chosen for one given', given(), open()],
    ['open, another first name', open(), open({ firstName: 'Si' })],
    ['open, another last name', open(), open({ lastName: 'Old' })],
    ['open, another currency', open(), open({ currency: 'CZK' })],
    ['open, another limit', open(), open({ overdraftLimit: '0.01' })],
    ['open, another memo', open(), open({ memo: '' })],
    ['deposit, another account', deposit(), deposit({}, 'bob')],
    ['deposit, another currency', deposit(), deposit({}, 'jan')],
    ['deposit, no such account', deposit(), deposit({}, 'nobody')],
    ['deposit, another amount', deposit(), deposit({}, 'ada', '5.01')],
    ['deposit, another reference', deposit(), deposit({ reference: 'R' })],
    ['withdraw, another account', withdraw(), withdraw({}, 'bob')],
    ['withdraw, another amount', withdraw(), withdraw({}, 'ada', 501n)],
    ['withdraw, another day', withdraw(), withdraw({ valueDate: '2026-11-21' })],
    ['withdraw, no day', withdraw(), withdraw({ valueDate: undefined })],
    ['transfer, another giver', transfer(), transfer({ from: 'jan' })],
    ['transfer, another receiver', transfer(), transfer({ to: 'jan' })],
    ['transfer, both sides swapped', transfer(), transfer({ from: 'bob', to: 'ada' })],
    ['transfer, another amount', transfer(), transfer({ amount: '4.99' })],
    ['transfer, another memo', transfer(), transfer({ memo: 'M' })],
    ['limit, one that is not named', limit({ overdraftLimit: 10n }), limit({ dayLimit: 10n })],
    [
      'limit, none beside zero',
      limit({ overdraftLimit: 0n, dayLimit: 0n }),
      limit({ dayLimit: 0n }),
    ],
    ['withdraw for deposit', deposit(), withdraw()],
    ['deposit for withdraw', withdraw(), deposit()],
    ['transfer for withdraw', withdraw(), transfer()],
    ['deposit for transfer', transfer(), deposit({}, 'bob')],
    ['deposit for open', open(), deposit({}, 'cy', '5.00')],
    ['open for transfer', transfer(), open()],
  ])('%s', (_, first, other) => {
    const made = book();
    made.do(first);
    const count = made.entries.length;
    expect(outcome(() => made.do(other))).toBe('IDEMPOTENCY_MISMATCH');
    expect(made.entries).toHaveLength(count);
  });
});

it('Without a key the same request moves money again', () => {
  const made = book();
  const request = transfer({ idempotencyKey: undefined, amount: '1' });
  expect([made.do(request), made.do(request)].map(({ entry }) => entry.transfer)).toEqual([5, 6]);
});
