import type { AccountId } from './account-id.js';

/** The kinds of journal entries, in the field's words. */
export type EntryType = 'open' | 'deposit' | 'withdraw' | 'transfer';
export const ENTRY_TYPES: readonly string[] = [
  'open',
  'deposit',
  'withdraw',
  'transfer',
] satisfies EntryType[];

/** One side of an entry: the account, its own running number, and its balance afterwards. */
export interface Leg {
  readonly account: AccountId;
  readonly seq: number;
  /** Minor units. */
  readonly balance: bigint;
}

/**
 * One journal entry: a decided effect, not a command. What it says is the state afterwards, so that
 * replaying it needs no rules. Texts that were not given are ''.
 */
export interface Entry {
  readonly type: EntryType;
  /** Bank-wide number, without a gap. */
  readonly transfer: number;
  /** UTC, `2026-11-20T09:05:40.007Z`; never earlier than the entry before. */
  readonly bookedAt: string;
  readonly currency: string;
  /** Minor units; zero for `open`. */
  readonly amount: bigint;
  /** The account that gives. For `open`: `world`, where this entry opens the currency too. */
  readonly debit: Leg | undefined;
  /** The account that receives, or that is opened. */
  readonly credit: Leg | undefined;
  readonly firstName: string;
  readonly lastName: string;
  /** Overdraft limit that an `open` sets, minor units; zero otherwise. */
  readonly limit: bigint;
  readonly memo: string;
  readonly reference: string;
  readonly valueDate: string;
  readonly key: string;
}
