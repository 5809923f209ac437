/**
 * Standing orders. An order is an entry of the account that gives, with its number in its key: that is how all of them
 * are found, and how each day that it is due is booked once, whoever runs it.
 */
import { parseCustomerId } from '../ledger/account-id.js';
import type { Entry } from '../ledger/entry.js';
import { assert, BankError } from '../ledger/errors.js';
import { isFarAhead } from '../ledger/hold.js';
import { type Money, parseMinor, readAmount, scaleAmount, toMoney } from '../ledger/money.js';
import type { ChangeReceipt, Receipt } from '../ledger/receipt.js';
import { type Annotations, given } from '../ledger/request.js';
import { daysDue, readSchedule, scheduleText } from '../ledger/schedule.js';
import { readDay } from '../ledger/text.js';
import type { AccountInfo, Bank, Booked } from './api.js';
import { readCount } from './listing.js';
import type { Operation } from './operations.js';

/** An order that was refused on its day is tried again for so many days, and one that nobody ran is run so late. */
const LATE_DAYS = 31;
const DAY_MS = 86_400_000;
/** Nobody needs earlier ones, and there are no later ones. */
const FIRST_DAY = '1970-01-01';
const LAST_DAY = '9999-12-31';
/** Orders, and transfers that are due, that are asked for at once. */
const AT_ONCE = 1_000;

export interface StandingOrderInput
  extends Omit<Annotations, 'idempotencyKey' | 'freshKey' | 'valueDate'>,
    Booked {
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
  /** Somebody has ended it. */
  readonly ended: boolean;
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
  /** Books an entry that says something of an order, and changes nothing. */
  readonly note: (
    kind: 'order' | 'end-order',
    id: string,
    said: Annotations,
    options: Booked,
  ) => Promise<ChangeReceipt>;
  /** When the last entry was booked. */
  readonly lastBookedAt: () => Promise<string>;
}

const keyOf = (order: number) => `standing-order/${order}`;
const endKeyOf = (order: number) => `${keyOf(order)}/end`;

/** What the entry of an order keeps beside what users gave. */
interface Kept {
  readonly to: string;
  readonly amount: string;
  readonly every: string;
  readonly start: string;
  readonly end?: string;
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
  const { memo, reference, metadata, dryRun, signal } = given(input);
  const [from, to] = [parseCustomerId(input.from), parseCustomerId(input.to)];
  const asked = readAmount(input.amount);
  const every = scheduleText(readSchedule(input.every));
  const start = readDay(input.start ?? today(books), 'start');
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
  const kept: Kept = { to, amount: amount.amount, ...times };
  const said = { memo, reference, metadata: { ...metadata, order: kept } };
  let order = await firstFree(books);
  const note = () =>
    books.note('order', from, { ...said, idempotencyKey: keyOf(order) }, { dryRun, signal });
  while (await isTakenMeanwhile(note())) order++;
  const texts = { memo: memo ?? '', reference: reference ?? '' };
  const own = { order, from, to, amount, every, start, end, ...texts };
  return Object.freeze({ ...own, ended: false, next: nextDay(kept, today(books)) });
}

/** Whoever has an account has a currency with digits. */
function digitsFor({ digitsOf }: OrderBooks, currency: string): number {
  const digits = digitsOf(currency);
  assert(digits !== undefined, `${currency} has no digits`);
  return digits;
}

/** Whether somebody else has used the number in between, be it for the same. */
async function isTakenMeanwhile(note: Promise<ChangeReceipt>): Promise<boolean> {
  try {
    return (await note).replayed;
  } catch (error) {
    if (error instanceof BankError && error.code === 'IDEMPOTENCY_MISMATCH') return true;
    throw error;
  }
}

/** What no day will change is told to the one who gives the order. */
function refuseAtOnce(giver: AccountInfo, taker: AccountInfo): void {
  const details = { from: giver.id, to: taker.id };
  if (giver.id === taker.id) {
    const message = `${giver.id} was named on both sides of the order.`;
    throw new BankError('SAME_ACCOUNT', message, { details });
  }
  if (giver.currency !== taker.currency) {
    const message = `${giver.id} is in ${giver.currency}, ${taker.id} in ${taker.currency}.`;
    throw new BankError('CURRENCY_MISMATCH', message, { details });
  }
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
  const day = today(books);
  for (let first = 1; ; first += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, at) => first + at);
    const given = await books.byKeys(numbers.map(keyOf));
    const ends = await books.byKeys(numbers.map(endKeyOf));
    for (const [at, entry] of given.entries()) {
      if (entry === undefined) return;
      const order = orderOf(entry, numbers[at] as number, ends[at] !== undefined, books, day);
      if (order && (ended || !order.ended)) yield order;
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
): StandingOrder | undefined {
  if (entry.type !== 'order' || entry.credit === undefined) return undefined;
  const { order: kept } = JSON.parse(entry.details?.meta ?? '{}') as { order?: Kept };
  if (kept === undefined) return undefined;
  const { to, amount, every, start, end } = kept;
  const { currency, memo, reference } = entry;
  const digits = digitsFor(books, currency);
  const minor = parseMinor(amount, digits);
  if (minor === undefined) return undefined;
  const next = ended ? undefined : nextDay(kept, day);
  const from = entry.credit.account;
  return Object.freeze({
    order,
    from,
    to,
    amount: toMoney(minor, currency, digits),
    every,
    start,
    end,
    memo,
    reference,
    ended,
    next,
  });
}

/** The next day on which an order is due, from `day` on. */
function nextDay({ every, start, end = LAST_DAY }: Kept, day: string): string | undefined {
  const schedule = readSchedule(every);
  const from = day > start ? day : start;
  // Most come again within a year, and none is looked for farther than need be.
  for (const years of [1, 10, 1_000]) {
    const time = Math.min(Date.parse(from) + years * 366 * DAY_MS, Date.parse(end));
    const [next] = daysDue(schedule, start, from, new Date(time).toISOString().slice(0, 10));
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
  const known = entry && orderOf(entry, order, true, books, today(books));
  if (known === undefined) {
    throw new BankError('TRANSFER_NOT_FOUND', `There is no standing order ${order}.`, {
      details: { order },
      hint: 'Look at the list of orders.',
    });
  }
  const from = parseCustomerId(known.from);
  await books.note('end-order', from, { idempotencyKey: endKeyOf(order) }, { dryRun, signal });
  return known;
}

/** Books what is due today, and what was due in the days before and is not booked yet. @throws BankError */
export async function runDue(bank: Bank, books: OrderBooks, input: DueInput): Promise<DueRun> {
  const { dryRun, signal, onResult } = given(input);
  const to = today(books);
  const now = new Date(books.now()).toISOString();
  const last = await books.lastBookedAt();
  if (!books.acceptClock && last !== '' && isFarAhead(now, last)) {
    throw new BankError(
      'CLOCK_AHEAD',
      `The clock says ${now}, the last entry is of ${last}: orders would be run by that.`,
      {
        details: { now, last },
      },
    );
  }
  const from = new Date(Date.parse(to) - LATE_DAYS * DAY_MS).toISOString().slice(0, 10);
  const counts = { orders: 0, booked: 0, replayed: 0, refused: 0 };
  let waiting: { readonly order: StandingOrder; readonly due: string }[] = [];
  const book = async () => {
    const due = waiting;
    waiting = [];
    const results = await bank.batch(due.map(operationFor), { dryRun, signal });
    for (const [at, result] of results.entries()) {
      const receipt = 'receipt' in result ? (result.receipt as Receipt) : undefined;
      const error = 'error' in result ? result.error : undefined;
      counts[error ? 'refused' : receipt?.replayed ? 'replayed' : 'booked']++;
      const { order, due: day } = due[at] as (typeof due)[number];
      if (!receipt?.replayed) onResult?.({ order: order.order, due: day, receipt, error });
    }
  };
  for await (const order of everyOrder(books, false)) {
    counts.orders++;
    const end = order.end !== undefined && order.end < to ? order.end : to;
    for (const due of daysDue(readSchedule(order.every), order.start, from, end))
      waiting.push({ order, due });
    if (waiting.length >= AT_ONCE) await book();
  }
  if (waiting.length > 0) await book();
  return Object.freeze({ ...counts });
}

function operationFor({
  order: own,
  due,
}: {
  readonly order: StandingOrder;
  readonly due: string;
}): Operation {
  const { order, from, to, amount, memo, reference } = own;
  const said = { memo, reference, valueDate: due, metadata: { order } };
  return {
    op: 'transfer',
    from,
    to,
    amount: amount.minor,
    ...said,
    idempotencyKey: `${keyOf(order)}/${due}`,
  };
}
