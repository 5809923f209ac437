import type { AccountInfo, Balance, CurrencyTotal, EntryInfo, HistoryEntry } from '../bank/api.js';
import type { StandingOrder } from '../bank/orders.js';
import type { Money } from '../ledger/money.js';
import type { ChangeReceipt, HoldReceipt, Receipt, ReceiptSide } from '../ledger/receipt.js';

/**
 * The library's facts as `--json` shows them: the same names, money with its minor units as text,
 * because a JSON number cannot hold them. What there is none of is `null`.
 */
export function moneyJson(money: Money) {
  return { amount: money.amount, minor: `${money.minor}`, currency: money.currency };
}

function optionalMoney(money: Money | undefined) {
  return money === undefined ? null : moneyJson(money);
}

function sideJson(side: ReceiptSide) {
  const { id, seq, before, after } = side;
  return { id, seq, before: moneyJson(before), after: moneyJson(after) };
}

export function receiptJson(receipt: Receipt) {
  const { transfer, bookedAt, amount, from, to, replayed } = receipt;
  return {
    transfer,
    bookedAt,
    amount: moneyJson(amount),
    from: sideJson(from),
    to: sideJson(to),
    replayed,
  };
}

export function changeJson(receipt: ChangeReceipt) {
  const { transfer, bookedAt, type, account, amount, replayed } = receipt;
  const { id, seq, ledger } = account;
  return {
    transfer,
    bookedAt,
    type,
    account: { id, seq, ledger: moneyJson(ledger) },
    amount: moneyJson(amount),
    replayed,
  };
}

export function holdJson(receipt: HoldReceipt) {
  const { hold, expiresAt } = receipt;
  return { hold, ...changeJson(receipt), expiresAt: expiresAt ?? null };
}

export function accountJson(account: AccountInfo) {
  const { id, firstName, lastName, currency, status, ledger, held, entries } = account;
  return {
    id,
    firstName,
    lastName,
    currency,
    status,
    ledger: moneyJson(ledger),
    held: moneyJson(held),
    available: optionalMoney(account.available),
    overdraftLimit: optionalMoney(account.overdraftLimit),
    transferLimit: optionalMoney(account.transferLimit),
    dayLimit: optionalMoney(account.dayLimit),
    refuses: account.refuses ?? null,
    holds: account.holds.map(({ id: hold, amount, expiresAt }) => ({
      id: hold,
      amount: moneyJson(amount),
      expiresAt: expiresAt ?? null,
    })),
    entries,
  };
}

export function balanceJson(balance: Balance) {
  const { ledger, held, available, asOf } = balance;
  return {
    ledger: moneyJson(ledger),
    held: moneyJson(held),
    available: optionalMoney(available),
    asOf,
  };
}

export function entryJson(entry: HistoryEntry) {
  const { account, seq, bookedAt, type, transfer, counterparty, direction } = entry;
  const { amount, balance, held, memo, reference, valueDate, key, details } = entry;
  return {
    account,
    seq,
    bookedAt,
    type,
    transfer,
    counterparty,
    direction: direction ?? null,
    amount: moneyJson(amount),
    balance: moneyJson(balance),
    held: moneyJson(held),
    memo,
    reference,
    valueDate,
    key,
    details,
  };
}

export function entryInfoJson(entry: EntryInfo) {
  const { amount, from, to, ...rest } = entry;
  return { ...rest, amount: moneyJson(amount), from: from ?? null, to: to ?? null };
}

export function orderJson({ amount, end, next, ...rest }: StandingOrder) {
  return { ...rest, amount: moneyJson(amount), end: end ?? null, next: next ?? null };
}

export function totalJson(total: CurrencyTotal) {
  const { currency, accounts, customers, world, sum, asOf } = total;
  return {
    currency,
    accounts,
    customers: moneyJson(customers),
    world: moneyJson(world),
    sum: moneyJson(sum),
    asOf,
  };
}
