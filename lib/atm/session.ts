/**
 * What happens at an ATM, as a state machine: it asks nobody and books nothing itself. It says what is to be asked or
 * done next, and is told what came of it.
 */
import type { BankError } from '../ledger/errors.js';
import { isPin } from '../ledger/text.js';

/** Somebody who has shown the right PIN. */
export interface Holder {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
}

export type Movement = 'deposit' | 'withdraw' | 'transfer';

/** A movement that its holder wants. */
export interface Wish {
  readonly what: Movement;
  readonly amount: string;
  /** Of a transfer. */
  readonly to?: string;
}

export type AtmState =
  | { readonly at: 'welcome' | 'end' }
  | { readonly at: 'card' | 'first-name'; readonly given?: string }
  | { readonly at: 'last-name'; readonly firstName: string; readonly given?: string }
  | { readonly at: 'first-pin'; readonly firstName: string; readonly lastName: string }
  | {
      readonly at: 'same-first-pin' | 'open';
      readonly firstName: string;
      readonly lastName: string;
      readonly pin: string;
    }
  | { readonly at: 'find' | 'pin'; readonly id: string }
  | { readonly at: 'sign-in'; readonly id: string; readonly pin: string }
  | { readonly at: 'menu' | 'balance' | 'statement' | 'new-pin'; readonly holder: Holder }
  | { readonly at: 'to'; readonly holder: Holder; readonly given?: string }
  | { readonly at: 'find-to'; readonly holder: Holder; readonly to: string }
  | {
      readonly at: 'amount';
      readonly holder: Holder;
      readonly what: Movement;
      readonly to?: string;
      readonly given?: string;
    }
  | { readonly at: 'try' | 'review' | 'book'; readonly holder: Holder; readonly wish: Wish }
  | { readonly at: 'same-pin'; readonly holder: Holder; readonly pin: string }
  | { readonly at: 'set-pin'; readonly holder: Holder; readonly pin: string };

export type AtmEvent =
  | { readonly typed: string }
  | { readonly back: true }
  /** What was to be done is done; `told` is said to the holder. */
  | { readonly done: true; readonly told: readonly string[]; readonly holder?: Holder }
  | { readonly refused: BankError; readonly told: readonly string[] };

export type Question =
  | { readonly ask: 'secret' | 'confirm'; readonly question: string }
  /** `given` was answered before. */
  | { readonly ask: 'text'; readonly question: string; readonly given: string | undefined }
  | {
      readonly ask: 'choose';
      readonly question: string;
      readonly choices: readonly { readonly key: string; readonly label: string }[];
      /** Where going back leads. */
      readonly wayOut: string;
    };

/** What is asked or done in a state. */
export type Want = Question | { readonly act: AtmState };

export interface Next {
  readonly state: AtmState;
  readonly say: readonly string[];
}

export const WELCOME: AtmState = { at: 'welcome' };

const DOOR = [
  { key: 'i', label: 'insert a card' },
  { key: 'o', label: 'open an account' },
  { key: 'e', label: 'leave' },
];
const MENU = [
  { key: 'b', label: 'balance' },
  { key: 'd', label: 'deposit' },
  { key: 'w', label: 'withdraw' },
  { key: 't', label: 'transfer' },
  { key: 's', label: 'mini statement' },
  { key: 'p', label: 'change the PIN' },
  { key: 'e', label: 'take the card out' },
];

export function wantOf(state: AtmState): Want {
  switch (state.at) {
    case 'welcome':
      return { ask: 'choose', question: 'Welcome', choices: DOOR, wayOut: 'leave' };
    case 'first-name':
      return { ask: 'text', question: 'First name', given: state.given };
    case 'last-name':
      return { ask: 'text', question: 'Last name', given: state.given };
    case 'first-pin':
      return { ask: 'secret', question: 'Choose a PIN of four digits' };
    case 'card':
      return { ask: 'text', question: 'Card or account number', given: state.given };
    case 'pin':
      return { ask: 'secret', question: `PIN of ${state.id}` };
    case 'menu':
      return {
        ask: 'choose',
        question: `Hello, ${state.holder.name}`,
        choices: MENU,
        wayOut: 'take the card out',
      };
    case 'to':
      return { ask: 'text', question: 'To which account', given: state.given };
    case 'amount':
      return {
        ask: 'text',
        question: `Amount in ${state.holder.currency}`,
        given: state.given,
      };
    case 'review':
      return { ask: 'confirm', question: QUESTIONS[state.wish.what] };
    case 'new-pin':
      return { ask: 'secret', question: 'New PIN of four digits' };
    case 'same-first-pin':
    case 'same-pin':
      return { ask: 'secret', question: 'Once more' };
    default:
      return { act: state };
  }
}

const QUESTIONS = {
  deposit: 'Pay it in?',
  withdraw: 'Pay it out?',
  transfer: 'Transfer it?',
} as const;

/** The state behind an event, and what is said. */
export function step(state: AtmState, event: AtmEvent): Next {
  if ('typed' in event) return typed(state, event.typed);
  if ('back' in event) return { state: behind(state), say: left(state) };
  if ('refused' in event) return refused(state, event.refused, event.told);
  return { state: after(state, event.holder), say: event.told };
}

function typed(state: AtmState, text: string): Next {
  const to = (next: AtmState, ...say: string[]): Next => ({ state: next, say });
  switch (state.at) {
    case 'welcome':
      if (text === 'e') return to({ at: 'end' }, 'Goodbye.');
      return to({ at: text === 'o' ? 'first-name' : 'card' });
    case 'first-name':
      return text === '' ? to(state) : to({ at: 'last-name', firstName: text });
    case 'last-name':
      if (text === '') return to(state);
      return to({ at: 'first-pin', firstName: state.firstName, lastName: text });
    case 'first-pin':
      if (!isPin(text)) return to(state, NO_PIN);
      return to({ ...state, at: 'same-first-pin', pin: text });
    case 'same-first-pin': {
      if (text === state.pin) return to({ ...state, at: 'open' });
      const { firstName, lastName } = state;
      return to({ at: 'first-pin', firstName, lastName }, ANOTHER_PIN);
    }
    case 'card':
      return text === '' ? to(state) : to({ at: 'find', id: text });
    case 'pin':
      return isPin(text) ? to({ at: 'sign-in', id: state.id, pin: text }) : to(state, NO_PIN);
    case 'menu':
      return chosen(state.holder, text);
    case 'to':
      return text === '' ? to(state) : to({ at: 'find-to', holder: state.holder, to: text });
    case 'amount': {
      const { holder, what, to: other } = state;
      const wish = other === undefined ? { what, amount: text } : { what, amount: text, to: other };
      return to({ at: 'try', holder, wish });
    }
    case 'review':
      if (text === 'yes') return to({ ...state, at: 'book' });
      return to({ at: 'menu', holder: state.holder }, NOTHING);
    case 'new-pin':
      if (!isPin(text)) return to(state, NO_PIN);
      return to({ at: 'same-pin', holder: state.holder, pin: text });
    case 'same-pin':
      if (text === state.pin) return to({ ...state, at: 'set-pin' });
      return to({ at: 'new-pin', holder: state.holder }, ANOTHER_PIN);
    default:
      return to(state);
  }
}

function chosen(holder: Holder, key: string): Next {
  const say: string[] = [];
  switch (key) {
    case 'b':
      return { state: { at: 'balance', holder }, say };
    case 's':
      return { state: { at: 'statement', holder }, say };
    case 'p':
      return { state: { at: 'new-pin', holder }, say };
    case 'd':
      return { state: { at: 'amount', holder, what: 'deposit' }, say };
    case 'w':
      return { state: { at: 'amount', holder, what: 'withdraw' }, say };
    case 't':
      return { state: { at: 'to', holder }, say };
    default:
      return { state: WELCOME, say: ['Your card is yours again. Goodbye.'] };
  }
}

/** Where one gets by going back: to the question before, with what was answered, and never over a booking. */
function behind(state: AtmState): AtmState {
  switch (state.at) {
    case 'welcome':
      return { at: 'end' };
    case 'last-name':
      return { at: 'first-name', given: state.firstName };
    case 'first-pin':
      return { at: 'last-name', firstName: state.firstName, given: state.lastName };
    case 'same-first-pin':
      return { at: 'first-pin', firstName: state.firstName, lastName: state.lastName };
    case 'pin':
      return { at: 'card', given: state.id };
    case 'amount':
      if (state.to === undefined) return { at: 'menu', holder: state.holder };
      return { at: 'to', holder: state.holder, given: state.to };
    case 'review':
      return amountOf(state.holder, state.wish, state.wish.amount);
    case 'same-pin':
      return { at: 'new-pin', holder: state.holder };
    default:
      if (state.at === 'menu' || !('holder' in state)) return WELCOME;
      return { at: 'menu', holder: state.holder };
  }
}

function left(state: AtmState): string[] {
  if (state.at === 'welcome') return ['Goodbye.'];
  if (state.at === 'menu') return ['Your card is yours again. Goodbye.'];
  const isOut = state.at === 'to' || (state.at === 'amount' && state.to === undefined);
  return isOut ? [NOTHING] : [];
}

/** The question for the amount of a wish, to be answered anew; `given` is offered. */
function amountOf(holder: Holder, { what, to }: Wish, given?: string): AtmState {
  return {
    ...{ at: 'amount', holder, what },
    ...(to === undefined ? {} : { to }),
    ...(given === undefined ? {} : { given }),
  };
}

/** What was done leads to what there is to do next. */
function after(state: AtmState, holder: Holder | undefined): AtmState {
  if (state.at === 'find') return { at: 'pin', id: state.id };
  if (state.at === 'find-to') {
    return { at: 'amount', holder: state.holder, what: 'transfer', to: state.to };
  }
  if (state.at === 'try') return { ...state, at: 'review' };
  const known = 'holder' in state ? state.holder : holder;
  return known === undefined ? WELCOME : { at: 'menu', holder: known };
}

/** Refusals that another amount may mend. */
const OF_THE_AMOUNT: readonly string[] = ['INVALID_AMOUNT', 'INSUFFICIENT_FUNDS', 'LIMIT_EXCEEDED'];

/** Refusals that another account to transfer to may mend. */
const OF_THE_OTHER: readonly string[] = [
  ...['SAME_ACCOUNT', 'CURRENCY_MISMATCH', 'ACCOUNT_FROZEN', 'ACCOUNT_CLOSED'],
];

/** What was refused is asked for again: a number, a wrong PIN unless that is over, an amount. */
function refused(state: AtmState, error: BankError, say: readonly string[]): Next {
  const isOver =
    error.code !== 'PIN_WRONG' || error.details.left === 0 || error.details.set === false;
  if (state.at === 'sign-in' && !isOver) return { state: { at: 'pin', id: state.id }, say };
  if (state.at === 'find') return { state: { at: 'card' }, say };
  if (state.at === 'find-to') return { state: { at: 'to', holder: state.holder }, say };
  if ((state.at === 'try' || state.at === 'book') && OF_THE_AMOUNT.includes(error.code)) {
    // What others took meanwhile may come back: what was asked for is kept then.
    const given = state.at === 'book' ? state.wish.amount : undefined;
    return { state: amountOf(state.holder, state.wish, given), say };
  }
  if (state.at === 'try' && OF_THE_OTHER.includes(error.code)) {
    const isOther = state.wish.to !== undefined && error.details.id !== state.holder.id;
    if (isOther || error.code === 'SAME_ACCOUNT') {
      return { state: { at: 'to', holder: state.holder }, say };
    }
  }
  return { state: 'holder' in state ? { at: 'menu', holder: state.holder } : WELCOME, say };
}

const ANOTHER_PIN = 'The two differ. Both once more:';
const NO_PIN = 'A PIN is four digits.';
const NOTHING = 'Nothing was booked.';
