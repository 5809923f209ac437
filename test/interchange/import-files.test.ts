import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import { importFiles } from '#lib/interchange/import-files.js';
import { newBank } from '../bank/new-bank.js';

const ACCOUNTS = `account,opened,first_name,last_name,currency,overdraft_limit
c1,2026-01-01,Carl,Orff,USD,0.00
c2,2026-01-02,Clara,Schumann,USD,50.00
`;
const TRANSACTIONS = `id,date,account,direction,amount,bank_balance,description,other_bank,other_account
1,2026-01-03,c1,in,100.00,100.00,cash deposit,,
2,2026-01-04,c2,out,49.99,,rent,AB,778
3,2026-01-05,c1,out,0.01,,,,99
`;

const file = (name: string, text: string) => ({ file: name, bytes: Buffer.from(text) });
/** Balances and row counts, to show what changed. */
async function booksOf(bank: Bank): Promise<Record<string, string>> {
  const books: Record<string, string> = {};
  for await (const { id, ledger, entries } of bank.accounts()) {
    books[id] = `${ledger.amount}, ${entries} rows`;
  }
  return books;
}

const BOTH = [file('accounts.csv', ACCOUNTS), file('transactions.csv', TRANSACTIONS)];

describe('importing', () => {
  it('opens the accounts and books the transactions, with the dates of the files', async () => {
    const bank = await newBank();
    expect(await importFiles(bank, BOTH)).toEqual({
      accounts: { rows: 2, booked: 2, skipped: 0 },
      transactions: { rows: 3, booked: 3, skipped: 0 },
      stopped: undefined,
    });
    expect(await booksOf(bank)).toEqual({ c1: '99.99, 3 rows', c2: '-49.99, 2 rows' });
    const { items } = await bank.history('c2').page();
    expect(items).toMatchObject([
      { type: 'open', valueDate: '2026-01-02', key: 'import:account:c2' },
      {
        type: 'withdraw',
        valueDate: '2026-01-04',
        memo: 'rent',
        reference: 'AB/778',
        key: 'import:transaction:2',
      },
    ]);
    expect((await bank.history('c1').page()).items[2]).toMatchObject({ reference: '99' });
  });

  it('takes the files in any order, and changes nothing when it runs again', async () => {
    const bank = await newBank();
    await importFiles(bank, BOTH.toReversed());
    const before = await booksOf(bank);
    expect(await importFiles(bank, BOTH)).toMatchObject({
      accounts: { booked: 0, skipped: 2 },
      transactions: { booked: 0, skipped: 3 },
    });
    expect(await booksOf(bank)).toEqual(before);
  });

  it('goes on where new rows were added, also with a BOM, CRLF and columns of others', async () => {
    const bank = await newBank();
    await importFiles(bank, BOTH);
    const more = '\ufeffamount,id,account,direction,date,mood\r\n1.00,4,c1,in,2026-01-06,fine\r\n';
    expect(await importFiles(bank, [file('more.csv', more)])).toMatchObject({
      accounts: { rows: 0 },
      transactions: { rows: 1, booked: 1, skipped: 0 },
    });
    expect(await booksOf(bank)).toMatchObject({ c1: '100.99, 4 rows' });
  });

  it('refuses a known id with other content, and names the line', async () => {
    const bank = await newBank();
    await importFiles(bank, BOTH);
    const before = await booksOf(bank);
    const changed = TRANSACTIONS.replace('49.99', '49.98');
    // Before anything is booked: the new row in front of it is not.
    const more = changed.replace('\n1,', '\n9,2026-01-02,c1,in,1.00,,new,,\n1,');
    await expect(importFiles(bank, [file('t.csv', more)])).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
      message: expect.stringMatching(/^t\.csv:4: the id 2 is booked already with other content/),
    });
    const renamed = ACCOUNTS.replace('Orff', 'Off');
    await expect(importFiles(bank, [file('a.csv', renamed)])).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
      message: expect.stringMatching(/^a\.csv:2: the id c1 is booked already/),
    });
    await bank.openAccount({ firstName: 'By', lastName: 'Hand', id: 'c9' });
    const opened = `${ACCOUNTS}c9,2026-01-02,By,Hand,USD,0\n`;
    await expect(importFiles(bank, [file('a.csv', opened)])).rejects.toMatchObject({
      code: 'ACCOUNT_EXISTS',
      message: expect.stringMatching(/^a\.csv:4: there is an account c9 already/),
    });
    expect(await booksOf(bank)).toEqual({ ...before, c9: '0.00, 1 rows' });
  });

  it('stops at the first row that a rule refuses; what was before it stays booked', async () => {
    const bank = await newBank();
    const broke = TRANSACTIONS.replace('out,49.99', 'out,50.01');
    const files = [file('accounts.csv', ACCOUNTS), file('t.csv', broke)];
    expect(await importFiles(bank, files)).toMatchObject({
      accounts: { booked: 2 },
      transactions: { rows: 3, booked: 1, skipped: 0 },
      stopped: { file: 't.csv', line: 3, error: { code: 'INSUFFICIENT_FUNDS' } },
    });
    expect(await booksOf(bank)).toEqual({ c1: '100.00, 2 rows', c2: '0.00, 1 rows' });
    expect(await importFiles(bank, BOTH)).toMatchObject({
      transactions: { booked: 2, skipped: 1 },
      stopped: undefined,
    });
  });

  it('books nothing in a dry run', async () => {
    const bank = await newBank();
    const result = await importFiles(bank, BOTH, { dryRun: true });
    expect(result).toMatchObject({ accounts: { rows: 2, booked: 0 }, stopped: undefined });
    expect(await booksOf(bank)).toEqual({});
    await importFiles(bank, BOTH);
    expect(await importFiles(bank, BOTH, { dryRun: true })).toMatchObject({
      accounts: { rows: 2, booked: 0, skipped: 2 },
      transactions: { rows: 3, booked: 0, skipped: 3 },
    });
  });

  it('stops between two portions when it is cancelled, and goes on from there later', async () => {
    const bank = await newBank();
    const rows = Array.from({ length: 2_500 }, (_, index) => `${index},2026-01-03,c1,in,1.00\n`);
    const many = file('t.csv', `id,date,account,direction,amount\n${rows.join('')}`);
    const files = [file('accounts.csv', ACCOUNTS), many];
    const cancel = new AbortController();
    const onProgress = (done: number) => done > 2 && cancel.abort();
    const result = await importFiles(bank, files, { signal: cancel.signal, onProgress });
    expect(result).toMatchObject({
      transactions: { rows: 2_500, booked: 2_000 },
      stopped: { file: 't.csv', line: 2_002, error: { code: 'CANCELLED' } },
    });
    expect(await importFiles(bank, files)).toMatchObject({
      transactions: { booked: 500, skipped: 2_000 },
    });
    expect(await booksOf(bank)).toMatchObject({ c1: '2500.00, 2501 rows' });
  });

  it('tells how far it has come', async () => {
    const bank = await newBank();
    const told: [number, number][] = [];
    await importFiles(bank, BOTH, { onProgress: (done, all) => told.push([done, all]) });
    expect(told.at(-1)).toEqual([5, 5]);
  });
});

describe('a file that is not in order', () => {
  const row = (text: string) => TRANSACTIONS.replace(/^3,.*$/m, text);
  it.each<[string, string, RegExp]>([
    ['empty', '', /t\.csv: the file is empty/],
    ['no header of ours', 'a,b\n1,2\n', /t\.csv:1: the header has neither/],
    [
      'a missing column',
      TRANSACTIONS.replace(',amount,', ',sum,'),
      /t\.csv:1: a file of transactions needs the column amount/,
    ],
    ['a column twice', TRANSACTIONS.replace('bank_balance', 'amount'), /amount is there twice/],
    ['a torn last line', TRANSACTIONS.slice(0, -12), /t\.csv:4: .*torn/],
    ['a last line without its break', TRANSACTIONS.slice(0, -1), /t\.csv:4: .*may be torn/],
    ['an open quote', row('3,2026-01-05,c1,out,0.01,,"x,,'), /t\.csv:4: .*Quote/],
    ['a duplicate id', row('1,2026-01-05,c1,out,0.01,,,,'), /t\.csv:4: .*twice; first in t\.csv:2/],
    ['an empty id', row(',2026-01-05,c1,out,0.01,,,,'), /t\.csv:4: The id is empty/],
    ['a wrong amount', row('3,2026-01-05,c1,out,1e3,,,,'), /t\.csv:4: amount "1e3"/],
    ['too many decimals', row('3,2026-01-05,c1,out,0.015,,,,'), /t\.csv:4: .*USD has 2/],
    ['a sign', row('3,2026-01-05,c1,out,-1.00,,,,'), /t\.csv:4: .*below zero/],
    ['a day that is none', row('3,2026-02-30,c1,out,0.01,,,,'), /t\.csv:4: .*2026-02-30/],
    ['no day', row('3,,c1,out,0.01,,,,'), /t\.csv:4: The date "" is no day/],
    ['another direction', row('3,2026-01-05,c1,up,0.01,,,,'), /t\.csv:4: .*"up" is neither/],
    ['an unknown account', row('3,2026-01-05,c9,out,0.01,,,,'), /t\.csv:4: .*no account c9/],
    ['an id of the bank', row('3,2026-01-05,world-usd,out,0.01,,,,'), /t\.csv:4: .*own/],
    ['a control character', row('3,2026-01-05,c1,out,0.01,,a\u0007b,,'), /t\.csv:4: .*U\+0007/],
  ])('%s: nothing is booked', async (_, text, says) => {
    const bank = await newBank();
    const files = [file('accounts.csv', ACCOUNTS), file('t.csv', text)];
    await expect(importFiles(bank, files)).rejects.toMatchObject({
      code: 'INVALID_FILE',
      message: expect.stringMatching(says),
    });
    expect(await booksOf(bank)).toEqual({});
  });

  it.each<[string, string, RegExp]>([
    ['a given id', ACCOUNTS.replace('c1', 'a10017'), /a\.csv:2: .*gives out itself/],
    ['a currency that is none', ACCOUNTS.replace('USD', 'XXQ'), /a\.csv:2: XXQ is no active/],
    ['no currency', ACCOUNTS.replace('USD', ''), /a\.csv:2: "" is no currency/],
    ['a limit with decimals', ACCOUNTS.replace('50.00', '50.005'), /a\.csv:3: .*USD has 2/],
    ['the same id twice', ACCOUNTS.replace('c2', 'C1'), /a\.csv:3: .*c1 is there twice/],
    ['no name', ACCOUNTS.replace('Carl', ''), /a\.csv:2: The first name is empty/],
  ])('accounts with %s', async (_, text, says) => {
    const bank = await newBank();
    await expect(importFiles(bank, [file('a.csv', text)])).rejects.toMatchObject({
      code: 'INVALID_FILE',
      message: expect.stringMatching(says),
    });
    expect(await booksOf(bank)).toEqual({});
  });

  it('tells every problem at once', async () => {
    const bank = await newBank();
    const text = TRANSACTIONS.replace('in,100.00', 'in,x').replace('out,0.01', 'out,y');
    const files = [file('accounts.csv', ACCOUNTS), file('t.csv', text)];
    await expect(importFiles(bank, files)).rejects.toMatchObject({
      message: expect.stringContaining('2 rows cannot be booked'),
      details: {
        count: 2,
        problems: [expect.stringMatching(/^t\.csv:2: /), expect.stringMatching(/^t\.csv:4: /)],
      },
    });
  });

  it('bytes that are no UTF-8', async () => {
    const bank = await newBank();
    const bytes = Buffer.from(ACCOUNTS.replace('Clara', 'Zoë'), 'latin1');
    await expect(importFiles(bank, [{ file: 'a.csv', bytes }])).rejects.toMatchObject({
      code: 'INVALID_FILE',
      message: 'a.csv: it is not UTF-8 text.',
    });
  });
});

describe('the example: 1,201 accounts and 47,527 real transactions', () => {
  // While somebody works the demo's own test books it once.
  it.runIf(process.env.CI)(
    'gives exactly the expected balances, and a second run changes nothing',
    async () => {
      const example = (name: string) =>
        readFileSync(new URL(`../../data/example/${name}`, import.meta.url));
      const files = ['accounts.csv', 'transactions.csv'].map((name) => ({
        file: name,
        bytes: example(name),
      }));
      const expected = Object.fromEntries(
        example('expected-balances.csv')
          .toString('utf8')
          .split('\n')
          .slice(1, -1)
          .map((line) => line.split(',')),
      );
      const bank = await newBank({ currency: 'CZK' });
      const balances = async () => {
        const found: Record<string, string> = {};
        for await (const { id, ledger } of bank.accounts()) found[id] = ledger.amount;
        return found;
      };
      expect(await importFiles(bank, files)).toEqual({
        accounts: { rows: 1_201, booked: 1_201, skipped: 0 },
        transactions: { rows: 47_527, booked: 47_527, skipped: 0 },
        stopped: undefined,
      });
      expect(await balances()).toEqual(expected);
      const [before] = await bank.totals();
      expect(before).toMatchObject({ customers: { amount: '38221177.70' }, sum: { minor: 0n } });
      expect(await importFiles(bank, files)).toMatchObject({
        accounts: { booked: 0, skipped: 1_201 },
        transactions: { booked: 0, skipped: 47_527 },
      });
      expect(await bank.totals()).toEqual([before]);
    },
  );
});
