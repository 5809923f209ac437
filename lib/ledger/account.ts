import { type AccountId, isWorldId } from './account-id.js';
import type { Entry, Frozen, Leg } from './entry.js';
import { assert } from './errors.js';
import { accountOfHold, type Hold, holdsAfter, overdueAt, sumHeld } from './hold.js';

export type AccountStatus = 'open' | 'frozen' | 'closed';

/** What is agreed with few accounts: most have {@link NO_TERMS}, one object for all of them. */
export interface Terms {
  /** Open holds, oldest first. */
  readonly holds: readonly Hold[];
  /** What the account refuses while it is frozen. */
  readonly frozen: Frozen;
  /** What may leave the account at once, minor units; `undefined`: any amount. */
  readonly transferLimit: bigint | undefined;
  /** What may leave the account in one day (UTC). */
  readonly dayLimit: bigint | undefined;
  /** The last day on which something left an account with such a limit, and how much; '' and zero before. */
  readonly day: string;
  readonly spent: bigint;
}

export const NO_TERMS: Terms = Object.freeze({
  holds: Object.freeze([]),
  frozen: 'debits',
  transferLimit: undefined,
  dayLimit: undefined,
  day: '',
  spent: 0n,
});

/** What the bank knows of an account after its `seq`-th entry. Amounts are minor units. */
export interface Account {
  readonly id: AccountId;
  readonly currency: string;
  readonly status: AccountStatus;
  readonly firstName: string;
  readonly lastName: string;
  /** Number of the account's last entry, counted from 1. */
  readonly seq: number;
  /** Ledger balance: customer accounts are credit-normal, `world` mirrors them below zero. */
  readonly balance: bigint;
  /** The sum of its holds. */
  readonly held: bigint;
  /** Overdraft limit; `undefined` for `world`, which has none. */
  readonly limit: bigint | undefined;
  readonly terms: Terms;
  /** Bank-wide number of the account's last entry. */
  readonly transfer: number;
  /** When the last entry was booked. */
  readonly bookedAt: string;
}

/** What of an account most entries leave as it is. */
export type Standing = Pick<
  Account,
  'id' | 'currency' | 'status' | 'firstName' | 'lastName' | 'held' | 'limit' | 'terms'
>;

/** What may leave the account: ledger − held + overdraft limit; `undefined` where nothing limits it. */
export function availableOf(account: Account): bigint | undefined {
  return account.limit === undefined ? undefined : account.balance - account.held + account.limit;
}

/** The account without those holds whose time is over at `moment`, as its next entry will leave it. */
export function withoutOverdue(account: Account, moment: string): Account {
  const { terms } = account;
  if (!overdueAt(terms.holds, moment)) return account;
  const holds = terms.holds.filter((hold) => !overdueAt([hold], moment));
  return { ...account, held: sumHeld(holds), terms: { ...terms, holds } };
}

/** The leg of `entry` that touches `id`. A bug if there is none. */
export function legOf(entry: Entry, id: AccountId): Leg {
  const leg = entry.debit?.account === id ? entry.debit : entry.credit;
  assert(leg?.account === id, `entry ${entry.transfer} does not touch ${id}`);
  return leg;
}

/**
 * The account after `entry`: the one rule by which writer, readers and passbooks follow the journal.
 * `before` is `undefined` for an account that the entry opens.
 */
export function afterEntry(before: Account | undefined, entry: Entry, id: AccountId): Account {
  const { seq, balance } = legOf(entry, id);
  if (before === undefined) return opened(entry, id, seq, balance);
  switch (entry.type) {
    case 'open':
    case 'deposit':
    case 'withdraw':
    case 'transfer':
      return afterMove(before, seq, balance, entry.transfer, entry.bookedAt);
    default: {
      const { transfer, bookedAt } = entry;
      return { ...before, ...changeOf(before, entry), seq, balance, transfer, bookedAt };
    }
  }
}

/** The account after an entry that moved money and nothing else. */
export function afterMove(
  before: Account,
  seq: number,
  balance: bigint,
  transfer: number,
  bookedAt: string,
): Account {
  const { terms } = before;
  return {
    id: before.id,
    currency: before.currency,
    status: before.status,
    firstName: before.firstName,
    lastName: before.lastName,
    seq,
    balance,
    held: before.held,
    limit: before.limit,
    terms:
      terms.dayLimit !== undefined && balance < before.balance
        ? spentMore(terms, before.balance - balance, bookedAt)
        : terms,
    transfer,
    bookedAt,
  };
}

/** What of `amount` more counts against the limit of a day. */
function spentMore(terms: Terms, amount: bigint, bookedAt: string): Terms {
  const day = bookedAt.slice(0, 10);
  return { ...terms, day, spent: spentOn(terms, day) + amount };
}

/** How much has left an account with a day limit on `day`, minor units. */
export function spentOn(terms: Terms, day: string): bigint {
  return terms.day === day ? terms.spent : 0n;
}

/** What an entry of another kind than a plain movement changes of the account, besides its balance. */
function changeOf(before: Account, entry: Entry): Partial<Account> {
  const { terms } = before;
  switch (entry.type) {
    case 'hold':
    case 'capture':
    case 'release':
      return afterHold(before, entry);
    case 'freeze':
      return {
        status: 'frozen',
        terms: { ...terms, frozen: entry.details?.freeze ?? 'debits' },
      };
    case 'unfreeze':
      if (before.status !== 'frozen') return {};
      return { status: 'open', terms: { ...terms, frozen: 'debits' } };
    case 'reopen':
      return before.status === 'closed' ? { status: 'open' } : {};
    case 'close':
      // With a side that gives, that one is closed: what was left went to the other.
      return (entry.debit ?? entry.credit)?.account === before.id ? { status: 'closed' } : {};
    case 'rename':
      return { firstName: entry.firstName, lastName: entry.lastName };
    case 'limit': {
      const { transfer: transferLimit, day: dayLimit } = entry.details?.limit ?? NO_LIMIT;
      // Without such a limit nobody counts.
      const counted = dayLimit === undefined ? { day: '', spent: 0n } : {};
      return { limit: entry.limit, terms: { ...terms, transferLimit, dayLimit, ...counted } };
    }
    default:
      return {};
  }
}

const NO_LIMIT = { transfer: undefined, day: undefined };

function afterHold(before: Account, entry: Entry): Partial<Account> {
  const change = entry.details?.hold;
  if (change === undefined || accountOfHold(change.id) !== before.id) return {};
  const holds = holdsAfter(before.terms.holds, change);
  let terms = { ...before.terms, holds };
  // What is set aside counts against the day on which that was allowed, be it used or not.
  if (entry.type === 'hold' && terms.dayLimit !== undefined) {
    terms = { ...spentMore(terms, change.left, entry.bookedAt), holds };
  }
  return { held: sumHeld(holds), terms };
}

function opened(entry: Entry, id: AccountId, seq: number, balance: bigint): Account {
  assert(entry.type === 'open' && seq === 1, `entry ${entry.transfer} does not open ${id}`);
  const world = isWorldId(id);
  return {
    id,
    currency: entry.currency,
    status: 'open',
    firstName: world ? 'World' : entry.firstName,
    lastName: world ? entry.currency : entry.lastName,
    seq,
    balance,
    held: 0n,
    limit: world ? undefined : entry.limit,
    terms: NO_TERMS,
    transfer: entry.transfer,
    bookedAt: entry.bookedAt,
  };
}
