import type { AccountId } from './account-id.js';
import type { HoldChange } from './hold.js';

const TYPES = [
  'open',
  'deposit',
  'withdraw',
  'transfer',
  'hold',
  'capture',
  'release',
  'reverse',
  'freeze',
  'unfreeze',
  'close',
  'reopen',
  'rename',
  'limit',
  'order',
  'end-order',
] as const;
/** The kinds of journal entries, in the field's words. */
export type EntryType = (typeof TYPES)[number];
export const ENTRY_TYPES: readonly string[] = TYPES;

/** One side of an entry: the account, its own running number, and its balance afterwards. */
export interface Leg {
  readonly account: AccountId;
  readonly seq: number;
  /** Minor units. */
  readonly balance: bigint;
}

/** What a frozen account refuses: to give, or also to receive. */
export type Frozen = 'debits' | 'all';

/** What most entries do not say. */
export interface EntryDetails {
  /** What a program keeps with the entry: a JSON object as `JSON.stringify` spells it. */
  readonly meta?: string;
  /** A transfer of at most this much, minor units: what was there was moved. */
  readonly upTo?: bigint;
  /** What was asked for, where the entry does not tell it and the request has a key: asked again, it must be the same. */
  readonly asked?: string;
  /** The hold that the entry places, uses or ends. */
  readonly hold?: HoldChange;
  /** Number of the entry that this one takes back. */
  readonly reverses?: number;
  /** What a `freeze` refuses from now on. */
  readonly freeze?: Frozen;
  /** What a `limit` allows from now on, at once and in a day, minor units; `undefined`: any amount. */
  readonly limit?: { readonly transfer: bigint | undefined; readonly day: bigint | undefined };
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
  /** Minor units; zero where no money moves. */
  readonly amount: bigint;
  /** The account that gives. For `open`: `world`, where this entry opens the currency too. */
  readonly debit: Leg | undefined;
  /** The account that receives, that is opened, or that changes alone. */
  readonly credit: Leg | undefined;
  /** The names that an `open` or a `rename` gives. */
  readonly firstName: string;
  readonly lastName: string;
  /** Overdraft limit that an `open` or a `limit` sets, minor units; zero otherwise. */
  readonly limit: bigint;
  readonly memo: string;
  readonly reference: string;
  readonly valueDate: string;
  readonly key: string;
  readonly details: EntryDetails | undefined;
}

/** Whether entries of this type set names, so that lists and searches must know of them. */
export function setsNames(type: EntryType): boolean {
  return type === 'open' || type === 'rename';
}

/** Whether entries of this type set the overdraft limit. */
export function setsLimit(type: EntryType): boolean {
  return type === 'open' || type === 'limit';
}
