import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  BANK,
  balances,
  declareDamage,
  leaveUnverified,
  PROGRAM,
  succeed,
  temporaryBank,
  temporaryFolder,
} from './run-cli.js';

// util-linux's `script` gives the program a terminal of its own.
const withTerminal = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;
if (!withTerminal)
  console.warn('SKIPPED: the interactive bank; there is no `script` with -e here.');

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

/** The interactive bank at a terminal, and whoever sits there. */
interface Session {
  /** Waits until `text` has been shown since the last time. */
  shows(text: string | RegExp): Promise<void>;
  types(line: string): void;
  presses(key: string): void;
  readonly seen: string;
  readonly ended: Promise<number | null>;
}

function sit(folder: string, args: readonly string[] = [], TERM = 'xterm'): Session {
  const command = [process.execPath, PROGRAM, '--accessible', ...args]
    .map((word) => `'${word}'`)
    .join(' ');
  const { NO_COLOR, FORCE_COLOR, DROVEBANK_DIR, ...env } = process.env;
  const child: ChildProcess = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    env: { ...env, TERM },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let seen = '';
  let read = 0;
  let wake = () => {};
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      resolve(code);
      wake();
    });
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    seen += text.replaceAll('\r', '');
    wake();
  });
  return {
    async shows(text) {
      for (;;) {
        const rest = seen.slice(read);
        const at = typeof text === 'string' ? rest.indexOf(text) : rest.search(text);
        if (at >= 0) {
          read += at + 1;
          return;
        }
        if (child.exitCode !== null) throw new Error(`"${text}" never came; seen:\n${seen}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    types: (line) => child.stdin?.write(`${line}\r`),
    presses: (key) => child.stdin?.write(key),
    get seen() {
      return seen;
    },
    ended,
  };
}

/** Answers each question as it comes. */
async function converse(session: Session, turns: readonly (readonly [string, string])[]) {
  for (const [question, answer] of turns) {
    await session.shows(question);
    session.types(answer);
  }
}

describe.skipIf(!withTerminal)('the interactive bank', () => {
  it('opens an account, deposits and transfers, each after a review, and says goodbye', async () => {
    const folder = await temporaryBank();
    const session = sit(folder);
    await converse(session, [
      ['drovebank> ', 'c'],
      ['First name: ', 'Grace'],
      ['Last name: ', 'Hopper'],
      ['Currency (USD): ', ''],
      ['Overdraft limit (0): ', '10'],
      ['Open it? [y/N] ', 'y'],
      ['drovebank> ', 'd'],
      ['To account (', 'a10033'],
      ['Amount in USD: ', '20.00'],
      ['Memo (Enter for none): ', 'birthday'],
      ['Book the deposit? [y/N] ', 'y'],
      ['drovebank> ', 't'],
      ['From account (', 'a10033'],
      ['To account (', 'a10017'],
      ['Amount in USD: ', '25.00'],
      ['Memo (Enter for none): ', ''],
      ['Book it? [y/N] ', 'y'],
      ['drovebank> ', 'e'],
    ]);
    await session.shows('Bye!');
    expect(await session.ended).toBe(0);
    expect(session.seen).toContain('from a10033, Grace Hopper: 20.00 -> -5.00');
    expect(session.seen).toContain('to   a10017, Ada Lovelace: 100.00 -> 125.00');
    expect(await balances(folder)).toMatchObject({
      a10033: '-5.00 after 3 rows',
      a10017: '125.00 after 3 rows',
    });
  });

  it('books nothing when the review is not confirmed, or left with q', async () => {
    const folder = await temporaryBank();
    const before = await balances(folder);
    const session = sit(folder);
    await converse(session, [
      ['drovebank> ', 'w'],
      ['From account (', 'a10017'],
      ['Amount in USD: ', '1.00'],
      ['Memo (Enter for none): ', ''],
      ['Pay it out? [y/N] ', ''],
      ['Nothing was booked.', 'w'],
      ['From account (', 'a10017'],
      ['Amount in USD: ', 'q'],
      ['From account (', 'q'],
      ['drovebank> ', 'q'],
    ]);
    expect(await session.ended).toBe(0);
    expect(await balances(folder)).toEqual(before);
  });

  it('goes back a question at a time, with what was answered before', async () => {
    const folder = await temporaryBank();
    const session = sit(folder);
    await converse(session, [
      ['drovebank> ', 't'],
      ['From account (', 'a10017'],
      ['To account (', 'a10025'],
      ['Amount in USD: ', '5'],
      ['Memo (Enter for none): ', 'cinema'],
      ['Book it? [y/N] ', 'q'],
      ['Memo (Enter for none) [cinema, - clears it]: ', 'q'],
      ['Amount in USD [5, - clears it]: ', 'q'],
      ['To account (Enter lists, a text searches) [a10025, - clears it]: ', 'q'],
      ['From account (Enter lists, a text searches) [a10017, - clears it]: ', ''],
      ['To account (Enter lists, a text searches) [a10025, - clears it]: ', ''],
      ['Amount in USD [5, - clears it]: ', '6'],
      ['Memo (Enter for none) [cinema, - clears it]: ', ''],
      ['Book it? [y/N] ', 'y'],
      ['drovebank> ', 'q'],
    ]);
    expect(await session.ended).toBe(0);
    expect(session.seen).toContain('Transferred 6.00 USD from a10017 to a10025.');
  });

  it('takes no yes that was pasted before the review was told; - empties an answer', async () => {
    const folder = await temporaryBank();
    const session = sit(folder);
    await session.shows('drovebank> ');
    session.types('d\ra10017\r7\rmemo\ry');
    await session.shows('Book the deposit? [y/N] ');
    session.types('q');
    await converse(session, [
      ['Memo (Enter for none) [memo, - clears it]: ', '-'],
      ['Book the deposit? [y/N] ', 'q'],
      ['Memo (Enter for none): ', 'q'],
      ['Amount in USD [7, - clears it]: ', ''],
      ['Memo (Enter for none): ', ''],
      ['Book the deposit? [y/N] ', 'y'],
      ['Deposited 7.00 USD', 'q'],
    ]);
    expect(await session.ended).toBe(0);
    expect(await balances(folder)).toMatchObject({ a10017: '107.00 after 3 rows' });
  });

  it('asks again for what makes no sense, and helps to find the account', async () => {
    const folder = await temporaryBank();
    const session = sit(folder);
    await converse(session, [
      ['drovebank> ', 'x'],
      ['There is no "x"', 'd'],
      ['To account (', 'smith'],
      ['a10025   Bob Smith', 'a10071'],
      ['Did you mean a10017?', 'a10017'],
      ['Amount in USD: ', '1e3'],
      ['"1e3" is no decimal number', ''],
      ['Amount in USD: ', 'q'],
      ['To account (', 'q'],
      ['drovebank> ', 'q'],
    ]);
    expect(await session.ended).toBe(0);
  });

  it('lists, searches and shows the rows of an account', async () => {
    const folder = await temporaryBank();
    const session = sit(folder);
    await converse(session, [
      ['drovebank> ', 'l'],
      ['Accounts (', ''],
      ['euro', 'love'],
      ['a10017   Ada Lovelace', 'a10017'],
      ['Balance 100.00 USD', 'm'],
      ['Rows (', ''],
      ['first deposit', 'q'],
      ['a10017> ', 'b'],
      ['Accounts (', 'q'],
      ['drovebank> ', 'q'],
    ]);
    expect(await session.ended).toBe(0);
  });

  it.each([
    ['Ctrl-D', CTRL_D, 0],
    ['Ctrl-C', CTRL_C, 130],
  ])('%s leaves in the middle of a question, and books nothing', async (_, key, code) => {
    const folder = await temporaryBank();
    const before = await balances(folder);
    const session = sit(folder);
    await converse(session, [
      ['drovebank> ', 'd'],
      ['To account (', 'a10017'],
    ]);
    await session.shows('Amount in USD: ');
    session.presses(key);
    await session.shows('Bye!');
    expect(await session.ended).toBe(code);
    expect(await balances(folder)).toEqual(before);
  });

  it('tells and leaves with 7 when the bank is found damaged meanwhile', async () => {
    const folder = await temporaryBank();
    leaveUnverified(folder);
    const session = sit(folder);
    await session.shows('drovebank> ');
    declareDamage(join(folder, BANK));
    await converse(session, [
      ['', 'l'],
      ['Accounts (', ''],
    ]);
    await session.shows('BANK_DAMAGED');
    expect(await session.ended).toBe(7);
  });

  it('offers to make a bank where there is none', async () => {
    const folder = temporaryFolder();
    const session = sit(folder, ['--dir', 'new']);
    await converse(session, [
      ['Make one there? [y/N] ', 'y'],
      ['Its currency (USD): ', 'francs'],
    ]);
    await session.shows('"francs" is no currency code.');
    await converse(session, [
      ['Its currency (USD): ', 'CHF'],
      ['drovebank> ', 'e'],
    ]);
    expect(await session.ended).toBe(0);
    expect(succeed(folder, ['open', 'A', 'B', '-d', 'new'])).toContain('in CHF');
  });

  it('never asks with --no-input', async () => {
    const session = sit(await temporaryBank(), ['--no-input']);
    await session.shows('Usage: drovebank');
    expect(await session.ended).toBe(2);
  });

  it('needs no cursor: TERM=dumb works and has no escapes', async () => {
    const session = sit(await temporaryBank(), [], 'dumb');
    await converse(session, [
      ['drovebank> ', 'l'],
      ['Accounts (', 'q'],
      ['drovebank> ', 'q'],
    ]);
    expect(await session.ended).toBe(0);
    expect(session.seen).not.toContain('\u001b');
  });
});
