import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodePage,
  encodePage,
  encodeRow,
  PAGE_HEADER,
  rowOf,
} from '#lib/format/passbook-page.js';
import { type Account, NO_TERMS } from '#lib/ledger/account.js';
import type { Entry } from '#lib/ledger/entry.js';
import { formatMinor } from '#lib/ledger/money.js';
import { anyLife, digitsOf } from './arbitraries.js';
import { pageOf } from './pages.js';
import { SAMPLE_ENTRIES, SAMPLE_PAGE, SAMPLE_STATES } from './sample.js';

describe('A passbook page', () => {
  it('is these bytes', () => {
    expect(pageOf(SAMPLE_ENTRIES, SAMPLE_STATES)).toBe(SAMPLE_PAGE);
  });

  it('is read back row by row, with the account as it stands', () => {
    const page = decodePage(SAMPLE_PAGE, digitsOf);
    expect(page.account).toEqual(SAMPLE_STATES.at(-1));
    expect(page).toMatchObject({ prev: undefined, check: 'dc5cda4a5236b8dc' });
    expect(page.rows.map(({ direction, amount }) => [direction, amount])).toEqual([
      [undefined, 0n],
      ['in', 10000n],
      ['out', 2500n],
    ]);
    expect(page.rows[2]).toMatchObject({
      ...{ account: 'a10017', seq: 3, type: 'transfer', transfer: 9, counterparty: 'a10025' },
      ...{ balance: 7500n, memo: 'lunch', reference: 'inv-7', key: 'k-77', details: undefined },
      ...{ valueDate: '2026-11-20', firstName: '', status: 'open', check: 'dc5cda4a5236b8dc' },
    });
  });

  it('of the outside shows no limit, and its names are the bank’s', () => {
    const entry = SAMPLE_ENTRIES[0];
    const ada = SAMPLE_STATES[0];
    if (entry?.debit === undefined || ada === undefined) throw new Error('no sample');
    const world = { ...ada, id: entry.debit.account, limit: undefined };
    const named = { ...world, firstName: 'World', lastName: 'USD' };
    const { row } = encodeRow(named, entry, 2, '', { prev: undefined, terms: NO_TERMS });
    expect(row).toMatch(/^world-usd,1,[^,]*,open,1,,,,0.00,0.00,none,USD,open,"World","USD",/);
    expect(decodePage(encodePage([row]), digitsOf).account).toEqual(named);
  });

  it('comes back as it was written, whatever the account went through', () => {
    fc.assert(
      fc.property(anyLife, ({ entries, states }) => {
        const page = decodePage(pageOf(entries, states), digitsOf);
        expect(page.account).toEqual(states.at(-1));
        page.rows.forEach((row, index) => {
          const { memo, reference, valueDate, key, bookedAt, transfer, amount } = entries[
            index
          ] as Entry;
          expect(row).toMatchObject({
            memo,
            reference,
            valueDate,
            key,
            bookedAt,
            transfer,
            amount,
          });
          expect(row.balance).toBe(states[index]?.balance);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('has the rows that the journal’s entries foretell, but for the page’s own cells', () => {
    fc.assert(
      fc.property(anyLife, ({ entries, states }) => {
        decodePage(pageOf(entries, states), digitsOf).rows.forEach((row, index) => {
          const foretold = rowOf(states[index] as Account, entries[index] as Entry);
          const { check, opening, firstName, lastName } = row;
          const own = { check, opening, firstName, lastName };
          expect({ ...foretold, ...own }).toEqual(row);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('can be begun behind any row, and is then as good alone', () => {
    fc.assert(
      fc.property(anyLife, fc.nat(), ({ entries, states }, number) => {
        const at = number % states.length;
        const whole = decodePage(pageOf(entries, states), digitsOf);
        const prev = at === 0 ? '' : (whole.rows[at - 1]?.check ?? '');
        const page = decodePage(pageOf(entries.slice(at), states.slice(at), prev), digitsOf);
        expect(page.account).toEqual(whole.account);
        expect(page.prev).toBe(at === 0 ? undefined : prev);
        expect(page).toMatchObject({ firstSeq: at + 1, count: states.length - at });
        expect(page.rows.map(({ seq }) => seq)).toEqual(whole.rows.slice(at).map(({ seq }) => seq));
      }),
      { numRuns: 200 },
    );
  });

  it('is the same table to other programs', () => {
    fc.assert(
      fc.property(anyLife, ({ entries, states }) => {
        const table: Record<string, string>[] = parse(pageOf(entries, states), { columns: true });
        expect(Object.keys(table[0] ?? {}).join(',')).toBe(PAGE_HEADER);
        expect(table).toHaveLength(entries.length);
        table.forEach((row, index) => {
          const { balance, currency } = states[index] as Account;
          expect(row.balance).toBe(formatMinor(balance, digitsOf(currency) ?? 0));
          expect(row.memo?.replace(/^'/, '')).toBe(entries[index]?.memo);
        });
      }),
      { numRuns: 200 },
    );
  });
});
