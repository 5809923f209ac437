import type { Position } from '../format/position.js';
import { type Account, availableOf, withoutOverdue } from '../ledger/account.js';
import { type AccountId, isWorldId, parseAccountId } from '../ledger/account-id.js';
import { assert, BankError, refuseCancelled } from '../ledger/errors.js';
import { toMoney } from '../ledger/money.js';
import { shown } from '../ledger/text.js';
import { LISTED_AT_ONCE_MAX } from '../store/limits.js';
import type { Question, RosterIndex } from '../store/roster-index.js';
import type { BankFiles } from '../store/store.js';
import type { AccountInfo, AccountsOptions, Balance, Listing } from './api.js';
import { listing } from './listing.js';

/** What an account has, as `balance()` gives it. */
export function toBalance(account: Account, digits: number): Omit<Balance, 'asOf'> {
  const { currency, balance, held } = account;
  const money = (minor: bigint) => toMoney(minor, currency, digits);
  const available = availableOf(account);
  return {
    ledger: money(balance),
    held: money(held),
    available: available === undefined ? undefined : money(available),
  };
}

/** What the library tells of an account. `digits` are its currency's. */
export function toAccountInfo(account: Account, digits: number): AccountInfo {
  const { id, firstName, lastName, currency, status, limit, seq, terms } = account;
  const money = (minor: bigint | undefined) =>
    minor === undefined ? undefined : toMoney(minor, currency, digits);
  return Object.freeze({
    id,
    firstName,
    lastName,
    currency,
    status,
    ...toBalance(account, digits),
    overdraftLimit: money(limit),
    transferLimit: money(terms.transferLimit),
    dayLimit: money(terms.dayLimit),
    refuses: status === 'frozen' ? terms.frozen : undefined,
    holds: Object.freeze(
      terms.holds.map(({ id: hold, left, expires }) => ({
        id: hold,
        amount: toMoney(left, currency, digits),
        expiresAt: expires || undefined,
      })),
    ),
    entries: seq,
  });
}

/** Where a list's accounts come from. */
export interface AccountsSource {
  /** Every account, as it stood at one moment. */
  all(): Promise<ReadonlyMap<AccountId, Account>>;
  readonly index: Pick<RosterIndex, 'ids'>;
  /** How far the journal counts. */
  head(): Promise<Position>;
  /** Accounts, as they stand. */
  look(ids: readonly AccountId[]): Promise<Seen>;
}

interface Seen {
  readonly accounts: readonly Account[];
  /** Number of the last entry that they may have in them. */
  readonly moment: number;
}

/** What of all accounts is asked for, in the order of their ids. */
interface Wanted extends Question {
  readonly isWanted: (account: Account) => boolean;
}

/** Looks at a page before it is taken from all accounts instead: others open accounts all the time, it seems. */
const LOOKS_MAX = 12;

/** Lists accounts: found, sorted, and paged by the id of the last one seen. */
export function listAccounts(
  options: AccountsOptions,
  { digitsOf, system }: Pick<BankFiles, 'digitsOf' | 'system'>,
  source: AccountsSource,
): Listing<AccountInfo, string> {
  const after = options.after === undefined ? undefined : parseAccountId(options.after);
  const words = readWords(options.search);
  const compare = orderOf(options.sort);
  const isWanted = (account: Account) => isFound(account, options, words);
  async function* items(count = Number.POSITIVE_INFINITY) {
    // The bytes of half a letter are nowhere in an index.
    const byIndex = compare === byId && words.every((word) => word.isWellFormed());
    const wanted = { behind: after ?? '', words, count, isWanted };
    const found = byIndex ? await firstAccounts(source, wanted) : undefined;
    const now = new Date(system.now()).toISOString();
    for (const account of found ?? (await sorted())) {
      refuseCancelled(options.signal);
      const digits = digitsOf(account.currency);
      assert(digits !== undefined, `${account.currency} has no digits`);
      yield toAccountInfo(withoutOverdue(account, now), digits);
    }
  }
  async function sorted(): Promise<Account[]> {
    const all = await source.all();
    const mark = after === undefined ? undefined : all.get(after);
    // Behind the mark in this order; a mark that is no account stands where its id would.
    const isBehind = (account: Account) =>
      mark ? compare(account, mark) > 0 : after === undefined || account.id > after;
    return [...all.values()]
      .filter((account) => isWanted(account) && isBehind(account))
      .sort(compare);
  }
  return listing(items, options.limit, (account) => account.id);
}

/**
 * The first of those accounts that are wanted, as they stood at one moment; `undefined` where the index does
 * not tell. It is asked until it names, for the moment of the look, those and no others that were looked at.
 */
async function firstAccounts(
  { index, head, look }: AccountsSource,
  { isWanted, ...question }: Wanted,
): Promise<readonly Account[] | undefined> {
  const { count } = question;
  let ids: readonly AccountId[] = [];
  let reach = count;
  for (let looks = 0; looks < LOOKS_MAX && reach <= LISTED_AT_ONCE_MAX + 1; looks++) {
    const { accounts, moment } = await look(ids);
    const named = await index.ids(await head(), moment, { ...question, count: reach });
    if (named === undefined) return undefined;
    // A page may show what came behind the place up to which the journal was followed.
    const isOneMoment = accounts.every(({ transfer }) => transfer <= moment);
    if (isOneMoment && isSame(ids, named)) {
      const found = accounts.filter(isWanted);
      if (found.length >= count || ids.length < reach) return found.slice(0, count);
      reach *= 2; // Some were none of those that are wanted.
    }
    ids = named;
  }
  return undefined;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id, at) => id === other[at]);
}

function readWords(search: unknown = ''): string[] {
  if (typeof search === 'string') return search.toLowerCase().split(/\s+/).filter(Boolean);
  throw new BankError('INVALID_TEXT', 'The search is not a text.', {
    details: { field: 'search' },
  });
}

function orderOf(sort: unknown = 'id'): typeof byId {
  if (sort === 'id') return byId;
  if (sort === 'name') return byName;
  throw new BankError('INVALID_TEXT', `The sort ${shown(sort)} is neither "id" nor "name".`, {
    details: { field: 'sort' },
    hint: 'Give "id" or "name".',
  });
}

function isFound(account: Account, options: AccountsOptions, words: readonly string[]): boolean {
  if (isWorldId(account.id) && options.world !== true) return false;
  if (words.length === 0) return true;
  const text = `${account.id} ${account.firstName} ${account.lastName}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function byId(a: Account, b: Account): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function byName(a: Account, b: Account): number {
  return (
    compareText(a.lastName.toLowerCase(), b.lastName.toLowerCase()) ||
    compareText(a.firstName.toLowerCase(), b.firstName.toLowerCase()) ||
    byId(a, b)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
