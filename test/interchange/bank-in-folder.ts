import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import { openBank } from '#lib/bank/open-bank.js';

const banks: Bank[] = [];

/** A new bank in a folder of its own; verified and removed behind the test. */
export async function newBank(currency = 'USD'): Promise<Bank> {
  const folder = mkdtempSync(join(tmpdir(), 'drovebank-interchange-'));
  const bank = await openBank(join(folder, 'bank'), { create: true, currency });
  banks.push(bank);
  return bank;
}

/** Balances and row counts, to show what changed. */
export async function booksOf(bank: Bank): Promise<Record<string, string>> {
  const books: Record<string, string> = {};
  for await (const { id, ledger, entries } of bank.accounts()) {
    books[id] = `${ledger.amount}, ${entries} rows`;
  }
  return books;
}

afterEach(async () => {
  for (const bank of banks.splice(0)) {
    const { ok, steps } = await bank.verify();
    await bank.close();
    rmSync(join(bank.directory, '..'), { recursive: true, force: true });
    expect(ok, JSON.stringify(steps)).toBe(true);
  }
});
