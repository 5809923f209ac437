import { expect, it } from 'vitest';
import { standardDigits } from '#lib/format/manifest.js';
import { encodePage, encodeRow, summarizePage } from '#lib/format/passbook-page.js';
import { type Account, afterEntry } from '#lib/ledger/account.js';
import type { AccountId } from '#lib/ledger/account-id.js';
import type { Entry } from '#lib/ledger/entry.js';
import { garbageCollector } from '../machine/garbage.js';

const DIGITS = standardDigits();
const digitsOf = (currency: string) => DIGITS[currency];

/** A page of 64 rows, the first of which opens the account. */
function pageOf(id: AccountId): string {
  const rows: string[] = [];
  let account: Account | undefined;
  let check = '';
  for (let seq = 1; seq <= 64; seq++) {
    const entry: Entry = {
      ...{ type: seq === 1 ? 'open' : 'deposit', transfer: seq, currency: 'USD' },
      bookedAt: `2026-11-20T09:05:40.${100 + seq}Z`,
      amount: seq === 1 ? 0n : 1n,
      debit: undefined,
      credit: { account: id, seq, balance: BigInt(seq - 1) },
      limit: 0n,
      firstName: seq === 1 ? 'Maximiliane Wilhelmina' : '',
      lastName: seq === 1 ? `von Hohenlohe-${id}` : '',
      ...{ memo: 'm'.repeat(60), reference: '', valueDate: '', key: '', details: undefined },
    };
    account = afterEntry(account, entry, id);
    const opening = seq === 1 ? { prev: undefined, terms: account.terms } : undefined;
    const encoded = encodeRow(account, entry, 2, check, opening);
    check = encoded.check;
    rows.push(encoded.row);
  }
  return encodePage(rows);
}

it('An account that was read from a page does not keep the page in memory', () => {
  const collect = garbageCollector();
  const bytes = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const ids = Array.from({ length: 500 }, (_, at) => `member-number-${at}` as AccountId);
  const before = bytes();
  const accounts = ids.map((id) => summarizePage(pageOf(id), digitsOf).account);
  const each = (bytes() - before) / accounts.length;
  expect(accounts.at(-1)?.lastName).toBe('von Hohenlohe-member-number-499');
  expect(pageOf(ids[0] as AccountId).length).toBeGreaterThan(8_000);
  expect(each).toBeLessThan(2_000);
});
