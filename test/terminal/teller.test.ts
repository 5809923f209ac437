import { describe, expect, it } from 'vitest';
import { COMMANDS } from '#lib/cli/command-table.js';
import { balances, drovebank, succeed, temporaryBank } from '../cli/run-cli.js';
import { canRun } from '../kernel/needs.js';
import { answer, sitDown } from './screen.js';

const ran = canRun('the teller at a terminal', { test: 'test/terminal/teller.test.ts' });

describe.runIf(ran)('The teller at a terminal', () => {
  it('takes several movements, with the sides of the last one like it, and books them at once', async () => {
    const folder = await temporaryBank();
    succeed(folder, ['transfer', 'a10017', 'a10025', '40.00', '--memo', 'Rent']);
    const screen = sitDown({ folder, args: ['teller'] });
    await answer(screen, ['Memo of 1', 'rent']);
    await answer(screen, ['From account (. for outside) [a10017]', '']);
    await answer(screen, ['To account (. for outside) [a10025]', '']);
    await answer(screen, ['Amount [40.00]', '12.50']);
    await screen.shows('1. 12.50 from a10017 to a10025, rent');
    await answer(screen, ['Memo of 2', 'wages'], ['From account', '.'], ['To account', 'a10017']);
    await answer(screen, ['Amount', '7']);
    // What was entered is offered as well: this one is outside again.
    await answer(screen, ['Memo of 3', 'wages'], ['From account (. for outside) [.]', '']);
    await answer(screen, ['To account (. for outside) [a10017]', 'a10025'], ['Amount [7]', '']);
    // No offer is on both sides.
    await answer(screen, ['Memo of 4', 'wages'], ['From account', 'a10025']);
    await screen.shows(/◆ To account \(\. for outside\)\s*$/m);
    screen.types('<');
    screen.presses('Enter');
    await answer(screen, ['From account', '<'], ['Memo of 4', '.']);
    await screen.shows('3. 7 to a10025, wages', '◆ Book all 3?');
    expect(await balances(folder)).toMatchObject({ a10017: '60.00 after 3 rows' });
    screen.types('y');
    await screen.shows('Deposited 7.00 USD to a10025.', 'ended with 0');
    expect(await balances(folder)).toMatchObject({
      a10017: '54.50 after 5 rows',
      a10025: '59.50 after 4 rows',
    });
  });

  it('goes back with <, completes with Tab, and says at once what is wrong', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder, args: ['teller'] });
    await answer(screen, ['Memo of 1', 'first'], ['From account', 'nobody']);
    await screen.shows('There is no account nobody.');
    screen.types('a1001');
    await screen.shows('a1001█');
    screen.presses('Tab');
    await screen.shows('a10017█');
    screen.presses('Enter');
    await screen.shows('◆ To account');
    screen.presses('Tab');
    await screen.shows('a10017  a10025  euro');
    await answer(screen, ['To account', 'a10017']);
    await screen.shows('Both sides are a10017.', '◆ To account');
    await answer(screen, ['To account', 'euro']);
    await screen.shows('a10017 has USD, euro has EUR.', '◆ To account');
    await answer(screen, ['To account', 'a10025'], ['Amount', '.']);
    await screen.shows('amount "." is no decimal number', '◆ Amount');
    await answer(screen, ['Amount', '1000']);
    await screen.shows('a10017 has 100.00 USD available', '◆ Amount');
    await answer(screen, ['Amount', '60']);
    await screen.shows('1. 60 from a10017 to a10025, first');
    // The second one is judged behind the first.
    await answer(screen, ['Memo of 2', ''], ['From account', 'a10017'], ['To account', '.']);
    await answer(screen, ['Amount', '60']);
    await screen.shows('a10017 has 40.00 USD available', '◆ Amount');
    await answer(
      screen,
      ['Amount', '<'],
      ['To account', '<'],
      ['From account', '<'],
      ['Memo of 2', '<'],
    );
    await screen.shows('Taken back: 60 from a10017 to a10025, first', '◆ Memo of 1');
    screen.presses('C-c');
    await screen.shows('Nothing was booked.', 'ended with 130');
    expect(await balances(folder)).toMatchObject({ a10017: '100.00 after 2 rows' });
  });

  it('tells that what was entered is not booked when it is left, or not confirmed', async () => {
    const folder = await temporaryBank();
    const before = await balances(folder);
    const screen = sitDown({ folder, args: ['teller'] });
    await answer(screen, ['Memo of 1', ''], ['From account', 'a10017'], ['To account', 'a10025']);
    await answer(screen, ['Amount', '1'], ['Memo of 2', '.']);
    await screen.shows('◆ Book it?');
    screen.types('n');
    await screen.shows('◆ Memo of 2');
    screen.presses('Escape');
    await screen.shows('◆ Leave, and not book what was entered?');
    screen.types('n');
    await screen.shows('what was entered? no', '◆ Memo of 2');
    screen.presses('Escape');
    await screen.shows('◆ Leave, and not book what was entered?');
    screen.types('y');
    await screen.shows('Nothing was booked. 1 entered, none of them.', 'ended with 0');
    expect(await balances(folder)).toEqual(before);
  });

  it('keeps what was entered when somebody else was faster, and says which one is to be mended', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder, args: ['teller'] });
    await answer(screen, ['Memo of 1', ''], ['From account', 'a10017'], ['To account', 'a10025']);
    await answer(screen, ['Amount', '60'], ['Memo of 2', '.']);
    await screen.shows('◆ Book it?');
    succeed(folder, ['withdraw', 'a10017', '50.00']);
    screen.types('y');
    await screen.shows(
      '1. 60 from a10017 to a10025: a10017 has 50.00 USD available',
      '◆ Memo of 2',
    );
    await answer(screen, ['Memo of 2', ''], ['From account', '.'], ['To account', 'a10025']);
    await answer(screen, ['Amount', '1']);
    await screen.shows('Go back to it with <', '◆ Amount');
    succeed(folder, ['deposit', 'a10017', '50.00']);
    await answer(screen, ['Amount', '1'], ['Memo of 3', '.']);
    await screen.shows('◆ Book all 2?');
    screen.types('y');
    await screen.shows('ended with 0');
    expect(await balances(folder)).toMatchObject({ a10025: '61.00 after 3 rows' });
  });

  it('runs as its help says; incognito it offers nothing', async () => {
    const folder = await temporaryBank();
    const examples = COMMANDS.find(({ usage }) => usage === 'teller')?.examples ?? [];
    for (const example of examples) {
      const screen = sitDown({ folder, args: example.split(' ').slice(1) });
      await answer(screen, ['Memo of 1', 'first deposit']);
      const incognito = example.includes('--incognito');
      await screen.shows(incognito ? /From account \(\. for outside\)\s*$/m : 'outside) [.]');
      screen.presses('C-d');
      await screen.shows('ended with 0');
    }
    const plain = sitDown({ folder, args: ['teller', '--accessible', '--dry-run'] });
    await answer(plain, [/Memo of 1 .*:/, 'first deposit'], [/From account .*\[\.\]:/, '']);
    await answer(plain, [/To account .*\[a10017\]:/, ''], [/Amount \[100\.00\]:/, '']);
    await answer(plain, [/Memo of 2 .*:/, '.']);
    await plain.shows('Would deposit 100.00 USD to a10017.', 'ended with 0');
  });
});

describe('The teller without a terminal', () => {
  it('never asks', async () => {
    const ended = drovebank(await temporaryBank(), ['teller']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('drovebank batch');
  });
});
