import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import {
  BANK,
  balances,
  declareDamage,
  documents,
  drovebank,
  leaveUnverified,
  PROGRAM,
  runHere,
  temporaryBank,
  temporaryFolder,
} from './run-cli.js';

type Case = readonly [args: readonly string[], code: string, exitCode: number, says: RegExp];

/** Each command line is refused as the table says, tells what to do next, and changes nothing. */
async function expectRefusals(cases: readonly Case[]): Promise<void> {
  const folder = await temporaryBank();
  const before = await balances(folder);
  for (const [args, code, exitCode, says] of cases) {
    const ran = await runHere(folder, [...args, '--json']);
    const label = `${args.join(' ')}: ${ran.stderr}`;
    expect(ran.code, label).toBe(exitCode);
    expect(ran.stdout, label).toBe('');
    const [error] = documents(ran.stderr);
    expect(error, label).toMatchObject({ v: 1, kind: 'error', code, committed: false });
    expect(error?.message, label).toMatch(says);
    expect(error?.hint, label).toMatch(/\w/);
  }
  expect(await balances(folder)).toEqual(before);
}

describe('values that are none', () => {
  it('amounts', () =>
    expectRefusals([
      [['deposit', 'a10017', '1e3'], 'INVALID_AMOUNT', 2, /"1e3" is no decimal number/],
      [['deposit', 'a10017', '-5'], 'INVALID_AMOUNT', 2, /"-5" is below zero/],
      [['deposit', 'a10017', '1.005'], 'INVALID_AMOUNT', 2, /3 decimals; USD has 2/],
      [['deposit', 'a10017', ''], 'INVALID_AMOUNT', 2, /is empty/],
      [['deposit', 'a10017', `1${'0'.repeat(40)}`], 'INVALID_AMOUNT', 2, /more than 18 digits/],
      [['deposit', 'a10017', '0'], 'INVALID_AMOUNT', 2, /zero/],
      [['deposit', 'a10017', '1,50'], 'INVALID_AMOUNT', 2, /comma/],
    ]));

  it('account ids', () =>
    expectRefusals([
      [['deposit', '../x', '1'], 'INVALID_ID', 2, /"\.\.\/x" may have letters/],
      [['deposit', 'x'.repeat(65), '1'], 'INVALID_ID', 2, /65 characters; at most 64/],
      [['deposit', 'a10018', '1'], 'INVALID_ID', 2, /wrong check digit/],
      [['deposit', '', '1'], 'INVALID_ID', 2, /is empty/],
      [['deposit', 'world-usd', '1'], 'INVALID_ID', 2, /the bank's own/],
      [['open', 'A', 'B', '--id', 'world-x'], 'INVALID_ID', 2, /reserved/],
      [['open', 'A', 'B', '--id', 'a10041'], 'INVALID_ID', 2, /gives out itself/],
    ]));

  it('names with control or direction characters', () =>
    expectRefusals([
      [['open', 'Ada\u001b[31m', 'L'], 'INVALID_TEXT', 2, /first name .*U\+001B/],
      [['open', 'Ada', 'L\u202e'], 'INVALID_TEXT', 2, /last name .*U\+202E/],
      [['open', '', 'L'], 'INVALID_TEXT', 2, /first name is empty/],
      [['deposit', 'a10017', '1', '--key', ''], 'INVALID_TEXT', 2, /key is empty/],
      [['open', 'A'.repeat(101), 'L'], 'INVALID_TEXT', 2, /101 characters; at most 100/],
      [['deposit', 'a10017', '1', '--memo', 'a\nb'], 'INVALID_TEXT', 2, /memo .*U\+000A/],
    ]));

  it('currencies and days', () =>
    expectRefusals([
      [['open', 'A', 'B', '--currency', 'XXQ'], 'INVALID_CURRENCY', 2, /XXQ/],
      [['open', 'A', 'B', '--currency', 'dollar'], 'INVALID_CURRENCY', 2, /"dollar"/],
      [['deposit', 'a10017', '1', '--value-date', '2026-02-30'], 'INVALID_TIME', 2, /2026-02-30/],
      [['history', 'a10017', '--from', 'yesterday'], 'INVALID_TIME', 2, /yesterday/],
    ]));
});

describe('requests that a rule refuses', () => {
  it('unknown accounts, the same account twice, other currencies, too little money', () =>
    expectRefusals([
      [['deposit', 'nobody', '1'], 'ACCOUNT_NOT_FOUND', 3, /no account nobody/],
      [['balance', 'nobody'], 'ACCOUNT_NOT_FOUND', 3, /no account nobody/],
      [['transfer', 'a10017', 'a10017', '1'], 'SAME_ACCOUNT', 5, /both sides/],
      [['transfer', 'a10017', 'euro', '1'], 'CURRENCY_MISMATCH', 5, /in USD, euro in EUR/],
      [['withdraw', 'a10017', '100.01'], 'INSUFFICIENT_FUNDS', 5, /100\.00 USD available; 100\.01/],
      [
        ['deposit', 'a10017', '9999999999999999.99'],
        'LIMIT_EXCEEDED',
        5,
        /has -?100\.00 USD; changed by -?9999999999999999\.99 USD it would have more than 18 digits/,
      ],
      [['transfer', 'a10025', 'a10017', '1'], 'INSUFFICIENT_FUNDS', 5, /0\.00 USD available/],
    ]));

  it('a key that was used for another request', async () => {
    const folder = await temporaryBank();
    await runHere(folder, ['deposit', 'a10017', '1', '--key', 'k']);
    const other = await runHere(folder, ['deposit', 'a10017', '2', '--key', 'k']);
    expect(other).toMatchObject({ code: 5, stdout: '' });
    expect(other.stderr).toContain('IDEMPOTENCY_MISMATCH');
  });
});

describe('command lines that make no sense', () => {
  it('are refused with 2 and say what was perhaps meant', () =>
    expectRefusals([
      [
        ['depositt', 'a10017', '1'],
        'USAGE',
        2,
        /unknown command 'depositt'.*Did you mean deposit/i,
      ],
      [['deposit', 'a10017'], 'USAGE', 2, /missing required argument 'amount'/i],
      [['deposit', 'a10017', '1', '2'], 'USAGE', 2, /too many arguments/i],
      [['deposit', 'a10017', '1', '--mem', 'x'], 'USAGE', 2, /--mem'.*Did you mean --memo/i],
      [['list', '--limit', '0'], 'USAGE', 2, /whole number above zero/],
      [['list', '--sort', 'size'], 'USAGE', 2, /one of: id, name/],
      [['balance', 'a10017', '--dir', ''], 'USAGE', 2, /--dir is empty/],
    ]));

  it('an id that is nearly right is only told, never acted on', async () => {
    const folder = await temporaryBank();
    const ran = await runHere(folder, ['deposit', 'a10071', '1']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain('Did you mean a10017?');
    expect((await runHere(folder, ['balance', 'eura'])).stderr).toContain('Did you mean euro?');
  });
});

describe('directories that are no bank for us', () => {
  it('nothing there, or something else', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'other'));
    writeFileSync(join(folder, 'other', 'notes.txt'), 'mine');
    for (const directory of ['absent', 'other']) {
      const ran = await runHere(folder, ['balance', 'a10017', '-d', directory]);
      expect(ran).toMatchObject({ code: 3, stdout: '' });
      expect(ran.stderr).toContain('BANK_NOT_FOUND');
      expect(ran.stderr).toContain('drovebank init');
    }
    const file = join('other', 'notes.txt');
    const ran = await runHere(folder, ['balance', 'a10017', '-d', file]);
    expect(ran.stderr).toMatch(/it is a file\. \(BANK_NOT_FOUND\)\n next: Name the directory/);
    const absent = await runHere(folder, ['list', '-d', "the bank's"]);
    expect(absent.stderr).toContain("`drovebank init --dir 'the bank'\\''s'`, or name");
    const made = await runHere(folder, ['init', '-d', 'other']);
    expect(made.code).toBe(5);
    expect(readFileSync(join(folder, 'other', 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('a bank that lost its bank.json: damaged, not a place for a new one', async () => {
    const folder = await temporaryBank();
    leaveUnverified(folder);
    rmSync(join(folder, BANK, 'bank.json'));
    for (const args of [['balance', 'a10017'], ['deposit', 'a10017', '1'], ['list']]) {
      const ran = await runHere(folder, args);
      expect(ran, ran.stderr).toMatchObject({ code: 7, stdout: '' });
      expect(ran.stderr).toContain('bank.json: it is missing, and the rest of a bank is there');
    }
    await expect(openBank(join(folder, BANK), { create: true })).rejects.toMatchObject({
      code: 'BANK_DAMAGED',
    });
    expect(await runHere(folder, ['init'])).toMatchObject({ code: 5 });
  });

  it('a working directory or a TMPDIR that is gone', () => {
    const folder = temporaryFolder();
    const script = 'mkdir gone; cd gone; rmdir ../gone; exec "$0" "$@"';
    const list = [script, process.execPath, PROGRAM, 'list'];
    const lost = spawnSync('sh', ['-c', ...list], { cwd: folder, encoding: 'utf8' });
    expect(lost.status, lost.stderr).toBe(3);
    expect(lost.stderr).toMatch(/working directory is not there.*BANK_NOT_FOUND/);
    const demo = drovebank(folder, ['demo'], { env: { TMPDIR: join(folder, 'absent') } });
    expect(demo, demo.stderr).toMatchObject({ code: 2, stdout: '' });
    expect(demo.stderr).toContain('next: Set TMPDIR to a folder that may be written.');
  });

  it('a bank of a newer format', async () => {
    const folder = await temporaryBank();
    leaveUnverified(folder);
    const manifest = join(folder, BANK, 'bank.json');
    const text = readFileSync(manifest, 'utf8').replace(/"version": 1/, '"version": 2');
    chmodSync(manifest, 0o600);
    writeFileSync(manifest, text);
    const ran = await runHere(folder, ['deposit', 'a10017', '1']);
    expect(ran).toMatchObject({ code: 8, stdout: '' });
    expect(ran.stderr).toContain('BANK_TOO_NEW');
    expect(ran.stderr).toContain('Update drovebank');
  });

  it('a bank of somebody else', async (context) => {
    const folder = await temporaryBank();
    const nobody = process.getuid?.() === 0 ? 65_534 : undefined;
    if (nobody === undefined) chmodSync(join(folder, BANK, 'accounts'), 0);
    else chmodSync(folder, 0o755);
    const readable = drovebank(folder, ['-V'], nobody === undefined ? {} : { uid: nobody });
    if (readable.code !== 0) context.skip(`another user cannot read ${PROGRAM}`);
    const ran = drovebank(folder, ['balance', 'a10017'], nobody ? { uid: nobody } : {});
    if (nobody === undefined) chmodSync(join(folder, BANK, 'accounts'), 0o700);
    expect(ran, ran.stderr).toMatchObject({ code: 8, stdout: '' });
    expect(ran.stderr).toContain('NO_PERMISSION');
  });

  it('a bank with a damaged page: verify names the file', async () => {
    const folder = await temporaryBank();
    leaveUnverified(folder);
    const page = join(folder, BANK, 'accounts/f7/74/a10017.csv');
    writeFileSync(page, readFileSync(page, 'utf8').replace('100.00', '900.00'));
    const ran = await runHere(folder, ['verify']);
    expect(ran.code, ran.stderr + ran.stdout).toBe(7);
    expect(ran.stderr + ran.stdout).toContain('accounts/f7/74/a10017.csv');
    expect(ran.stderr).toContain('Run drovebank-recover: it');
    const named = await runHere(folder, ['verify', '-d', BANK]);
    expect(named.stderr).toContain(`Run drovebank-recover --dir ${BANK}; it`);
    const elsewhere = await runHere(temporaryFolder(), ['list', '-d', join(folder, BANK)]);
    expect(elsewhere.stderr).toContain(`Run drovebank-recover --dir ${join(folder, BANK)}; it`);
  });

  it('--json without a command: a document, as for every mistake', async () => {
    const { code, stdout, stderr } = await runHere(temporaryFolder(), ['--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ kind: 'error', code: 'USAGE' });
  });

  it.each([
    [false, 2],
    [true, 7],
  ])(
    'a report that has no folder (bank damaged: %s) hides nothing that was found',
    async (damaged, code) => {
      const folder = await temporaryBank();
      if (damaged) {
        leaveUnverified(folder);
        const page = join(folder, BANK, 'accounts/f7/74/a10017.csv');
        writeFileSync(page, readFileSync(page, 'utf8').replace('100.00', '900.00'));
      }
      const ran = await runHere(folder, ['verify', '--report', 'no/such/report.json']);
      expect(ran.code, ran.stderr).toBe(code);
      expect(ran.stdout).toMatch(damaged ? /DAMAGED {2}passbooks/ : /ok {7}sums/);
      expect(ran.stderr).toContain('There is no folder for no/such/report.json.');
    },
  );

  it('a bank that was declared damaged: nothing is booked any more', async () => {
    const folder = await temporaryBank();
    leaveUnverified(folder);
    declareDamage(join(folder, BANK));
    for (const args of [['deposit', 'a10017', '1'], ['balance', 'a10017'], ['verify']]) {
      const ran = await runHere(folder, args);
      expect(ran, ran.stderr).toMatchObject({ code: 7, stdout: '' });
      expect(ran.stderr).toContain('drovebank-recover');
    }
  });
});
