/**
 * Standing orders. An order is an entry of the account that gives, with its number in its key: that is how all of them
 * are found, and how each day that it is due is booked once, whoever runs it.
 */
import { parseCustomerId } from '../ledger/account-id.js';
import { refuseClosed, refuseTwoCurrencies } from '../ledger/booking.js';
import { dayOf, serialOf } from '../ledger/day.js';
import type { Entry } from '../ledger/entry.js';
import { assert, BankError } from '../ledger/errors.js';
import { isFarAhead } from '../ledger/hold.js';
import { metadataWith, readMetadata } from '../ledger/metadata.js';
import { type Money, parseMinor, readAmount, scaleAmount, toMoney } from '../ledger/money.js';
import type { ChangeReceipt, Receipt } from '../ledger/receipt.js';
import {
  type Annotations,
  given,
  ORDER_KEYS,
  type OrderKind,
  readKey,
  type TransferInput,
} from '../ledger/request.js';
import { daysDue, readSchedule, scheduleText } from '../ledger/schedule.js';
import { readDay } from '../ledger/text.js';
import type { AccountInfo, Bank, Booked, OperationResult } from './api.js';
import { cutShort } from './cut-short.js';
import { readCount } from './listing.js';

/** An order that was refused on its day is tried again for so many days, and one that nobody ran is run so late. */
const LATE_DAYS = 31;
/** Nobody needs earlier ones, and there are no later ones. */
const FIRST_DAY = '1970-01-01';
const LAST_DAY = '9999-12-31';
/** Orders, and transfers that are due, that are asked for at once. */
const AT_ONCE = 1_000;

export interface StandingOrderInput extends Omit<Annotations, 'freshKey' | 'valueDate'>, Booked {
  readonly from: string;
  readonly to: string;
  readonly amount: string | bigint;
  /** `every month on the 31st`, `every 2 weeks on friday`, `every day`: see {@link StandingOrder.every}. */
  readonly every: string;
  /** The first day on which it may be due; today (UTC) unless given. */
  readonly start?: string | undefined;
  /** The last one. */
  readonly end?: string | undefined;
}

export interface StandingOrder {
  /** Counted from 1. */
  readonly order: number;
  readonly from: string;
  readonly to: string;
  readonly amount: Money;
  readonly every: string;
  readonly start: string;
  readonly end: string | undefined;
  readonly memo: string;
  readonly reference: string;
  /** What each of its transfers is kept with, beside the order's number; `{}`: nothing more. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Somebody has ended it. */
  readonly ended: boolean;
  /** It had been given before with the same key. */
  readonly replayed: boolean;
  /** The next day on which it is due, today included; `undefined`: there is none. */
  readonly next: string | undefined;
}

export interface DueInput extends Booked {
  /** Called for each transfer that was due. */
  readonly onResult?: ((result: DueResult) => void) | undefined;
}

export interface DueResult {
  readonly order: number;
  /** The day on which it was due. */
  readonly due: string;
  readonly receipt: Receipt | undefined;
  readonly error: BankError | undefined;
}

/** What was due, of today and of the 31 days before. */
export interface DueRun {
  /** Orders that nobody has ended. */
  readonly orders: number;
  readonly booked: number;
  /** Booked by an earlier run. */
  readonly replayed: number;
  readonly refused: number;
}

/** What orders need of an open bank. */
export interface OrderBooks {
  readonly now: () => number;
  readonly acceptClock: boolean;
  readonly digitsOf: (currency: string) => number | undefined;
  /** Entries by their keys. */
  readonly byKeys: (keys: readonly string[]) => Promise<(Entry | undefined)[]>;
  /** Books an entry that says something of an order, and changes nothing, with a key of the bank's own. */
  readonly note: (
    kind: OrderKind,
    id: string,
    said: Annotations,
    key: string,
    options: Booked,
  ) => Promise<ChangeReceipt>;
  /** Books transfers with keys of the bank's own, but for those whose order was ended. */
  readonly transfer: (due: readonly DueTransfer[], options: Booked) => Promise<OperationResult[]>;
  /** When the last entry was booked. */
  readonly lastBookedAt: () => Promise<string>;
}

/** A transfer that is due. */
export interface DueTransfer {
  readonly order: StandingOrder;
  readonly due: string;
  readonly input: TransferInput;
  readonly key: string;
  /** Of the entry that ends the order. */
  readonly endKey: string;
}

/** Why a transfer that was due is not booked. */
export function endedError({ order }: StandingOrder): BankError {
  return new BankError('TRANSFER_NOT_FOUND', `Standing order ${order} was ended.`, {
    details: { order },
  });
}

const keyOf = (order: number) => `${ORDER_KEYS}${order}`;
const endKeyOf = (order: number) => `${keyOf(order)}/end`;

/** What the entry of an order keeps beside what users gave. */
interface Kept {
  readonly to: string;
  readonly amount: string;
  readonly every: string;
  readonly start: string;
  readonly end?: string;
  /** Idempotency key of who gave it. */
  readonly key?: string;
}

function today(books: OrderBooks): string {
  return new Date(books.now()).toISOString().slice(0, 10);
}

/** Gives a standing order; answers with its number. @throws BankError */
export async function addOrder(
  bank: Bank,
  books: OrderBooks,
  input: StandingOrderInput,
): Promise<StandingOrder> {
  const { memo, reference, metadata, idempotencyKey, dryRun, signal } = given(input);
  const key = idempotencyKey === undefined ? undefined : readKey(idempotencyKey);
  const [from, to] = [parseCustomerId(input.from), parseCustomerId(input.to)];
  const asked = readAmount(input.amount);
  const every = scheduleText(readSchedule(input.every));
  const before = key === undefined ? undefined : await orderOfKey(books, key);
  const start = readDay(input.start ?? before?.start ?? today(books), 'start');
  const end = input.end === undefined ? undefined : readDay(input.end, 'end');
  if (start < FIRST_DAY) {
    throw new BankError('INVALID_TIME', `The order starts ${start}, before ${FIRST_DAY}.`, {
      details: { start },
      hint: 'Give a later start.',
    });
  }
  if (end !== undefined && end < start) {
    throw new BankError('INVALID_TIME', `The order ends ${end}, before it starts ${start}.`, {
      details: { start, end },
      hint: 'Give a later end.',
    });
  }
  const giver = await bank.account(from, { signal });
  const taker = await bank.account(to, { signal });
  refuseAtOnce(giver, taker);
  const { currency } = giver;
  const digits = digitsFor(books, currency);
  const amount = toMoney(scaleAmount(asked, currency, digits), currency, digits);
  if (amount.minor === 0n) {
    throw new BankError('INVALID_AMOUNT', 'The amount is zero; nothing would move.', {
      details: { amount: amount.amount },
    });
  }
  const times = end === undefined ? { every, start } : { every, start, end };
  const kept: Kept = { to, amount: amount.amount, ...times, ...(key === undefined ? {} : { key }) };
  if (nextDay(kept, start) === undefined) {
    throw new BankError('INVALID_TIME', `Between ${start} and ${end} the order is never due.`, {
      details: { every, start, end },
      hint: 'Give a later end, or another schedule.',
    });
  }
  const said = { memo, reference, metadata: metadataWith(metadata, 'order', kept) };
  let order = before?.order ?? (await firstFree(books));
  const note = () => books.note('order', from, said, keyOf(order), { dryRun, signal });
  const replayed = before !== undefined;
  // With a key of its own it is the same request, or is refused; without one somebody else was faster.
  if (replayed) await note().catch((error) => Promise.reject(otherOrder(error, key ?? '', order)));
  else while (await isTakenMeanwhile(note(), key !== undefined)) order++;
  const texts = { memo: memo ?? '', reference: reference ?? '' };
  const kind = { ...texts, metadata: JSON.parse(readMetadata(metadata ?? {})) };
  const own = { order, from, to, amount, every, start, end, ...kind };
  return Object.freeze({ ...own, ended: false, replayed, next: nextDay(kept, today(books)) });
}

/** Whoever has an account has a currency with digits. */
function digitsFor({ digitsOf }: OrderBooks, currency: string): number {
  const digits = digitsOf(currency);
  assert(digits !== undefined, `${currency} has no digits`);
  return digits;
}

/** Whether somebody else has used the number in between, be it for the same: with a key that is our own request. */
async function isTakenMeanwhile(note: Promise<ChangeReceipt>, keyed: boolean): Promise<boolean> {
  try {
    return (await note).replayed && !keyed;
  } catch (error) {
    if (error instanceof BankError && error.code === 'IDEMPOTENCY_MISMATCH') return true;
    throw error;
  }
}

function otherOrder(error: unknown, key: string, order: number): unknown {
  if (!(error instanceof BankError) || error.code !== 'IDEMPOTENCY_MISMATCH') return error;
  const message = `The key "${key}" was used for standing order ${order}, which says something else.`;
  return new BankError(error.code, message, { details: { key, order }, cause: error });
}

/** The order that was given with a key. */
async function orderOfKey(books: OrderBooks, key: string): Promise<StandingOrder | undefined> {
  for await (const [order, kept] of keptOrders(books, true)) if (kept.key === key) return order;
  return undefined;
}

/** What no day will change is told to the one who gives the order. */
function refuseAtOnce(giver: AccountInfo, taker: AccountInfo): void {
  if (giver.id === taker.id) {
    const message = `${giver.id} was named on both sides of the order.`;
    throw new BankError('SAME_ACCOUNT', message, { details: { from: giver.id, to: taker.id } });
  }
  refuseClosed(taker);
  refuseTwoCurrencies(giver, taker);
}

/** Numbers are given without a gap: those that are taken are doubled until one is free, and then halved. */
async function firstFree(books: OrderBooks): Promise<number> {
  const isTaken = async (order: number) => (await books.byKeys([keyOf(order)]))[0] !== undefined;
  let high = 1;
  while (await isTaken(high)) high *= 2;
  let low = (high - (high % 2)) / 2; // Taken, or 0.
  while (low + 1 < high) {
    const middle = low + ((high - low) >> 1);
    if (await isTaken(middle)) low = middle;
    else high = middle;
  }
  return high;
}

/** All orders, or those that nobody has ended, in the order of their numbers. */
export async function* everyOrder(
  books: OrderBooks,
  ended: boolean,
): AsyncGenerator<StandingOrder> {
  for await (const [order] of keptOrders(books, ended)) yield order;
}

async function* keptOrders(
  books: OrderBooks,
  ended: boolean,
): AsyncGenerator<readonly [StandingOrder, Kept]> {
  const day = today(books);
  for (let first = 1; ; first += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, at) => first + at);
    const given = await books.byKeys(numbers.map(keyOf));
    const ends = await books.byKeys(numbers.map(endKeyOf));
    for (const [at, entry] of given.entries()) {
      if (entry === undefined) return;
      const found = orderOf(entry, numbers[at] as number, ends[at] !== undefined, books, day);
      if (found && (ended || !found[0].ended)) yield found;
    }
  }
}

/** What an entry says of an order; `undefined`: somebody has used the key for something else. */
function orderOf(
  entry: Entry,
  order: number,
  ended: boolean,
  books: OrderBooks,
  day: string,
): readonly [StandingOrder, Kept] | undefined {
  if (entry.type !== 'order' || entry.credit === undefined) return undefined;
  const { order: kept, ...metadata } = JSON.parse(entry.details?.meta ?? '{}') as { order?: Kept };
  if (kept === undefined) return undefined;
  const { to, amount, every, start, end } = kept;
  const { currency, memo, reference } = entry;
  const digits = digitsFor(books, currency);
  const minor = parseMinor(amount, digits);
  if (minor === undefined) return undefined;
  const next = ended ? undefined : nextDay(kept, day);
  const from = entry.credit.account;
  const amountOf = toMoney(minor, currency, digits);
  const own = { order, from, to, amount: amountOf, every, start, end, memo, reference, metadata };
  return [Object.freeze({ ...own, ended, replayed: false, next }), kept];
}

/** The next day on which an order is due, from `day` on. */
function nextDay(
  {
    every,
    start,
    end = LAST_DAY,
  }: Pick<StandingOrder, 'every' | 'start'> & { end?: string | undefined },
  day: string,
): string | undefined {
  const schedule = readSchedule(every);
  const from = day > start ? day : start;
  // Most come again within a year, and none is looked for farther than need be.
  for (const years of [1, 10, 1_000]) {
    const last = Math.min(serialOf(from) + years * 366, serialOf(end));
    const [next] = daysDue(schedule, start, from, dayOf(last));
    if (next !== undefined) return next;
  }
  return undefined;
}

/** Ends an order: it is due no more. @throws BankError TRANSFER_NOT_FOUND */
export async function endOrder(
  books: OrderBooks,
  number: number,
  { dryRun, signal }: Booked,
): Promise<StandingOrder> {
  const order = readCount(number, 'order', 1);
  const [entry] = await books.byKeys([keyOf(order)]);
  const [known] = (entry && orderOf(entry, order, true, books, today(books))) ?? [];
  if (known === undefined) {
    throw new BankError('TRANSFER_NOT_FOUND', `There is no standing order ${order}.`, {
      details: { order },
      hint: 'Look at the list of orders.',
    });
  }
  const from = parseCustomerId(known.from);
  const { replayed } = await books.note('end-order', from, {}, endKeyOf(order), { dryRun, signal });
  return Object.freeze({ ...known, replayed });
}

/** Books what is due today, and what was due in the days before and is not booked yet. @throws BankError */
export async function runDue(books: OrderBooks, input: DueInput): Promise<DueRun> {
  const { dryRun, signal, onResult } = given(input);
  const to = today(books);
  const from = dayOf(serialOf(to) - LATE_DAYS);
  const orders: StandingOrder[] = [];
  for await (const order of everyOrder(books, false)) orders.push(order);
  await refuseFarAhead(books, orders);
  const counts = { orders: orders.length, booked: 0, replayed: 0, refused: 0 };
  const book = async (due: readonly DueTransfer[]) => {
    const results = await books.transfer(due, { dryRun, signal });
    for (const [at, result] of results.entries()) {
      const receipt = 'receipt' in result ? (result.receipt as Receipt) : undefined;
      const error = 'error' in result ? result.error : undefined;
      if (error?.code === 'TRANSFER_NOT_FOUND') continue; // Somebody has ended the order meanwhile.
      counts[error ? 'refused' : receipt?.replayed ? 'replayed' : 'booked']++;
      const { order, due: day } = due[at] as DueTransfer;
      if (!receipt?.replayed) onResult?.({ order: order.order, due: day, receipt, error });
    }
  };
  try {
    let waiting: DueTransfer[] = [];
    for (const order of orders) {
      const end = order.end !== undefined && order.end < to ? order.end : to;
      const days = daysDue(readSchedule(order.every), order.start, from, end);
      for (const due of days) waiting.push(transferFor(order, due));
      if (waiting.length < AT_ONCE) continue;
      await book(waiting);
      waiting = [];
    }
    if (waiting.length > 0) await book(waiting);
  } catch (error) {
    const again = 'Run what is due again: nothing is booked twice.';
    throw cutShort(error, counts.booked, 'transfers', again);
  }
  return Object.freeze({ ...counts });
}

/**
 * What is booked by a clock that has jumped can't be made undone. Where nothing else happens, time goes by from one
 * due day to the next: the clock may be as far behind the last entry as the first day that is due then, and 31 days more.
 */
async function refuseFarAhead(books: OrderBooks, orders: readonly StandingOrder[]): Promise<void> {
  const now = new Date(books.now()).toISOString();
  const last = await books.lastBookedAt();
  if (books.acceptClock || !isFarAhead(now, last)) return;
  const day = last.slice(0, 10);
  const expected =
    orders.map((order) => nextDay(order, dayOf(serialOf(day) + 1)) ?? day).sort()[0] ?? day;
  if (!isFarAhead(now, `${expected}T23:59:59.999Z`)) return;
  const message = `The clock says ${now}, the last entry is of ${last}: orders would be run by that.`;
  throw new BankError('CLOCK_AHEAD', message, { details: { now, last } });
}

function transferFor(own: StandingOrder, due: string): DueTransfer {
  const { order, from, to, amount, memo, reference } = own;
  const said = { memo, reference, valueDate: due, metadata: { ...own.metadata, order } };
  const input = { from, to, amount: amount.amount, ...said };
  return { order: own, due, input, key: `${keyOf(order)}/${due}`, endKey: endKeyOf(order) };
}
