import { describe, expect, it } from 'vitest';
import { documents, runHere, start, succeed, succeedHere, temporaryBank } from './run-cli.js';

/** Rows on a third day, in a bank with some of today. */
async function withRows(): Promise<string> {
  const folder = await temporaryBank();
  await succeedHere(folder, ['withdraw', 'a10017', '30.00', '--memo', 'out']);
  await succeedHere(folder, ['transfer', 'a10017', 'a10025', '20.00', '--memo', 'shared']);
  await succeedHere(folder, ['hold', 'a10017', '5.00']);
  return folder;
}

describe('statement', () => {
  it('has the balance before, the rows, what came and went, and the balance behind', async () => {
    const folder = await withRows();
    const text = await succeedHere(folder, ['statement', 'a10017']);
    expect(text).toMatch(
      /^Statement of a10017, Ada Lovelace\nFrom the beginning, in USD, open\.\n/,
    );
    expect(text).toContain('Balance before: 0.00\n');
    expect(text).toContain('In 100.00, out 50.00.\nBalance after: 50.00 USD\n');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('of a period begins where the one before ended', async () => {
    const folder = await withRows();
    const rows = documents(await succeedHere(folder, ['history', 'a10017', '--json']));
    const from = String(rows[2]?.bookedAt);
    const told = documents(
      await succeedHere(folder, ['statement', 'a10017', '--from', from, '--json']),
    );
    expect(told.at(-1)).toMatchObject({
      kind: 'account.statement',
      opening: '100.00',
      closing: '50.00',
      in: '0.00',
      out: '50.00',
      rows: 3,
    });
    const before = documents(
      await succeedHere(folder, ['statement', 'a10017', '--to', from, '--json']),
    );
    expect(before.at(-1)).toMatchObject({ opening: '0.00', closing: '100.00', rows: 2 });
    // What is booked at the very moment of --to is behind it.
    const first = ['--to', String(rows[0]?.bookedAt), '--json'];
    const none = documents(await succeedHere(folder, ['statement', 'a10017', ...first]));
    expect(none.at(-1)).toMatchObject({ closing: '0.00', rows: 0 });
    const second = [
      '--from',
      String(rows[1]?.bookedAt),
      '--to',
      String(rows[1]?.bookedAt),
      '--json',
    ];
    const empty = documents(await succeedHere(folder, ['statement', 'a10017', ...second]));
    expect(empty.at(-1)).toMatchObject({ opening: '0.00', closing: '0.00', rows: 0 });
  });

  it('of a period without rows tells the balance of then', async () => {
    const folder = await withRows();
    const later = await succeedHere(folder, ['statement', 'a10017', '--from', '2099-01-01']);
    expect(later).toContain('No rows. Balance 50.00 USD.');
    const early = await succeedHere(folder, ['statement', 'a10017', '--to', '2001-01-01']);
    expect(early).toContain('No rows. Balance 0.00 USD.');
    const range = ['--from', '2030-01-01', '--to', '2029-01-01'];
    expect(await runHere(folder, ['statement', 'a10017', ...range])).toMatchObject({ code: 2 });
  });

  it('of a currency without decimals has none', async () => {
    const folder = await temporaryBank();
    await succeedHere(folder, ['open', 'Yu', 'Ki', '--id', 'yen', '--currency', 'JPY']);
    await succeedHere(folder, ['deposit', 'yen', '500']);
    const text = await succeedHere(folder, ['statement', 'yen']);
    expect(text).toContain('In 500, out 0.\nBalance after: 500 JPY');
  });
});

describe('charts', () => {
  it('show the balance at the end of each day, and of each period', async () => {
    const folder = await withRows();
    const today = new Date().toISOString();
    const day = await succeedHere(folder, ['history', 'a10017', '--chart']);
    expect(day).toMatch(new RegExp(`^${today.slice(0, 10)}  50\\.00  █+\n$`));
    const months = await succeedHere(folder, ['totals', '--by', 'month', '--count', '2']);
    expect(months).toContain(`EUR\n${today.slice(0, 7)}  50.00  █`);
    expect(months).toContain(`USD\n${today.slice(0, 7)}  70.00  █`);
    const told = documents(await succeedHere(folder, ['totals', '--by', 'year', '--json']));
    expect(told).toMatchObject([
      { kind: 'bank.period', by: 'year', currency: 'EUR', customers: { amount: '50.00' } },
      { kind: 'bank.period', by: 'year', currency: 'USD', customers: { amount: '70.00' } },
    ]);
    for (const args of [
      ['totals', '--by', 'week'],
      ['totals', '--by', 'month', '--at', '2'],
      ['totals', '--count', '2'],
      ['totals', '--by', 'day', '--count', '367'],
      ['history', 'a10017', '--chart', '--type', 'deposit'],
      ['history', 'a10017', '--chart', '--limit', '1'],
    ]) {
      expect(await runHere(folder, args), args.join(' ')).toMatchObject({ code: 2, stdout: '' });
    }
    const plain = await succeedHere(folder, ['totals', '--by', 'month', '--count', '1', '--plain']);
    expect(plain).toBe(`EUR\t${today.slice(0, 7)}\t50.00\nUSD\t${today.slice(0, 7)}\t70.00\n`);
  });
});

describe('config', () => {
  it('tells what holds, and where it comes from', async () => {
    const folder = await temporaryBank();
    const text = succeed(folder, ['config', '--show-origin', '--plain', '--no-color'], {
      env: { DROVEBANK_DIR: 'data/bank', ACCESSIBLE: '1' },
    });
    expect(text).toMatch(/^dir\t.*data\/bank\tenvironment DROVEBANK_DIR\n/);
    expect(text).toContain('color\tnever\tflag --no-color\n');
    expect(text).toContain('accessible\ttrue\tenvironment ACCESSIBLE\n');
    expect(text).toContain('currency\tUSD\tbank.json\n');
    for (const [name, value, shown] of [
      ['FORCE_COLOR', '1', 'always'],
      ['FORCE_COLOR', '0', 'never'],
      ['TERM', 'dumb', 'never'],
      ['NO_COLOR', '1', 'never'],
    ] as const) {
      const env = { TERM: 'xterm', [name]: value };
      const asked = succeed(folder, ['config', '--show-origin', '--plain'], { env });
      expect(asked).toContain(`color\t${shown}\tenvironment ${name}\n`);
    }
    expect(await succeedHere(folder, ['config'])).not.toContain('bank.json');
    const nowhere = await succeedHere(folder, ['config', '--show-origin', '--dir', 'nowhere']);
    expect(nowhere).toMatch(/dir .*nowhere +flag --dir[\s\S]*BANK_NOT_FOUND/);
  });
});

describe('watch', () => {
  it('prints rows as they come, and ends behind so many', async () => {
    const folder = await temporaryBank();
    const child = start(folder, ['watch', 'a10017', '--count', '2', '--json']);
    let seen = '';
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.stdout.on('data', (text) => {
      seen += text;
    });
    for (let row = 0; row < 3 && child.exitCode === null; row++) {
      succeed(folder, ['deposit', 'a10017', '1.00']);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    while (child.exitCode === null) {
      succeed(folder, ['deposit', 'a10017', '1.00']);
    }
    expect(await ended).toBe(0);
    expect(documents(seen)).toMatchObject([
      { kind: 'account.history', type: 'deposit' },
      { kind: 'account.history', type: 'deposit' },
    ]);
  });

  it('of an account that is not there ends at once', async () => {
    const folder = await temporaryBank();
    expect(await runHere(folder, ['watch', 'nobody'])).toMatchObject({ code: 3, stdout: '' });
  });
});
