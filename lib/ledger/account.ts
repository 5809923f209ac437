import { type AccountId, isWorldId } from './account-id.js';
import type { Entry, Leg } from './entry.js';
import { assert } from './errors.js';

export type AccountStatus = 'open' | 'frozen' | 'closed';

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
  readonly held: bigint;
  /** Overdraft limit; `undefined` for `world`, which has none. */
  readonly limit: bigint | undefined;
  /** Bank-wide number of the account's last entry. */
  readonly transfer: number;
  /** When the last entry was booked. */
  readonly bookedAt: string;
}

/** What of an account most entries leave as it is. */
export type Standing = Pick<
  Account,
  'id' | 'currency' | 'status' | 'firstName' | 'lastName' | 'held' | 'limit'
>;

/** What may leave the account: ledger − held + overdraft limit; `undefined` where nothing limits it. */
export function availableOf(account: Account): bigint | undefined {
  return account.limit === undefined ? undefined : account.balance - account.held + account.limit;
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
  return afterMove(before, seq, balance, entry.transfer, entry.bookedAt);
}

/** The account after an entry that moved money and nothing else. */
export function afterMove(
  before: Account,
  seq: number,
  balance: bigint,
  transfer: number,
  bookedAt: string,
): Account {
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
    transfer,
    bookedAt,
  };
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
    transfer: entry.transfer,
    bookedAt: entry.bookedAt,
  };
}
