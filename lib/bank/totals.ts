import type { DigitsOf } from '../format/passbook-page.js';
import type { Account } from '../ledger/account.js';
import { type AccountId, isWorldId } from '../ledger/account-id.js';
import { assert } from '../ledger/errors.js';
import { toMoney } from '../ledger/money.js';
import type { CurrencyTotal } from './api.js';

/** Adds up the accounts of one moment, by currency. */
export function sumTotals(
  accounts: ReadonlyMap<AccountId, Pick<Account, 'id' | 'currency' | 'balance'>>,
  digitsOf: DigitsOf,
  asOf: number,
): CurrencyTotal[] {
  const sums = new Map<string, { accounts: number; customers: bigint; world: bigint }>();
  for (const { id, currency, balance } of accounts.values()) {
    const sum = sums.get(currency) ?? { accounts: 0, customers: 0n, world: 0n };
    sums.set(currency, sum);
    if (isWorldId(id)) {
      sum.world += balance;
    } else {
      sum.accounts++;
      sum.customers += balance;
    }
  }
  return [...sums].sort().map(([currency, sum]) => {
    const digits = digitsOf(currency);
    assert(digits !== undefined, `${currency} has no digits`);
    const money = (minor: bigint) => toMoney(minor, currency, digits);
    return Object.freeze({
      currency,
      accounts: sum.accounts,
      customers: money(sum.customers),
      world: money(sum.world),
      sum: money(sum.customers + sum.world),
      asOf,
    });
  });
}
