import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  BANK,
  balances,
  declareDamage,
  drovebank,
  leaveUnverified,
  start,
  succeed,
  temporaryBank,
  temporaryFolder,
} from '../cli/run-cli.js';
import { canRun } from '../kernel/needs.js';
import { answer, openAda, sitDown } from './screen.js';

const ran = canRun('the interactive bank at a terminal', { test: 'test/terminal/bank.test.ts' });

describe.runIf(ran)('The interactive bank at a terminal', () => {
  it('finds an account as one types, and moves money behind a review', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder });
    await openAda(screen);
    screen.types('t');
    await screen.shows('◆ To account');
    screen.types('bob');
    await screen.shows('> a10025', /^(?!.*euro)/s);
    screen.presses('Enter');
    await answer(screen, ['Amount in USD', '1e3']);
    await screen.shows('"1e3" is no decimal number', '◆ Amount in USD');
    screen.types('12.50');
    screen.presses('Enter');
    await screen.shows('◆ Memo');
    screen.types('cinema');
    screen.presses('Enter');
    await screen.shows('from a10017, Ada Lovelace: 100.00 -> 87.50', '◆ Book it?');
    expect(await balances(folder)).toMatchObject({ a10025: '0.00 after 1 rows' });
    screen.types('y');
    await screen.shows('Transferred 12.50 USD', 'Balance 87.50 USD', '▁█', 'cinema');
    screen.presses('Escape');
    await screen.shows('◆ Accounts');
    screen.presses('Escape');
    await screen.shows('◆ drovebank');
    screen.types('q');
    await screen.shows('Bye!', 'ended with 0');
    expect(await balances(folder)).toMatchObject({ a10017: '87.50 after 3 rows' });
  });

  it('opens, deposits, withdraws, holds, freezes and closes, each behind a yes', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder });
    await screen.shows('◆ drovebank');
    screen.types('c');
    await answer(screen, ['First name', 'Grace']);
    await answer(screen, ['Last name', 'Hopper']);
    await answer(screen, ['Currency', '']);
    await answer(screen, ['Overdraft limit', '5']);
    await screen.shows('Would open a10033', '◆ Open it?');
    screen.types('y');
    await screen.shows('Opened a10033', '◆ drovebank');
    screen.types('l');
    // Enter before it was looked up takes the only one that there is.
    await answer(screen, ['Accounts', 'a10033']);
    await screen.shows('◆ a10033');
    screen.types('d');
    await answer(screen, ['Amount in USD', '20']);
    await answer(screen, ['Memo', 'gift']);
    await screen.shows('◆ Book the deposit?');
    screen.types('y');
    await screen.shows('Balance 20.00 USD');
    screen.types('w');
    await answer(screen, ['Amount in USD', '3']);
    await answer(screen, ['Memo', '']);
    await screen.shows('◆ Pay it out?');
    screen.types('n');
    await screen.shows('Nothing was booked.', '◆ a10033');
    screen.types('o');
    await answer(screen, ['Amount in USD', '4']);
    await answer(screen, ['Memo', 'hotel']);
    await screen.shows('Would hold 4.00 USD', '◆ Set it aside?');
    screen.types('y');
    await screen.shows('held 4.00, available 21.00');
    screen.types('f');
    await screen.shows('◆ Freeze it');
    screen.types('y');
    await screen.shows('Grace Hopper  frozen');
    screen.types('f');
    await screen.shows('◆ Unfreeze it?');
    screen.types('y');
    await screen.shows('Grace Hopper  open');
    // A refusal is told, and leads back.
    screen.types('x');
    await screen.shows('a10033 has an open hold', 'next:', '◆ a10033');
    screen.types('m');
    await screen.shows('◆ Rows', 'gift');
    screen.types('hotel');
    await screen.shows('hold', /^(?!.*gift)/s);
    screen.presses('C-d');
    await screen.shows('Bye!', 'ended with 0');
    expect(await balances(folder)).toMatchObject({ a10033: '20.00 after 5 rows' });
  });

  it('shows at once what another process does, and two terminals on one account', async () => {
    const folder = await temporaryBank();
    const [one, other] = [sitDown({ folder }), sitDown({ folder })];
    await openAda(one);
    await openAda(other);
    succeed(folder, ['deposit', 'a10017', '11.00', '--memo', 'from outside']);
    await one.shows('Balance 111.00 USD', 'from outside');
    await other.shows('Balance 111.00 USD', 'from outside');
    one.types('w');
    await one.shows('◆ Amount in USD');
    one.types('1');
    one.presses('Enter');
    await one.shows('◆ Memo');
    one.presses('Enter');
    await one.shows('◆ Pay it out?');
    one.types('y');
    await one.shows('Balance 110.00 USD');
    await other.shows('Balance 110.00 USD');
  });

  it.each([
    [80, 24],
    [40, 12],
  ])('fits %i columns and %i rows, also after another size', async (columns, rows) => {
    const folder = await temporaryBank();
    const deposit = JSON.stringify({ op: 'deposit', id: 'a10017', amount: '0.01' });
    drovebank(folder, ['batch', '-'], { input: `${deposit}\n`.repeat(50) });
    succeed(folder, ['withdraw', 'a10017', '0.50', '--memo', 'newest']);
    const screen = sitDown({ folder, columns, rows });
    await screen.shows('◆ drovebank');
    screen.types('l');
    await screen.shows('◆ Accounts', '> a10017', 'Esc: back');
    screen.presses('Enter');
    await screen.shows('Balance 100.00 USD');
    screen.resize(columns + 30, rows + 6);
    await screen.shows('newest');
    screen.resize(columns, rows);
    // Its last rows, and the end of its curve: down again.
    const whole = /Balance 100\.00 USD {3}[▁▂▃▄▅▆▇█]*█▁\n/;
    const shown = await screen.shows(whole, '-0.50', 'w  withdraw', 'b  back', 'Esc: back');
    // A line that wrapped would show what it ends with at the beginning of the next one.
    expect(shown.split('\n').filter((line) => /^(back|USD|\d)/.test(line))).toEqual([]);
  });

  it('shows on a tiny screen what is pointed to', async () => {
    const screen = sitDown({ folder: await temporaryBank(), columns: 20, rows: 6 });
    await screen.shows('◆ drovebank', '> l  list', 'letter, or Enter');
    for (let step = 0; step < 5; step++) screen.presses('Down');
    await screen.shows('◆ drovebank', '> h  help', 'letter, or Enter');
    screen.presses('Down', 'Down');
    await screen.shows('> l  list');
    screen.presses('Up', 'Enter');
    await screen.shows('ended with 0');
  });

  it.each([
    ['before the review', 'Escape', 0],
    ['before the review', 'C-c', 130],
    ['at the review', 'C-c', 130],
  ])('books nothing when it is left %s by %s', async (where, key, code) => {
    const folder = await temporaryBank();
    const before = await balances(folder);
    const screen = sitDown({ folder });
    await openAda(screen);
    screen.types('d');
    await screen.shows('◆ Amount in USD');
    screen.types('5');
    if (where === 'at the review') {
      screen.presses('Enter');
      await screen.shows('◆ Memo');
      screen.presses('Enter');
      await screen.shows('◆ Book the deposit?');
    }
    screen.presses(key);
    if (code === 0) {
      await screen.shows('◆ a10017');
      screen.presses('C-d');
    }
    await screen.shows('Bye!', `ended with ${code}`);
    expect(await balances(folder)).toEqual(before);
  });

  it.each(['in one go with', 'at once after', 'behind the answer to'])(
    'tells the truth when Ctrl-C comes %s the yes',
    async (when) => {
      const folder = await temporaryBank();
      const screen = sitDown({ folder });
      await openAda(screen);
      screen.types('d');
      await answer(screen, ['Amount in USD', '5'], ['Memo', '']);
      await screen.shows('◆ Book the deposit?');
      const together = when === 'in one go with';
      screen.types(together ? 'y\u0003' : 'y');
      if (when === 'behind the answer to') await screen.shows('Deposited 5.00 USD');
      if (!together) screen.presses('C-c');
      const shown = await screen.shows('ended with 130');
      const { a10017 } = await balances(folder);
      const isTold = shown.includes('Deposited 5.00 USD to a10017. Balance 105.00');
      expect(a10017).toBe(isTold ? '105.00 after 3 rows' : '100.00 after 2 rows');
      if (when === 'behind the answer to') expect(isTold).toBe(true);
    },
  );

  it('a Ctrl-C while the booking waits for somebody else is a key still: as a signal it loses what was written', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder });
    await openAda(screen);
    const other = start(folder, ['batch', '-', '--json']);
    onTestFinished(() => void other.kill('SIGKILL'));
    other.stdin.write('{"op":"deposit","id":"a10025","amount":"0.01"}\n');
    await new Promise((resolve) => other.stdout.once('data', resolve));
    screen.types('d');
    await answer(screen, ['Amount in USD', '5'], ['Memo', '']);
    await screen.shows('◆ Book the deposit?');
    other.kill('SIGSTOP');
    screen.types('y');
    await screen.shows('◇ Book the deposit? yes', 'Working… ');
    screen.presses('C-c');
    const shown = await screen.shows('Cancelled before anything was booked.\nBye!');
    expect(shown).not.toMatch(/\^C|Working/);
  });

  it('goes on when another process is killed in the middle of its work', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder });
    await openAda(screen);
    const other = start(folder, ['batch', '-', '--json']);
    other.stdin.on('error', () => undefined);
    const line = '{"op":"deposit","id":"a10025","amount":"0.01"}\n';
    const pour = () => {
      if (other.exitCode === null && other.stdin.writable)
        other.stdin.write(line.repeat(200), pour);
    };
    pour();
    await new Promise((resolve) => other.stdout.once('data', resolve));
    other.kill('SIGKILL');
    screen.types('d');
    await answer(screen, ['Amount in USD', '5'], ['Memo', '']);
    await screen.shows('◆ Book the deposit?');
    screen.types('y');
    await screen.shows('Deposited 5.00 USD', 'Balance 105.00 USD');
    screen.presses('C-d');
    await screen.shows('ended with 0');
    expect(await balances(folder)).toMatchObject({ a10017: '105.00 after 3 rows' });
  });

  it('takes no Ctrl-Y for a yes, and shows at the review what others do meanwhile', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder });
    await openAda(screen);
    screen.types('w');
    await answer(screen, ['Amount in USD', '60'], ['Memo', '']);
    await screen.shows('100.00 -> 40.00', '◆ Pay it out?');
    screen.presses('C-y');
    succeed(folder, ['withdraw', 'a10017', '30.00']);
    await screen.shows('70.00 -> 10.00', '◆ Pay it out?');
    succeed(folder, ['withdraw', 'a10017', '30.00']);
    await screen.shows('Not any more: a10017 has 40.00 USD available', '◆ Pay it out?');
    screen.types('y');
    // Back to the amount, as it was.
    await screen.shows('INSUFFICIENT_FUNDS', '◆ Amount in USD', '60█');
    expect(await balances(folder)).toMatchObject({ a10017: '40.00 after 4 rows' });
  });

  it('keeps the pointer on its account when others are opened before it', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder });
    await screen.shows('◆ drovebank');
    screen.types('l');
    await screen.shows('> a10017');
    screen.presses('Down');
    await screen.shows('> a10025');
    succeed(folder, ['open', 'Zed', 'Zorro', '--id', 'a0001']);
    await screen.shows('a0001', '> a10025');
    screen.presses('Tab');
    await screen.shows('sorted by name');
  });

  it.each([
    ['--read-only', 'Read only'],
    ['--dry-run', 'Dry run'],
  ])('books nothing with %s, and makes no bank', async (flag, said) => {
    const folder = await temporaryBank();
    const before = await balances(folder);
    const screen = sitDown({ folder, args: [flag] });
    await screen.shows(`in USD. ${said}.`);
    await openAda(screen);
    screen.types('d');
    await answer(screen, ['Amount in USD', '5'], ['Memo', '']);
    await screen.shows('100.00 -> 105.00', `${said}: nothing was booked.`, '◆ a10017');
    expect(await balances(folder)).toEqual(before);
    const empty = sitDown({ folder: temporaryFolder(), args: [flag] });
    await empty.shows('BANK_NOT_FOUND', 'ended with 3');
  });

  it.each([
    ['in frames', []],
    ['by lines', ['--accessible']],
  ])('goes on behind Ctrl-Z, %s', async (_, args) => {
    const screen = sitDown({ folder: await temporaryBank(), args, stops: true });
    const menu = args.length > 0 ? 'drovebank>' : '◆ drovebank';
    await screen.shows(menu);
    screen.presses('C-z');
    await screen.shows('stopped');
    expect(screen.cursor).toBe(true);
    screen.presses('Enter');
    await screen.shows(new RegExp(`stopped.*${menu}`, 's'));
    screen.types('l');
    if (args.length > 0) screen.presses('Enter', 'Enter');
    await screen.shows('Ada Lovelace');
    screen.presses('C-c');
    await screen.shows('ended with 130');
  });

  it('tells PAIN while one looks, and ends with 7', async () => {
    const folder = await temporaryBank();
    leaveUnverified(folder);
    const screen = sitDown({ folder });
    await openAda(screen);
    declareDamage(join(folder, BANK));
    await screen.shows('BANK_DAMAGED', 'drovebank-recover', 'ended with 7');
  });

  it('offers to make a bank where there is none, and is an empty one then', async () => {
    const screen = sitDown({ folder: temporaryFolder(), args: ['--dir', 'new'] });
    await screen.shows('There is no bank in new.', '◆ Make one there?');
    screen.types('y');
    await screen.shows('◆ Its currency');
    screen.types('CHF');
    screen.presses('Enter');
    await screen.shows('in CHF.', '◆ drovebank');
    screen.types('l');
    await screen.shows('There is nothing yet.');
    screen.types('nobody');
    await screen.shows('None found.');
  });
});
