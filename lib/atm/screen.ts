import type { AccountInfo, Bank } from '../bank/api.js';
import { type Asker, type Look, Walkaway } from '../cli/ask/asker.js';
import { orRefusal } from '../cli/ask/or-refusal.js';
import type { Context } from '../cli/context.js';
import { EXIT, exitCodeOf } from '../cli/exit-codes.js';
import { HISTORY_COLUMNS } from '../cli/history-table.js';
import { moveOne } from '../cli/move-one.js';
import { waitFor } from '../cli/progress.js';
import { moneyText } from '../cli/say.js';
import { newKey, settled } from '../cli/settled.js';
import { layTable, lineWidth } from '../cli/table.js';
import { BankError } from '../ledger/errors.js';
import { digitsOfText, type Money, parseMinor } from '../ledger/money.js';
import type { Receipt } from '../ledger/receipt.js';
import { notesFor } from './notes.js';
import { tellRefusal } from './refusal.js';
import {
  type AtmEvent,
  type AtmState,
  type Holder,
  type Question,
  step,
  WELCOME,
  type Wish,
  wantOf,
} from './session.js';

/** What the machine is made of. */
export interface Atm {
  readonly context: Context;
  readonly bank: Bank;
  readonly asker: Asker;
  /** Sizes of the notes that it pays out, as decimals. */
  readonly notes: readonly string[];
}

const STATEMENT_ROWS = 10;
/** What the holder can do something about; all else ends the session. */
const REFUSALS: readonly number[] = [
  ...[EXIT.pin, EXIT.refused, EXIT.notFound, EXIT.usage, EXIT.busy, EXIT.outcomeUnknown],
];

/** Serves one after the other, until somebody leaves. */
export async function runAtm(atm: Atm): Promise<void> {
  let state: AtmState = WELCOME;
  while (state.at !== 'end') {
    const want = wantOf(state);
    const event = 'act' in want ? await act(atm, want.act) : await ask(atm, state, want);
    const next = step(state, event);
    for (const line of next.say) atm.context.output.line(line);
    state = next.state;
  }
}

async function ask(atm: Atm, state: AtmState, want: Question): Promise<AtmEvent> {
  const { asker } = atm;
  try {
    if (want.ask === 'choose') {
      const { question, choices, wayOut } = want;
      return { typed: await asker.choose(question, choices, undefined, wayOut) };
    }
    if (want.ask === 'confirm')
      return { typed: (await asker.confirm(want.question, reviewOf(atm, state))) ? 'yes' : 'no' };
    if (want.ask === 'text')
      return { typed: await asker.ask(want.question, { given: want.given }) };
    return { typed: await asker.secret(want.question) };
  } catch (error) {
    if (error instanceof Walkaway && error.where === 'back') return { back: true };
    throw error;
  }
}

/** What is asked to be confirmed. */
function reviewOf(atm: Atm, state: AtmState): Look | undefined {
  if (state.at !== 'review') return undefined;
  const { holder, wish } = state;
  return orRefusal(async () => (await review(atm, holder, wish)).map((text) => ({ text })));
}

/** Does what a state is for. */
async function act(atm: Atm, state: AtmState): Promise<AtmEvent> {
  try {
    return await deed(atm, state);
  } catch (error) {
    if (error instanceof BankError && REFUSALS.includes(exitCodeOf(error)))
      return { refused: error, told: tellRefusal(error, Date.now()) };
    throw error;
  }
}

async function deed(atm: Atm, state: AtmState): Promise<AtmEvent> {
  const { bank, context } = atm;
  const { signal } = context;
  switch (state.at) {
    case 'open': {
      const { firstName, lastName, pin } = state;
      const key = newKey();
      const input = { firstName, lastName, idempotencyKey: key };
      const account = await settled(key, () => bank.openAccount(input, { signal }));
      return { done: true, told: await firstPin(atm, account.id, pin), holder: holderOf(account) };
    }
    case 'find':
      await bank.account(state.id, { signal });
      return { done: true, told: [] };
    case 'find-to':
      return {
        done: true,
        told: [`To ${shortName(await otherAccount(atm, state.holder, state.to))}`],
      };
    case 'sign-in': {
      const { seen } = await bank.checkPin(state.id, state.pin, { signal });
      const account = await bank.account(state.id, { signal });
      return { done: true, told: await notices(atm, account, seen), holder: holderOf(account) };
    }
    case 'balance':
      return { done: true, told: [await balanceText(atm, state.holder)] };
    case 'statement':
      return { done: true, told: await statement(atm, state.holder) };
    case 'try':
      await review(atm, state.holder, state.wish); // It is shown with the question, as things stand then.
      return { done: true, told: [] };
    case 'book': {
      const key = newKey();
      const book = () => settled(key, () => move(atm, state.holder, state.wish, { key }));
      const receipt = await waitFor(context, book);
      return { done: true, told: bookedText(atm, state.wish, receipt) };
    }
    case 'set-pin':
      await bank.setPin(state.holder.id, state.pin, { signal });
      return { done: true, told: ['Your PIN has been changed.'] };
    default:
      throw new Error(`drovebank bug: nothing to do at ${state.at}`);
  }
}

/** The account is open by now: whatever becomes of the PIN, its holder has to hear the number. */
async function firstPin({ bank, context }: Atm, id: string, pin: string): Promise<string[]> {
  try {
    await bank.setPin(id, pin, { signal: context.signal });
    return [`Your account is ${id}. Keep the PIN to yourself.`];
  } catch (error) {
    if (!(error instanceof BankError)) throw error;
    const failed = `Your account is ${id}. Its PIN could not be set: ${error.message}`;
    return [failed, `Somebody at the bank can do it: drovebank pin ${id}`];
  }
}

function holderOf({ id, firstName, lastName, currency }: AccountInfo): Holder {
  return { id, name: `${firstName} ${lastName}`, currency };
}

async function balanceText({ bank, context }: Atm, { id }: Holder): Promise<string> {
  const { ledger, available } = await bank.balance(id, { signal: context.signal });
  const more =
    available && available.minor !== ledger.minor ? `, available ${available.amount}` : '';
  return `Balance ${moneyText(ledger)}${more}.`;
}

/** Rows that came since the last visit. */
async function notices(atm: Atm, { id, entries }: AccountInfo, seen: number): Promise<string[]> {
  const count = entries - seen;
  if (count <= 0) return [];
  const rows = await rowsOf(atm, id, Math.min(count, STATEMENT_ROWS));
  const many = count === 1 ? 'one new row' : `${count.toLocaleString('en')} new rows`;
  return [`Since your card was put in last: ${many}.`, ...rows];
}

async function statement(atm: Atm, holder: Holder): Promise<string[]> {
  return [...(await rowsOf(atm, holder.id, STATEMENT_ROWS)), await balanceText(atm, holder)];
}

/** The last rows of a passbook, the oldest of them first. */
async function rowsOf({ bank, context }: Atm, id: string, limit: number): Promise<string[]> {
  const { signal } = context;
  const { items } = await bank.history(id, { reverse: true, limit, signal }).page();
  const { head, rows } = layTable(HISTORY_COLUMNS, items.toReversed(), lineWidth());
  return [head, ...rows];
}

async function review(atm: Atm, holder: Holder, wish: Wish): Promise<string[]> {
  const receipt = await move(atm, holder, wish, { dryRun: true });
  const { from, to, amount } = receipt;
  const own = wish.what === 'deposit' ? to : from;
  const notes = wish.what === 'withdraw' ? [`Notes: ${bundleText(atm, amount)}.`] : [];
  const isTransfer = wish.what === 'transfer';
  const where = isTransfer ? [`To ${shortName(await accountOf(atm, to.id))}`] : [];
  const before = `Balance ${own.before.amount} -> ${own.after.amount}.`;
  return [`${moneyText(amount)}.`, ...where, before, ...notes];
}

function accountOf({ bank, context }: Atm, id: string): Promise<AccountInfo> {
  return bank.account(id, { signal: context.signal });
}

/** Whom a transfer is to go to. @throws BankError SAME_ACCOUNT for the holder, before an amount is asked for */
async function otherAccount(atm: Atm, holder: Holder, typed: string): Promise<AccountInfo> {
  const account = await accountOf(atm, typed);
  if (account.id !== holder.id) return account;
  throw new BankError('SAME_ACCOUNT', `${account.id} is your own account.`);
}

/** As a stranger may see it: `a10025, Bob S.` */
function shortName({ id, firstName, lastName }: AccountInfo): string {
  return `${id}, ${firstName} ${[...lastName].slice(0, 1).join('')}.`;
}

function bookedText(atm: Atm, { what }: Wish, { amount, from, to, transfer }: Receipt): string[] {
  const own = what === 'deposit' ? to : from;
  const rest = `Balance ${own.after.amount}. Transfer ${transfer}.`;
  if (what === 'deposit') return [`Paid in ${moneyText(amount)}. ${rest}`];
  if (what === 'transfer') return [`Transferred ${moneyText(amount)} to ${to.id}. ${rest}`];
  return [`Take your money: ${bundleText(atm, amount)}. ${rest}`];
}

/** `2 x 20.00, 1 x 10.00`. @throws BankError INVALID_AMOUNT where no notes make it up */
function bundleText({ notes }: Atm, { amount, minor, currency }: Money): string {
  const digits = digitsOfText(amount);
  const texts = new Map(notes.map((text) => [parseMinor(withDigits(text, digits), digits), text]));
  const sizes = [...texts.keys()].flatMap((size) => (size === undefined ? [] : [size]));
  const bundle = notesFor(minor, sizes);
  if (bundle) return bundle.map(([size, count]) => `${count} x ${texts.get(size)}`).join(', ');
  throw new BankError(
    'INVALID_AMOUNT',
    `${amount} ${currency} can't be paid out in notes of ${notes.join(', ')}.`,
    { details: { amount }, hint: 'Ask for another amount.' },
  );
}

/** A whole number with the digits of its currency: `20` → `20.00`. */
function withDigits(text: string, digits: number): string {
  return digits === 0 || text.includes('.') ? text : `${text}.${'0'.repeat(digits)}`;
}

function move(
  { bank, context }: Atm,
  { id }: Holder,
  { what, amount, to = '' }: Wish,
  { key, dryRun = false }: { readonly key?: string; readonly dryRun?: boolean },
): Promise<Receipt> {
  const sides = { deposit: { to: id }, withdraw: { from: id }, transfer: { from: id, to } };
  const input = { ...sides[what], amount, memo: 'ATM', idempotencyKey: key };
  return moveOne(bank, input, { signal: context.signal, dryRun });
}
