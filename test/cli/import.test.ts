import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { balances, documents, runHere, succeedHere, temporaryBank } from './run-cli.js';

const ACCOUNTS =
  'account,opened,first_name,last_name,currency,overdraft_limit\nc1,2026-01-01,Carl,Orff,USD,0.00\n';
const TRANSACTIONS = `id,date,account,direction,amount
1,2026-01-02,c1,in,5.00
2,2026-01-03,c1,out,2.00
`;

async function folderWith(accounts: string, transactions: string): Promise<string> {
  const folder = await temporaryBank();
  writeFileSync(join(folder, 'accounts.csv'), accounts);
  writeFileSync(join(folder, 'transactions.csv'), transactions);
  return folder;
}

const IMPORT = ['import', 'accounts.csv', 'transactions.csv'];

describe('import', () => {
  it('says what was booked; running it again skips all of it', async () => {
    const folder = await folderWith(ACCOUNTS, TRANSACTIONS);
    expect(await succeedHere(folder, IMPORT)).toBe(
      '1 account: 1 booked, 0 known already and skipped.\n2 transactions: 2 booked, 0 known already and skipped.\n',
    );
    const before = await balances(folder);
    expect(before).toMatchObject({ c1: '3.00 after 3 rows' });
    expect(documents(await succeedHere(folder, [...IMPORT, '--json']))).toMatchObject([
      {
        kind: 'bank.import',
        accounts: { rows: 1, booked: 0, skipped: 1 },
        transactions: { rows: 2, booked: 0, skipped: 2 },
        refused: null,
      },
    ]);
    expect(await balances(folder)).toEqual(before);
  });

  it('stops at the row that a rule refuses, and says what stays', async () => {
    const folder = await folderWith(ACCOUNTS, TRANSACTIONS.replace('out,2.00', 'out,5.01'));
    const ran = await runHere(folder, IMPORT);
    expect(ran.code).toBe(5);
    expect(ran.stdout).toContain('2 transactions: 1 booked, 0 known already and skipped, 1 not');
    expect(ran.stderr).toContain('transactions.csv:3: c1 has 5.00 USD available');
    expect(ran.stderr).toContain('running the import again goes on from there');
  });

  it('refuses a known id with other content', async () => {
    const folder = await folderWith(ACCOUNTS, TRANSACTIONS);
    await succeedHere(folder, IMPORT);
    const before = await balances(folder);
    writeFileSync(join(folder, 'transactions.csv'), TRANSACTIONS.replace('2.00', '2.01'));
    const ran = await runHere(folder, IMPORT);
    expect(ran.code).toBe(5);
    expect(ran.stderr).toMatch(/transactions\.csv:3: .*IDEMPOTENCY_MISMATCH/);
    expect(await balances(folder)).toEqual(before);
  });

  it.each<[string, string, RegExp]>([
    ['a missing column', TRANSACTIONS.replace('amount', 'sum'), /csv:1: .*the column amount/],
    ['a torn last line', TRANSACTIONS.slice(0, -8), /csv:3: .*torn/],
    ['a duplicate id', TRANSACTIONS.replace('\n2,', '\n1,'), /csv:3: .*is there twice/],
  ])('%s: refused with 2 before anything is booked', async (_, transactions, says) => {
    const folder = await folderWith(ACCOUNTS, transactions);
    const before = await balances(folder);
    const ran = await runHere(folder, IMPORT);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(says);
    expect(ran.stderr).toContain('INVALID_FILE');
    expect(ran.stderr).toContain('next: ');
    expect(await balances(folder)).toEqual(before);
  });

  it('checks and books nothing in a dry run', async () => {
    const folder = await folderWith(ACCOUNTS, TRANSACTIONS);
    const before = await balances(folder);
    expect(await succeedHere(folder, [...IMPORT, '--dry-run'])).toContain('Nothing was booked.');
    expect(await balances(folder)).toEqual(before);
  });

  it('never makes a bank', async () => {
    const folder = await folderWith(ACCOUNTS, TRANSACTIONS);
    expect((await runHere(folder, [...IMPORT, '-d', 'elsewhere'])).code).toBe(3);
  });
});
