import type { DigitsOf } from '../format/passbook-page.js';
import { type Account, availableOf } from '../ledger/account.js';
import { type AccountId, isWorldId, parseAccountId } from '../ledger/account-id.js';
import { assert, BankError, refuseCancelled } from '../ledger/errors.js';
import { toMoney } from '../ledger/money.js';
import { shown } from '../ledger/text.js';
import type { AccountInfo, AccountsOptions, Listing } from './api.js';
import { listing } from './listing.js';

/** What the library tells of an account. `digits` are its currency's. */
export function toAccountInfo(account: Account, digits: number): AccountInfo {
  const { id, firstName, lastName, currency, status, balance, held, limit, seq } = account;
  const money = (minor: bigint) => toMoney(minor, currency, digits);
  const available = availableOf(account);
  return Object.freeze({
    id,
    firstName,
    lastName,
    currency,
    status,
    ledger: money(balance),
    held: money(held),
    available: available === undefined ? undefined : money(available),
    overdraftLimit: limit === undefined ? undefined : money(limit),
    entries: seq,
  });
}

/** Lists accounts: found, sorted, and paged by the id of the last one seen. */
export function listAccounts(
  options: AccountsOptions,
  digitsOf: DigitsOf,
  read: () => Promise<ReadonlyMap<AccountId, Account>>,
): Listing<AccountInfo, string> {
  const after = options.after === undefined ? undefined : parseAccountId(options.after);
  const words = readWords(options.search);
  const compare = orderOf(options.sort);
  async function* items() {
    const all = await read();
    const found = [...all.values()].filter((account) => isWanted(account, options, words));
    found.sort(compare);
    const mark = after === undefined ? undefined : all.get(after);
    for (const account of found) {
      refuseCancelled(options.signal);
      // Behind the mark in this order; a mark that is no account stands where its id would.
      if (mark ? compare(account, mark) <= 0 : after !== undefined && account.id <= after) continue;
      const digits = digitsOf(account.currency);
      assert(digits !== undefined, `${account.currency} has no digits`);
      yield toAccountInfo(account, digits);
    }
  }
  return listing(items, options.limit, (account) => account.id);
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

function isWanted(account: Account, options: AccountsOptions, words: readonly string[]): boolean {
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
