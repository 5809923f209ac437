import { type AccountId, parseCustomerId } from './account-id.js';
import { BankError } from './errors.js';
import { shown } from './text.js';

declare const branded: unique symbol;
/** A hold's id: its account, a point, and the number of the entry that placed it: `a10017.42`. */
export type HoldId = string & { readonly [branded]: 'HoldId' };

/** Money of an account that is set aside for somebody. */
export interface Hold {
  readonly id: HoldId;
  /** What is left of it, minor units. */
  readonly left: bigint;
  /** From this moment on it counts no more; '' if it has no end. */
  readonly expires: string;
}

/** What an entry does to a hold. */
export interface HoldChange {
  readonly id: HoldId;
  /** What is left of it afterwards, minor units; nothing: it has ended. */
  readonly left: bigint;
  /** Its end, where the entry places it; '' if it has none. */
  readonly expires?: string;
  /** What the entry gives back to the account, where it is more than nothing. */
  readonly released?: bigint;
  /** It ended because its time was over. */
  readonly expired?: boolean;
}

/** Open holds of one account. They stand on each of its pages. */
export const HOLDS_MAX = 100;
/** Longest life of a hold that has an end: about 30 years. */
export const HOLD_SECONDS_MAX = 1_000_000_000;

const HOLD_PATTERN = /^([^.]{1,64})\.([1-9][0-9]{0,15})$/;

/** The id of the hold that entry `transfer` places. */
export function holdId(account: AccountId, transfer: number): HoldId {
  return `${account}.${transfer}` as HoldId;
}

/** The account that a hold's money belongs to. */
export function accountOfHold(id: HoldId): AccountId {
  return id.slice(0, id.indexOf('.')) as AccountId;
}

/** Number of the entry that placed it. */
export function entryOfHold(id: HoldId): number {
  return Number(id.slice(id.indexOf('.') + 1));
}

/** Whether a text in a book has the form of a hold's id. */
export function isHoldId(text: string): text is HoldId {
  return HOLD_PATTERN.test(text);
}

/** Reads the id of a hold that should exist. @throws BankError INVALID_ID */
export function parseHoldId(input: unknown): HoldId {
  const match = typeof input === 'string' ? HOLD_PATTERN.exec(input) : null;
  if (!match || !Number.isSafeInteger(Number(match[2]))) {
    throw new BankError(
      'INVALID_ID',
      `Hold ${shown(input, 90)} is no hold: an account and a number, such as a10017.42.`,
      { details: { hold: shown(input, 90) }, hint: 'Take the id from the answer to the hold.' },
    );
  }
  return holdId(parseCustomerId(match[1]), Number(match[2]));
}

/** The holds after a change to one of them. */
export function holdsAfter(holds: readonly Hold[], change: HoldChange): readonly Hold[] {
  const { id, left, expires } = change;
  if (expires !== undefined) return [...holds, { id, left, expires }];
  if (left === 0n) return holds.filter((hold) => hold.id !== id);
  return holds.map((hold) => (hold.id === id ? { ...hold, left } : hold));
}

/** What is held in all, minor units. */
export function sumHeld(holds: readonly Hold[]): bigint {
  return holds.reduce((sum, { left }) => sum + left, 0n);
}

/** A clock that is further ahead of the last entry than this ends no holds: it may be wrong. */
const CLOCK_AHEAD_MAX_MS = 31 * 86_400_000;

/** Whether a moment is so far behind the last entry that the clock is to be looked at first. */
export function isFarAhead(moment: string, bookedAt: string): boolean {
  return bookedAt !== '' && Date.parse(moment) - Date.parse(bookedAt) > CLOCK_AHEAD_MAX_MS;
}

/** The first of the holds whose time is over at `moment`. */
export function overdueAt(holds: readonly Hold[], moment: string): Hold | undefined {
  return holds.find(({ expires }) => expires !== '' && expires <= moment);
}
