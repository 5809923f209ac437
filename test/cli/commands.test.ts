import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pagePath } from '../store/books.js';
import {
  BANK,
  documents,
  leaveUnverified,
  runHere,
  succeedHere,
  temporaryBank,
  temporaryFolder,
} from './run-cli.js';

describe('init', () => {
  it('makes a bank in ./data/bank, and refuses to make it twice', async () => {
    const folder = temporaryFolder();
    expect(await succeedHere(folder, ['init'])).toContain(join(folder, BANK));
    const again = await runHere(folder, ['init']);
    expect(again).toMatchObject({ code: 5, stdout: '' });
    expect(again.stderr).toContain('BANK_EXISTS');
  });

  it('takes the currency of its accounts, and tells it as JSON', async () => {
    const folder = temporaryFolder();
    const [made] = documents(await succeedHere(folder, ['init', '--currency', 'czk', '--json']));
    expect(made).toMatchObject({ v: 1, kind: 'bank.init', currency: 'CZK', shared: false });
    expect(await succeedHere(folder, ['open', 'Jan', 'Hus'])).toContain('in CZK');
  });

  it('makes nothing in a dry run', async () => {
    const folder = temporaryFolder();
    expect(await succeedHere(folder, ['init', '--dry-run'])).toContain('nothing was made');
    expect((await runHere(folder, ['totals'])).code).toBe(3);
  });
});

describe('limit', () => {
  it('says which limits were changed, and to what', async () => {
    const folder = await temporaryBank();
    const limits = ['--overdraft-limit', '50', '--day', 'none'];
    expect(await succeedHere(folder, ['limit', 'a10017', ...limits])).toMatch(
      /^Changed the limits of a10017: overdraft limit 50, day limit none\. Balance 100\.00\. Transfer \d+\.\n$/,
    );
    expect(await succeedHere(folder, ['limit', 'a10017', '--transfer', '9', '--dry-run'])).toMatch(
      /^Would change the limits of a10017: transfer limit 9\. /,
    );
  });
});

describe('open', () => {
  it('says which id the bank gave, and prints it alone with --quiet', async () => {
    const folder = await temporaryBank();
    expect(
      await succeedHere(folder, ['open', 'Grace', 'Hopper', '--overdraft-limit', '50']),
    ).toMatch(
      /^Opened a10033 for Grace Hopper in USD\. Balance 0\.00, overdraft limit 50\.00\. Transfer \d+\.\n$/,
    );
    expect(await succeedHere(folder, ['open', 'Alan', 'Turing', '-q'])).toBe('a10041\n');
  });

  it('gives the account and the receipt as JSON', async () => {
    const folder = await temporaryBank();
    const [opened] = documents(
      await succeedHere(folder, ['open', 'Li', '李', '--id', 'li', '--json']),
    );
    expect(opened).toMatchObject({
      v: 1,
      kind: 'account.open',
      id: 'li',
      lastName: '李',
      ledger: { amount: '0.00', minor: '0', currency: 'USD' },
      replayed: false,
    });
    expect(opened?.key).toMatch(/^cli-[0-9a-f-]{36}$/);
  });
});

describe('moving money', () => {
  it('tells both balances, and the row is in the passbook when the command has ended', async () => {
    const folder = await temporaryBank();
    const said = await succeedHere(folder, ['deposit', 'a10017', '20.00', '--memo', 'birthday']);
    expect(said).toMatch(
      /^Deposited 20\.00 USD to a10017\. Balance 120\.00 \(was 100\.00\)\. Transfer \d+\.\n$/,
    );
    const page = readFileSync(join(folder, BANK, 'accounts/f7/74/a10017.csv'), 'utf8');
    expect(page.split('\n').at(-2)).toContain('"birthday"');
  });

  it('withdraws', async () => {
    const folder = await temporaryBank();
    expect(await succeedHere(folder, ['withdraw', 'a10017', '30'])).toContain(
      'Withdrew 30.00 USD from a10017. Balance 70.00 (was 100.00).',
    );
  });

  it('transfers, in text and as JSON', async () => {
    const folder = await temporaryBank();
    expect(await succeedHere(folder, ['transfer', 'a10017', 'a10025', '25'])).toContain(
      'Transferred 25.00 USD from a10017 to a10025. a10017: 75.00 (was 100.00). a10025: 25.00 (was 0.00).',
    );
    const args = ['transfer', 'a10017', 'a10025', '0.05', '--reference', 'inv-7', '--json'];
    expect(documents(await succeedHere(folder, args))).toMatchObject([
      {
        v: 1,
        kind: 'transfer.receipt',
        type: 'transfer',
        amount: { amount: '0.05', minor: '5', currency: 'USD' },
        from: { id: 'a10017', after: { amount: '74.95' } },
        to: { id: 'a10025', after: { amount: '25.05' } },
        replayed: false,
        dryRun: false,
      },
    ]);
  });

  it('answers the same key with the first receipt and moves nothing again', async () => {
    const folder = await temporaryBank();
    const args = ['deposit', 'a10017', '1.00', '--key', 'k-1'];
    await succeedHere(folder, args);
    expect(await succeedHere(folder, args)).toContain('nothing moved now');
    expect(await succeedHere(folder, ['balance', 'a10017', '--plain'])).toBe('101.00\n');
  });

  it('decides and books nothing in a dry run, before or behind the command', async () => {
    const folder = await temporaryBank();
    expect(await succeedHere(folder, ['--dry-run', 'deposit', 'a10017', '1.00'])).toContain(
      'Would deposit',
    );
    expect((await runHere(folder, ['withdraw', 'a10017', '100.01', '--dry-run'])).code).toBe(5);
    expect(await succeedHere(folder, ['balance', 'a10017', '--plain'])).toBe('100.00\n');
  });

  it('prints nothing with --quiet', async () => {
    const folder = await temporaryBank();
    expect(await runHere(folder, ['deposit', 'a10017', '1', '-q'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});

describe('looking', () => {
  it('balance: for people, for scripts, as JSON', async () => {
    const folder = await temporaryBank();
    expect(await succeedHere(folder, ['balance', 'a10017'])).toBe('100.00 USD\n');
    expect(await succeedHere(folder, ['balance', 'A10017', '--plain'])).toBe('100.00\n');
    expect(documents(await succeedHere(folder, ['--json', 'balance', 'a10017']))).toMatchObject([
      {
        kind: 'account.balance',
        id: 'a10017',
        ledger: { amount: '100.00', minor: '10000', currency: 'USD' },
        held: { amount: '0.00' },
        available: { amount: '100.00' },
      },
    ]);
  });

  it('show: the facts, the path of the passbook and the last rows', async () => {
    const folder = await temporaryBank();
    const text = await succeedHere(folder, ['show', 'a10017']);
    expect(text).toContain('name             Ada Lovelace');
    expect(text).toContain('data/bank/accounts/f7/74/a10017.csv');
    expect(text).toContain('first deposit');
    expect(documents(await succeedHere(folder, ['show', 'a10017', '--json']))).toMatchObject([
      { kind: 'account.show', entries: 2, recent: [{ seq: 1 }, { seq: 2, direction: 'in' }] },
    ]);
  });

  it('history: in order, newest first, from a row on, one JSON document a row', async () => {
    const folder = await temporaryBank();
    await succeedHere(folder, ['withdraw', 'a10017', '5', '--memo', 'lunch']);
    const rows = documents(await succeedHere(folder, ['history', 'a10017', '--json']));
    expect(rows.map(({ kind, seq, type }) => [kind, seq, type])).toEqual([
      ['account.history', 1, 'open'],
      ['account.history', 2, 'deposit'],
      ['account.history', 3, 'withdraw'],
    ]);
    const newest = await runHere(folder, ['history', 'a10017', '--reverse', '--limit', '1']);
    expect(newest.stdout.split('\n')[1]).toMatch(/^ {2}3 .* withdraw +world-usd +-5\.00 +95\.00/);
    expect(newest.stderr).toContain('--after 3');
    const rest = await succeedHere(folder, ['history', 'a10017', '--after', '2', '--plain']);
    expect(rest).toMatch(/^3\t\d{4}-\d\d-\d\d\twithdraw\tworld-usd\t-5\.00\t95\.00\tlunch\n$/);
    expect(await succeedHere(folder, ['history', 'a10017', '--to', '2020-01-01'])).toBe('');
  });

  it('list: all, searched, sorted, paged', async () => {
    const folder = await temporaryBank();
    const ids = async (args: string[]) =>
      documents(await succeedHere(folder, ['list', '--json', ...args])).map(({ id }) => id);
    expect(await ids([])).toEqual(['a10017', 'a10025', 'euro']);
    expect(await ids(['--search', 'LOVE'])).toEqual(['a10017']);
    expect(await ids(['--sort', 'name'])).toEqual(['a10017', 'a10025', 'euro']);
    expect(await ids(['--after', 'a10017', '--limit', '1'])).toEqual(['a10025']);
    expect((await runHere(folder, ['list', '--search', 'nobody'])).stderr).toContain(
      'No account matches',
    );
  });

  it('totals: each currency adds up to zero', async () => {
    const folder = await temporaryBank();
    expect(await succeedHere(folder, ['totals', '--plain'])).toBe(
      'EUR\t1\t50.00\t-50.00\t0.00\nUSD\t2\t100.00\t-100.00\t0.00\n',
    );
    expect(documents(await succeedHere(folder, ['totals', '--json']))).toMatchObject([
      { kind: 'bank.totals', totals: [{ currency: 'EUR' }, { sum: { minor: '0' } }] },
    ]);
  });

  it('verify: names what it looked at', async () => {
    const folder = await temporaryBank();
    const ran = await runHere(folder, ['verify']);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/ok +passbooks: 5 passbooks/);
    expect(documents(await succeedHere(folder, ['verify', '--json']))).toMatchObject([
      { kind: 'bank.verify', ok: true },
    ]);
  });

  it('doctor: tells how the bank is doing', async () => {
    const folder = await temporaryBank();
    const text = await succeedHere(folder, ['doctor']);
    for (const line of [
      /^ok {4}bank: in USD, last entry 5, of 20.*Z$/m,
      /^ok {4}clock: not before the last entry$/m,
      /^ok {4}writer: last was process [0-9]+.*; nobody waits$/m,
      /^ok {4}passbooks: show every entry$/m,
      /^ok {4}disk: .*[0-9.]+ [kMGT]B.* free$/m,
      /^ok {4}growth: about [0-9.]+ kB and [0-9]+ files a day over the last day; the disk lasts ten years or more$/m,
    ])
      expect(text).toMatch(line);
    const [health] = documents(await succeedHere(folder, ['doctor', '--json']));
    expect(health).toMatchObject({
      ...{ v: 1, kind: 'bank.health', answered: { transfer: 5 }, posted: 5, clockBehindMs: 0 },
      growth: { days: 1, entriesPerDay: 5 },
    });
    expect((await succeedHere(folder, ['doctor', '--plain'])).split('\n')[3]).toBe(
      'ok\tpassbooks\tshow every entry',
    );
  });

  it.runIf(process.platform === 'linux')(
    'verify: names what the disk does not give, goes on, and does not call it damage',
    async () => {
      const folder = await temporaryBank();
      leaveUnverified(folder);
      const page = pagePath('', 'a10017');
      const path = join(folder, BANK, page);
      rmSync(path);
      symlinkSync('/proc/self/mem', path); // What no process may read: EIO, as of a failing disk.
      const ran = await runHere(folder, ['verify']);
      expect(ran.code).toBe(1);
      expect(ran.stdout).toMatch(/UNREAD {3}passbooks: 5 passbooks/);
      expect(ran.stdout).toContain(`         ${page}: the disk does not give it (EIO)\n`);
      expect(ran.stdout).toMatch(/ok +files: /);
      expect(ran.stderr).toContain('Copy the bank to another disk');
      expect((await runHere(folder, ['verify', '--plain'])).stdout).toContain('unread\tpassbooks');
      expect(documents((await runHere(folder, ['verify', '--json'])).stdout)).toMatchObject([
        { ok: false, steps: expect.arrayContaining([expect.objectContaining({ name: 'sums' })]) },
      ]);
      // What is damaged besides is worse.
      writeFileSync(join(folder, BANK, pagePath('', 'a10025')), '');
      const both = await runHere(folder, ['verify']);
      expect(both.code).toBe(7);
      expect(both.stdout).toContain('DAMAGED  passbooks');
      expect(both.stderr).toContain('Run drovebank-recover');
    },
  );
});
