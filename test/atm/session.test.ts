import { describe, expect, it } from 'vitest';
import { type AtmEvent, type AtmState, step, WELCOME, wantOf } from '#lib/atm/session.js';
import { BankError } from '#lib/ledger/errors.js';

const HOLDER = { id: 'a10017', name: 'Tom Brady', currency: 'USD' };
const MENU: AtmState = { at: 'menu', holder: HOLDER };
const done = (holder?: typeof HOLDER): AtmEvent =>
  holder ? { done: true, told: ['said'], holder } : { done: true, told: ['said'] };
const refusal = (code: BankError['code'], details = {}): AtmEvent => ({
  refused: new BankError(code, 'No.', { details, hint: 'Do.' }),
  told: ['No.'],
});

/** The states that these events lead through. */
function through(state: AtmState, ...events: (string | AtmEvent)[]): string {
  const seen: string[] = [];
  let now = state;
  for (const event of events) {
    now = step(now, typeof event === 'string' ? { typed: event } : event).state;
    seen.push(now.at);
  }
  return seen.join(' ');
}

describe('A session at the cash machine', () => {
  it.each<[string, AtmState, (string | AtmEvent)[], string]>([
    [
      'signs in',
      WELCOME,
      ['i', 'a10017', done(), '1212', done(HOLDER)],
      'card find pin sign-in menu',
    ],
    [
      'opens an account',
      WELCOME,
      ['o', '', 'Tom', 'Brady', '12', '1212', '1213', '1212', '1212', done(HOLDER)],
      'first-name first-name last-name first-pin first-pin same-first-pin first-pin same-first-pin open menu',
    ],
    ['leaves', WELCOME, ['e'], 'end'],
    ['goes back from the door', WELCOME, [{ back: true }], 'end'],
    ['asks for a card again', { at: 'card' }, [''], 'card'],
    ['asks for another card', { at: 'card' }, ['x', refusal('ACCOUNT_NOT_FOUND')], 'find card'],
    [
      'goes back from the PIN to the card, and to the door',
      { at: 'pin', id: 'a10017' },
      [{ back: true }, { back: true }],
      'card welcome',
    ],
    [
      'goes back through the names',
      { at: 'first-pin', firstName: 'Tom', lastName: 'Brady' },
      ['1212', ...Array(4).fill({ back: true })],
      'same-first-pin first-pin last-name first-name welcome',
    ],
    ['wants four digits', { at: 'pin', id: 'a10017' }, ['12', '12a4', '1212'], 'pin pin sign-in'],
    [
      'asks again for a wrong PIN',
      { at: 'sign-in', id: 'a10017', pin: '0000' },
      [refusal('PIN_WRONG', { left: 1 })],
      'pin',
    ],
    [
      'gives the card back when the last try was wrong',
      { at: 'sign-in', id: 'a10017', pin: '0000' },
      [refusal('PIN_WRONG', { left: 0 })],
      'welcome',
    ],
    [
      'gives the card back when there is no PIN',
      { at: 'sign-in', id: 'a10017', pin: '0000' },
      [refusal('PIN_WRONG', { set: false })],
      'welcome',
    ],
    [
      'gives a locked card back',
      { at: 'sign-in', id: 'a10017', pin: '0000' },
      [refusal('PIN_LOCKED')],
      'welcome',
    ],
    [
      'gives an unknown card back',
      { at: 'sign-in', id: 'x', pin: '0000' },
      [refusal('ACCOUNT_NOT_FOUND')],
      'welcome',
    ],
    ['shows the balance', MENU, ['b', done()], 'balance menu'],
    ['shows the statement', MENU, ['s', done()], 'statement menu'],
    ['pays in', MENU, ['d', '10', done(), 'yes', done()], 'amount try review book menu'],
    ['pays out', MENU, ['w', '60', done(), 'yes', done()], 'amount try review book menu'],
    [
      'transfers',
      MENU,
      ['t', '', 'bob', done(), '5', done(), 'yes', done()],
      'to to find-to amount try review book menu',
    ],
    [
      'asks for another account to transfer to',
      MENU,
      ['t', 'bob', refusal('ACCOUNT_NOT_FOUND'), 'bill'],
      'to find-to to find-to',
    ],
    ['books nothing without a yes', MENU, ['w', '60', done(), 'no'], 'amount try review menu'],
    [
      'goes back from the review, a question at a time',
      MENU,
      ['t', 'bob', done(), '6', done(), ...Array(3).fill({ back: true })],
      'to find-to amount try review amount to menu',
    ],
    [
      'asks again for an amount that makes no sense',
      MENU,
      ['t', 'bob', done(), 'x', refusal('INVALID_AMOUNT'), '5'],
      'to find-to amount try amount try',
    ],
    [
      'asks for another amount where money is missing, also when somebody was faster',
      MENU,
      [
        ...['w', '60', refusal('INSUFFICIENT_FUNDS'), '50', done(), 'yes'],
        refusal('INSUFFICIENT_FUNDS'),
      ],
      'amount try amount try review book amount',
    ],
    [
      'asks for another account where that one can not be paid to',
      MENU,
      ['t', 'bob', done(), '5', refusal('CURRENCY_MISMATCH'), 'bill', done(), '5'],
      'to find-to amount try to find-to amount try',
    ],
    [
      'ends a transfer where its holder can not give',
      MENU,
      ['t', 'bob', done(), '5', refusal('ACCOUNT_FROZEN', { id: 'a10017' })],
      'to find-to amount try menu',
    ],
    ['tells a refusal', MENU, ['w', '60', refusal('ACCOUNT_FROZEN')], 'amount try menu'],
    [
      'changes the PIN',
      MENU,
      ['p', '1', '3434', '3434', done()],
      'new-pin new-pin same-pin set-pin menu',
    ],
    ['wants the same PIN twice', MENU, ['p', '3434', '3435'], 'new-pin same-pin new-pin'],
    ['gives the card back', MENU, ['e'], 'welcome'],
    ['gives the card back on the way back', MENU, [{ back: true }], 'welcome'],
  ])('%s', (_, state, events, expected) => {
    expect(through(state, ...events)).toBe(expected);
  });

  it('keeps what is wished from the amount to the booking', () => {
    let state: AtmState = MENU;
    for (const event of [{ typed: 't' }, { typed: 'bob' }, done(), { typed: '5.00' }]) {
      state = step(state, event).state;
    }
    const wish = { what: 'transfer', amount: '5.00', to: 'bob' };
    expect(state).toEqual({ at: 'try', holder: HOLDER, wish });
    const review = step(state, done()).state;
    const again = step(review, { back: true }).state;
    expect(wantOf(again)).toMatchObject({ ask: 'text', given: '5.00' });
    expect(wantOf(step(again, { back: true }).state)).toMatchObject({ given: 'bob' });
    state = step(review, { typed: 'yes' }).state;
    expect(state).toEqual({ at: 'book', holder: HOLDER, wish });
  });

  it('asks, or has something done, in every state; a PIN is never asked for in the open', () => {
    const wish = { what: 'withdraw', amount: '1' } as const;
    const states: AtmState[] = [
      WELCOME,
      { at: 'card' },
      { at: 'first-name' },
      { at: 'last-name', firstName: 'T' },
      { at: 'first-pin', firstName: 'T', lastName: 'B' },
      { at: 'pin', id: 'a' },
      MENU,
      { at: 'to', holder: HOLDER },
      { at: 'amount', holder: HOLDER, what: 'deposit' },
      { at: 'review', holder: HOLDER, wish },
      { at: 'new-pin', holder: HOLDER },
      { at: 'same-pin', holder: HOLDER, pin: '1212' },
    ];
    for (const state of states) {
      const want = wantOf(state);
      expect('ask' in want && want.ask === 'secret', state.at).toBe(state.at.endsWith('pin'));
      expect('ask' in want, state.at).toBe(true);
    }
    for (const at of ['try', 'book'] as const) {
      expect(wantOf({ at, holder: HOLDER, wish })).toEqual({ act: { at, holder: HOLDER, wish } });
    }
  });
});
