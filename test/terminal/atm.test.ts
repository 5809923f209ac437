import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '#lib/cli/command-table.js';
import { balances, drovebank, succeed, temporaryBank, temporaryFolder } from '../cli/run-cli.js';
import { canRun } from '../kernel/needs.js';
import { answer, type Screen, sitDown } from './screen.js';

const ran = canRun('the cash machine at a terminal', { test: 'test/terminal/atm.test.ts' });

async function press(screen: Screen, question: string, key: string): Promise<void> {
  await screen.shows(`◆ ${question}`);
  screen.types(key);
}

/** A bank where Ada's card has the PIN 1212. */
async function bankWithPin(): Promise<string> {
  const folder = await temporaryBank();
  drovebank(folder, ['pin', 'a10017', '--pin-stdin'], { input: '1212\n' });
  return folder;
}

describe.runIf(ran)('The cash machine at a terminal', () => {
  // Scenarios 1 and 2 of the program that this began with.
  it('opens an account for Tom Brady, takes 10 and 300, pays 60, and has 250', async () => {
    const folder = temporaryFolder();
    succeed(folder, ['init']);
    const screen = sitDown({ folder, args: ['atm'] });
    await press(screen, 'Welcome', 'o');
    await answer(screen, ['First name', 'Tom'], ['Last name', 'Brady'], ['Choose a PIN', '1212']);
    await answer(screen, ['Once more', '1212']);
    await screen.shows('Your account is a10017.', '••••', /^(?!.*1212)/s);
    await press(screen, 'Hello, Tom Brady', 'd');
    await answer(screen, ['Amount in USD', '10.0']);
    await press(screen, 'Pay it in?', 'y');
    await screen.shows('Paid in 10.00 USD. Balance 10.00.');
    await press(screen, 'Hello, Tom Brady', 'e');
    await press(screen, 'Welcome', 'i');
    await answer(screen, ['Card or account number', 'a10017'], ['PIN of a10017', '1212']);
    await press(screen, 'Hello, Tom Brady', 'd');
    await answer(screen, ['Amount in USD', '300.0']);
    await press(screen, 'Pay it in?', 'y');
    await press(screen, 'Hello, Tom Brady', 'w');
    await answer(screen, ['Amount in USD', '60.0']);
    await screen.shows('60.00 USD.', 'Balance 310.00 -> 250.00.', 'Notes: 1 x 50, 1 x 10.');
    await press(screen, 'Pay it out?', 'y');
    await screen.shows('Take your money: 1 x 50, 1 x 10. Balance 250.00.');
    await press(screen, 'Hello, Tom Brady', 'b');
    await screen.shows('Balance 250.00 USD.');
    screen.presses('C-d');
    await screen.shows('Goodbye.', 'ended with 0');
    expect(await balances(folder)).toMatchObject({ a10017: '250.00 after 4 rows' });
  });

  it('takes three wrong PINs, then none, at whatever machine; drovebank pin opens it', async () => {
    const folder = await bankWithPin();
    const screen = sitDown({ folder, args: ['atm'] });
    const other = sitDown({ folder, args: ['atm'] });
    await press(screen, 'Welcome', 'i');
    await answer(screen, ['Card', 'a10017'], ['PIN of a10017', '0000']);
    await screen.shows('The PIN of a10017 is wrong. 2 more tries.');
    await press(other, 'Welcome', 'i');
    await answer(other, ['Card', 'a10017'], ['PIN of a10017', '0001']);
    await other.shows('1 more try.');
    await answer(screen, ['PIN of a10017', '0002']);
    await screen.shows(/Wrong PIN: locked for \d+ seconds\./, '◆ Welcome');
    await answer(other, ['PIN of a10017', '1212']);
    await other.shows(/Too many wrong PINs: locked for \d+ seconds\./, '◆ Welcome');
    drovebank(folder, ['pin', 'a10017', '--pin-stdin'], { input: '3434\n' });
    await press(other, 'Welcome', 'i');
    await answer(other, ['Card', 'a10017'], ['PIN of a10017', '3434']);
    await other.shows('◆ Hello, Ada Lovelace');
  });

  it('tells what came since the last visit, transfers, and changes the PIN', async () => {
    const folder = await bankWithPin();
    succeed(folder, ['transfer', 'a10017', 'a10025', '40.00', '--memo', 'rent']);
    succeed(folder, ['deposit', 'a10017', '5.00', '--memo', 'gift']);
    const screen = sitDown({ folder, args: ['atm'] });
    await press(screen, 'Welcome', 'i');
    await answer(screen, ['Card', 'a10017'], ['PIN of a10017', '1212']);
    await screen.shows(
      'Since your card was put in last: 2 new rows.',
      'rent',
      'gift',
      /^(?!.*first deposit)/s,
    );
    await press(screen, 'Hello', 't');
    await answer(screen, ['To which account', 'nobody']);
    await screen.shows('There is no account nobody.', 'Check the number.');
    await answer(screen, ['To which account', 'A10017']);
    await screen.shows('a10017 is your own account.', 'Name another account.');
    await answer(screen, ['To which account', 'a10025']);
    await screen.shows('To a10025, Bob S.');
    await answer(screen, ['Amount in USD', '70']);
    await screen.shows('a10017 has 65.00 USD available', 'Ask for less.');
    await answer(screen, ['Amount in USD', '7']);
    await screen.shows('To a10025, Bob S.', 'Balance 65.00 -> 58.00.');
    await press(screen, 'Transfer it?', 'n');
    await screen.shows('Nothing was booked.', '◆ Hello');
    screen.types('w');
    await answer(screen, ['Amount in USD', '15']);
    await screen.shows("15.00 USD can't be paid out in notes of 10, 20, 50, 100.");
    screen.presses('Escape');
    await screen.shows(/Nothing was booked\.\n◆ Hello/);
    await press(screen, 'Hello', 'p');
    await answer(screen, ['New PIN', '5555'], ['Once more', '5556']);
    await answer(screen, ['New PIN', '5555'], ['Once more', '5555']);
    await screen.shows('Your PIN has been changed.');
    await press(screen, 'Hello', 's');
    await screen.shows('first deposit', 'Balance 65.00 USD.');
    screen.presses('Escape');
    await screen.shows('Your card is yours again.', '◆ Welcome');
    expect(await balances(folder)).toMatchObject({ a10017: '65.00 after 4 rows' });
  });

  it.each([
    ['--read-only', 'With --read-only atm books nothing.', 8],
    ['--dry-run', 'it has no dry run.', 2],
  ])('does not begin with %s', async (flag, complaint, code) => {
    const screen = sitDown({ folder: await temporaryBank(), args: [flag, 'atm'] });
    await screen.shows(complaint, `ended with ${code}`);
  });

  it.each(['before', 'behind'])('books nothing when Ctrl-C comes %s the review', async (where) => {
    const folder = await bankWithPin();
    const before = await balances(folder);
    const screen = sitDown({ folder, args: ['atm'] });
    await press(screen, 'Welcome', 'i');
    await answer(screen, ['Card', 'a10017'], ['PIN of a10017', '1212']);
    await press(screen, 'Hello', 'w');
    await screen.shows('◆ Amount in USD');
    screen.types('10');
    if (where === 'behind') {
      screen.presses('Enter');
      await screen.shows('◆ Pay it out?');
    }
    screen.presses('C-c');
    await screen.shows('ended with 130');
    expect(await balances(folder)).toEqual(before);
  });

  it('runs as its help says, also on a small terminal, as plain lines, and hides the PIN', async () => {
    const folder = await bankWithPin();
    const examples = COMMANDS.find(({ usage }) => usage === 'atm')?.examples ?? [];
    for (const example of examples) {
      const args = example.split(' ').slice(1);
      const screen = sitDown({ folder, args, columns: 40, rows: 12 });
      await screen.shows('i  insert a card', 'e  leave');
      screen.types('e');
      await screen.shows('ended with 0');
    }
    const plain = sitDown({ folder, args: ['atm', '--accessible'] });
    await plain.shows('Welcome>');
    plain.types('i');
    plain.presses('Enter');
    await plain.shows('Card or account number:');
    plain.types('a10017');
    plain.presses('Enter');
    await plain.shows('PIN of a10017:');
    plain.types('1212');
    plain.presses('Enter');
    await plain.shows('Hello, Ada Lovelace>', /^(?!.*1212)/s);
  });
});

describe.runIf(ran)('A PIN that is typed', () => {
  it('is hidden on any terminal, also when it was typed ahead', async () => {
    const folder = await bankWithPin();
    for (const env of [{ TERM: 'dumb' }, { ACCESSIBLE: '1' }]) {
      const screen = sitDown({ folder, args: ['atm'], env });
      await screen.shows('Welcome>');
      screen.types('i\ra10017\r');
      await screen.shows('PIN of a10017:');
      screen.types('1212\r');
      await screen.shows('Hello, Ada Lovelace>', /^(?!.*1212)/s);
    }
  });

  it('is shown with the money also where there is little room', async () => {
    const folder = await bankWithPin();
    succeed(folder, ['deposit', 'a10017', '5.00', '--memo', 'gift']);
    const screen = sitDown({ folder, args: ['atm'], columns: 40, rows: 12 });
    await press(screen, 'Welcome', 'i');
    await answer(screen, ['Card', 'a10017'], ['PIN of a10017', '1212']);
    await screen.shows('+5.00', '105.00', 'Hello, Ada Lovelace');
  });
});

describe('The cash machine, and PINs, without a terminal', () => {
  it('never ask', async () => {
    const folder = await temporaryBank();
    expect(drovebank(folder, ['atm'])).toMatchObject({ code: 2, stdout: '' });
    expect(drovebank(folder, ['atm', '--notes', 'x']).stderr).toContain('needs a terminal');
    const asked = drovebank(folder, ['pin', 'a10017']);
    expect(asked).toMatchObject({ code: 2, stdout: '' });
    expect(asked.stderr).toContain('--pin-stdin');
  });

  it('take a PIN from standard input or a file, and refuse what is none without telling it', async () => {
    const folder = await temporaryBank();
    writeFileSync(join(folder, 'pin.txt'), '4321\n');
    expect(succeed(folder, ['pin', 'a10017', '--pin-file', 'pin.txt'])).toBe(
      'a10017 has a new PIN. Wrong tries are forgotten.\n',
    );
    const wrong = drovebank(folder, ['pin', 'a10017', '--pin-stdin'], { input: '98765\n' });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('The PIN is not four digits.');
    expect(wrong.stderr).not.toContain('98765');
    expect(drovebank(folder, ['pin', 'nobody', '--pin-file', 'pin.txt']).code).toBe(3);
    const both = ['--pin-file', 'pin.txt', '--pin-stdin'];
    expect(drovebank(folder, ['pin', 'a10017', ...both]).code).toBe(2);
    const dry = succeed(folder, ['pin', 'a10025', '--pin-file', 'pin.txt', '--dry-run']);
    expect(dry).toContain('Would give a10025 a new PIN.');
  });
});
