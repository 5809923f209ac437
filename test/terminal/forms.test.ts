import { describe, expect, it } from 'vitest';
import { balances, succeed, temporaryBank } from '../cli/run-cli.js';
import { canRun } from '../kernel/needs.js';
import { answer, openAda, type Screen, sitDown } from './screen.js';

const ran = canRun('forms at a terminal', { test: 'test/terminal/forms.test.ts' });

/** Goes back once, to a question that shows its last answer. */
async function back(screen: Screen, question: string, given: string): Promise<void> {
  screen.presses('Escape');
  await screen.shows(new RegExp(`◆ ${question}[^◆]*${given}█?[^◆]*$`));
}

describe.runIf(ran)('A form at a terminal', () => {
  it('of a transfer goes back a question at a time, to what was answered, and out', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder });
    await screen.shows('◆ drovebank');
    screen.types('t');
    await answer(screen, ['From account', 'a10017'], ['To account', 'a10017']);
    await screen.shows('a10017 is the other side already. (SAME_ACCOUNT)', '◆ To account');
    await answer(screen, ['To account', 'a10025']);
    await answer(screen, ['Amount in USD', '5'], ['Memo', 'cinema']);
    await screen.shows('100.00 -> 95.00', '◆ Book it?');
    await back(screen, 'Memo \\(Enter for none\\)', 'cinema');
    await back(screen, 'Amount in USD', '5');
    await back(screen, 'To account: a10025', '> a10025');
    await back(screen, 'From account: a10017', '> a10017');
    for (const question of ['From account', 'To account', 'Amount', 'Memo']) {
      await screen.shows(new RegExp(`◆ ${question}[^◆]*$`));
      screen.presses('Enter');
    }
    await screen.shows('100.00 -> 95.00', /◆ Book it\?[^◆]*$/);
    for (const question of ['Memo', 'Amount', 'To account', 'From account', 'drovebank']) {
      screen.presses('Escape');
      await screen.shows(new RegExp(`◆ ${question}[^◆]*$`));
    }
    await screen.shows('Esc: leave');
    expect(await balances(folder)).toMatchObject({ a10017: '100.00 after 2 rows' });
  });

  it('of an account goes back to each name, and says at once what is none', async () => {
    const screen = sitDown({ folder: await temporaryBank() });
    await screen.shows('◆ drovebank');
    screen.types('c');
    await answer(screen, ['First name', '']);
    await screen.shows('The first name is empty.', /◆ First name[^◆]*$/);
    await answer(screen, ['First name', 'Grace'], ['Last name', '']);
    await screen.shows('The last name is empty.', /◆ Last name[^◆]*$/);
    await answer(screen, ['Last name', 'Hopper'], ['Currency', 'francs']);
    await screen.shows('"francs" is no currency code', /◆ Currency[^◆]*$/);
    await answer(screen, ['Currency', 'EUR'], ['Overdraft limit', 'none']);
    await screen.shows('"none" is no decimal number', /◆ Overdraft limit[^◆]*$/);
    await answer(screen, ['Overdraft limit', '5']);
    await screen.shows('Would open a10033 for Grace Hopper in EUR', '◆ Open it?');
    await back(screen, 'Overdraft limit \\(0\\)', '5');
    await back(screen, 'Currency \\(USD\\)', 'EUR');
    await back(screen, 'Last name', 'Hopper');
    await back(screen, 'First name', 'Grace');
    screen.presses('Escape');
    await screen.shows(/◆ drovebank[^◆]*$/);
  });

  it('of a hold goes back to its amount, and out to the account', async () => {
    const screen = sitDown({ folder: await temporaryBank() });
    await openAda(screen);
    screen.types('o');
    await answer(screen, ['Amount in USD', '1000']);
    await screen.shows('INSUFFICIENT_FUNDS', /◆ Amount in USD[^◆]*$/);
    await answer(screen, ['Amount in USD', '10'], ['Memo', 'hotel']);
    await screen.shows('◆ Set it aside?');
    await back(screen, 'Memo \\(Enter for none\\)', 'hotel');
    await back(screen, 'Amount in USD', '10');
    screen.presses('Escape');
    await screen.shows(/◆ a10017[^◆]*$/);
  });

  it('does not offer an account for its own money, and asks for another where one is frozen', async () => {
    const folder = await temporaryBank();
    succeed(folder, ['freeze', 'a10025', '--all']);
    const screen = sitDown({ folder });
    await openAda(screen);
    screen.types('x');
    await screen.shows('◆ What is left goes to account', '> a10025');
    expect(screen.now.split('◆').at(-1)).not.toContain('a10017');
    screen.presses('Enter');
    await screen.shows('ACCOUNT_FROZEN', /◆ What is left goes to account[^◆]*$/);
    screen.presses('Escape');
    await screen.shows(/◆ a10017[^◆]*$/);
    screen.types('t');
    await screen.shows('◆ To account', '> a10025');
    await answer(screen, ['To account', ''], ['Amount in USD', '5']);
    await screen.shows('ACCOUNT_FROZEN', /◆ To account: a10025[^◆]*$/);
  });

  it('says where what is left goes before it closes, and behind it', async () => {
    const screen = sitDown({ folder: await temporaryBank() });
    await openAda(screen);
    screen.types('x');
    await answer(screen, ['What is left goes to account', 'a10025']);
    await screen.shows('Would close a10017 and sweep 100.00 USD to a10025. Balance 0.00.');
    screen.types('y');
    await screen.shows('Closed a10017 and swept 100.00 USD to a10025.');
    await screen.shows('r  reopen');
  });

  it('takes a paste of several lines, and no yes out of it', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder });
    await openAda(screen);
    screen.types('d');
    await screen.shows('◆ Amount in USD');
    screen.types('5\rbirthday\ryes\r');
    await screen.shows('◇ Memo (Enter for none): birthday', '◆ Book the deposit?');
    expect(await balances(folder)).toMatchObject({ a10017: '100.00 after 2 rows' });
    screen.types('y');
    await screen.shows('Deposited 5.00 USD to a10017.');
  });

  it('takes a paste that begins with an account, once that is found', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder });
    await screen.shows('◆ drovebank');
    screen.types('d');
    await screen.shows('◆ To account', '> a10017');
    screen.types('a10025\r5\rgift\r');
    await screen.shows('◇ To account: a10025', 'Bob Smith: 0.00 -> 5.00', '◆ Book the deposit?');
    screen.types('n');
    await screen.shows('Nothing was booked.', '◆ drovebank');
    // Where nobody knows which one was meant, the rest is for nothing.
    screen.types('w');
    await screen.shows('◆ From account', '> a10017');
    screen.types('a100\r5\rgift\r');
    await screen.shows(/◆ From account: a100█ *\n[^◆]*> a10017[^◆]*a10025[^◆]*$/);
  });

  it('takes each line of a paste once, however soon the next question comes', async () => {
    const screen = sitDown({ folder: await temporaryBank() });
    await screen.shows('◆ drovebank');
    screen.types('c');
    await screen.shows('◆ First name');
    screen.types('Zed\r\rYak\rEUR\r50\r');
    await screen.shows('The last name is empty.', 'Would open a10033 for Zed Yak in EUR.');
    await screen.shows('overdraft limit 50.00', '◆ Open it?');
    expect(screen.now).not.toContain('Dry run');
    screen.presses('C-c');
    await screen.shows('ended with 130');
    const teller = sitDown({ folder: await temporaryBank(), args: ['teller'] });
    await teller.shows('◆ Memo of 1');
    teller.types('rent\r.\ra10025\r5\rfood\ra10017\ra10025\r6\r.\r');
    await teller.shows('1. 5 to a10025, rent', '2. 6 from a10017 to a10025, food', '◆ Book all 2?');
  });

  it('leads to the account that is frozen, or out where nothing was asked for it', async () => {
    const folder = await temporaryBank();
    succeed(folder, ['freeze', 'a10017']);
    const screen = sitDown({ folder });
    await screen.shows('◆ drovebank');
    screen.types('t');
    await answer(screen, ['From account', 'a10017'], ['To account', 'a10025']);
    await answer(screen, ['Amount in USD', '5']);
    await screen.shows('a10017 is frozen.', /◆ From account: a10017█[^◆]*$/);
    screen.presses('Escape');
    await screen.shows(/◆ drovebank[^◆]*$/);
    screen.types('l');
    await answer(screen, ['Accounts', 'a10017']);
    await screen.shows('◆ a10017');
    screen.types('x');
    await screen.shows(/ACCOUNT_FROZEN[^◆]*◆ a10017[^◆]*$/);
    screen.types('w');
    await answer(screen, ['Amount in USD', '5']);
    await screen.shows(/ACCOUNT_FROZEN[^◆]*◆ a10017[^◆]*$/);
  });

  it('takes no yes before its review was seen to the end, and no Enter for a no', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder, columns: 20, rows: 6 });
    await screen.shows('◆ drovebank');
    screen.types('t');
    await answer(screen, ['From account', 'a10017'], ['To account', 'a10025']);
    await answer(screen, ['Amount in USD', '5'], ['Memo', '']);
    await screen.shows('Review: 5.00 USD', 'Down: more');
    screen.presses('Enter');
    screen.types('y');
    await screen.shows(/a10017, Ada\s+Lovelace/, 'Down: more');
    screen.types('yyyyy');
    await screen.shows('a10025: 5.00 (was', 'Transfer 6.');
    const wide = sitDown({ folder, columns: 40, rows: 12 });
    await wide.shows('◆ drovebank');
    wide.types('d');
    await answer(wide, ['To account', 'a10025'], ['Amount in USD', '1234567.89'], ['Memo', '']);
    await wide.shows(/to {3}a10025, Bob Smith: 5\.00 ->\n1234572\.89\n/, 'y: yes');
  });

  it('takes no PIN that was pasted before it was asked for, and shows a dot for each digit', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder, args: ['pin', 'a10017'] });
    await screen.shows('◆ New PIN');
    screen.types('1212');
    await screen.shows(/^ {2}••••█$/m);
    screen.types('\r1212\r');
    await screen.shows('◆ Once more', /^ {2}█$/m);
    screen.types('1212\r');
    await screen.shows('a10017 has a new PIN.', 'ended with 0');
  });
});
