import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf, UsageError } from '#lib/cli/exit-codes.js';
import { editDistance } from '#lib/cli/nearest-account.js';
import { alignTo, cutTo, showable, widthOf, wrapTo } from '#lib/cli/terminal-text.js';
import { BANK_ERROR_CODES, BankError } from '#lib/ledger/errors.js';
import {
  documents,
  leaveUnread,
  onFullDisk,
  runHere,
  start,
  succeedHere,
  temporaryBank,
} from './run-cli.js';

describe('text in a terminal', () => {
  it.each([
    ['abc', 3],
    ['李小龙', 6],
    ['e\u0301', 1],
    ['ｗｉｄｅ', 8],
    ['👩‍👩‍👧', 2],
    ['한글', 4],
    ['Weiß', 4],
  ])('%s takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width);
    expect(widthOf(alignTo(text, 12, 'right'))).toBe(12);
  });

  it('is cut between characters, never through one', () => {
    expect(cutTo('abcdef', 4)).toBe('abc…');
    expect(cutTo('李小龙', 4)).toBe('李…');
    expect(cutTo('abcd', 4)).toBe('abcd');
  });

  it('is wrapped between words; a word that is wider is left whole', () => {
    expect(wrapTo('no more than fits', 17)).toEqual(['no more than fits']);
    expect(wrapTo('no more than fits', 16)).toEqual(['no more than', 'fits']);
    expect(wrapTo('李李 李李 李', 5)).toEqual(['李李', '李李', '李']);
    expect(wrapTo('(INSUFFICIENT_FUNDS) a b', 8)).toEqual(['(INSUFFICIENT_FUNDS)', 'a b']);
  });

  it('never brings an escape, a line break or a change of direction along', () => {
    expect(showable('a\u001b[31mb\nc\u202ed\u009b')).toBe('a\ufffd[31mb\ufffdc\ufffdd\ufffd');
  });
});

describe('exit codes', () => {
  it('each error has one between 1 and 9, or 130', () => {
    for (const code of BANK_ERROR_CODES) {
      const exitCode = exitCodeOf(new BankError(code, ''));
      expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 130], code).toContain(exitCode);
    }
    expect(exitCodeOf(new UsageError(''))).toBe(EXIT.usage);
    expect(exitCodeOf(new TypeError(''))).toBe(EXIT.unexpected);
  });
});

describe('suggestions', () => {
  it.each([
    ['a10017', 'a10017', 0],
    ['a10071', 'a10017', 1],
    ['a1017', 'a10017', 1],
    ['b10018', 'a10017', 2],
    ['', 'abc', 3],
  ])('from %s to %s it is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });
});

describe('standard output and standard error', () => {
  it('tables line up, money to the right, and fit 80 columns', async () => {
    const folder = await temporaryBank();
    await succeedHere(folder, [
      'open',
      '李'.repeat(30),
      'Long name '.repeat(5),
      '--id',
      'x'.repeat(64),
    ]);
    await succeedHere(folder, [
      'deposit',
      'x'.repeat(64),
      '1234567890123456.78',
      '--memo',
      'm'.repeat(200),
    ]);
    for (const args of [['list'], ['history', 'x'.repeat(64)], ['totals']]) {
      const lines = (await succeedHere(folder, args, { env: { COLUMNS: '80' } })).split('\n');
      for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(80);
    }
    const short = await succeedHere(folder, ['list', '--limit', '2'], { env: { COLUMNS: '80' } });
    expect(short).toBe(
      [
        'account  name          balance  cur  status',
        'a10017   Ada Lovelace   100.00  USD  open',
        'a10025   Bob Smith        0.00  USD  open',
        '',
      ].join('\n'),
    );
  });

  it('shows a text whole in a line of its own, where the others leave no room beside them', async () => {
    const folder = await temporaryBank();
    const memo = 'a memo with more letters than twelve, and room for all of them';
    await succeedHere(folder, ['deposit', 'a10017', '123456789012.00', '--memo', memo]);
    await succeedHere(folder, ['deposit', 'a10017', '1.00']);
    const env = { COLUMNS: '60' };
    const told = await succeedHere(folder, ['history', 'a10017'], { env });
    expect(told).toContain(`\n    a memo with more letters than twelve, and room for all …\n`);
    expect(told).not.toContain('\n\n');
    for (const line of told.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(60);
  });

  it('has no colour in a pipe; FORCE_COLOR brings it, NO_COLOR and --no-color win', async () => {
    const folder = await temporaryBank();
    const colour = '\u001b[';
    const list = (args: string[], env: Record<string, string>) =>
      succeedHere(folder, ['list', ...args], { env });
    expect(await list([], {})).not.toContain(colour);
    expect(await list([], { FORCE_COLOR: '1' })).toContain(colour);
    expect(await list([], { FORCE_COLOR: '1', NO_COLOR: '1' })).not.toContain(colour);
    expect(await list(['--no-color'], { FORCE_COLOR: '1' })).not.toContain(colour);
  });

  it('an escape that was typed never reaches the terminal', async () => {
    const folder = await temporaryBank();
    const ran = await runHere(folder, ['balance', '\u009b31mred\u001b[0m']);
    expect(ran.code).toBe(2);
    for (const control of ['\u001b', '\u009b']) expect(ran.stderr).not.toContain(control);
    const usage = await runHere(folder, ['\u001b[31mred']);
    expect(usage.code).toBe(2);
    expect(usage.stderr).not.toContain('\u001b');
  });

  it('is quiet when its reader leaves (| head -1)', async () => {
    const folder = await temporaryBank();
    for (let row = 0; row < 3; row++) await succeedHere(folder, ['deposit', 'a10017', '1']);
    for (const args of [['history', 'a10017', '--json'], ['-V'], ['help'], ['list', '--help']]) {
      const ran = await leaveUnread(start(folder, args));
      expect({ args, ...ran }).toEqual({ args, code: 0, stderr: '' });
    }
  });

  it.skipIf(!existsSync('/dev/full'))('says when its answer did not fit on the disk', async () => {
    const folder = await temporaryBank();
    const looks = ['list', 'balance a10017', 'deposit a10017 1.00 --dry-run'];
    for (const command of [...looks, '--help', '-V', 'help list', 'list --help']) {
      const ran = onFullDisk(folder, command.split(' '));
      expect(ran, command).toMatchObject({ code: 8 });
      expect(ran.stderr, command).toContain('DISK_FULL');
    }
    const deposit = onFullDisk(folder, ['deposit', 'a10017', '1.00']);
    expect(deposit).toMatchObject({ code: 0 });
    expect(deposit.stderr).toMatch(/warning: The command did its work; its answer was lost/);
    expect(await succeedHere(folder, ['balance', 'a10017', '--plain'])).toBe('101.00\n');
  });

  it('an id is told as the bank writes it, and an empty list says why', async () => {
    const folder = await temporaryBank();
    const [balance] = documents(await succeedHere(folder, ['balance', 'A10017', '--json']));
    expect(balance).toMatchObject({ kind: 'account.balance', id: 'a10017' });
    expect((await runHere(folder, ['list', '--after', 'zzz'])).stderr).toBe(
      'No account behind zzz.\n',
    );
    expect((await runHere(folder, ['list', '--search', 'q'])).stderr).toBe('No account matches.\n');
    const made = await succeedHere(folder, ['init', '-d', 'new', '--dry-run', '--json']);
    expect(documents(made)).toMatchObject([{ directory: join(realpathSync(folder), 'new') }]);
  });

  it('a Ctrl-C behind the receipt changes nothing about it', async () => {
    const folder = await temporaryBank();
    const waits = process.env.CI ? Array.from({ length: 12 }, (_, ms) => ms) : [0, 4, 9];
    for (const waitMs of waits) {
      const child = start(folder, ['deposit', 'a10017', '1.00']);
      const told = new Promise((resolve) => child.stdout.once('data', resolve));
      const ended = new Promise((resolve) => child.on('close', (code, by) => resolve(by ?? code)));
      await told;
      setTimeout(() => child.kill('SIGINT'), waitMs);
      expect(await ended, `${waitMs} ms behind it`).toBe(0);
    }
    expect(await succeedHere(folder, ['balance', 'a10017', '--plain'])).toBe(
      `${100 + waits.length}.00\n`,
    );
  });

  it('money that moved is exit code 0 although nobody reads the receipt', async () => {
    const folder = await temporaryBank();
    const ran = await leaveUnread(start(folder, ['deposit', 'a10017', '1.00']));
    expect(ran).toMatchObject({ code: 0 });
    expect(await succeedHere(folder, ['balance', 'a10017', '--plain'])).toBe('101.00\n');
  });
});
