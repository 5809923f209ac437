import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../machine/processes.js';
import { expectClean } from '../store/books.js';
import { canRun, proved } from './needs.js';

const PROOF = 'an interest run that is killed';
const TEST = 'test/kernel/interest-run.test.ts';
const PROGRAM = join(import.meta.dirname, '../programs/interest-run.js');
const INDEPENDENT = join(import.meta.dirname, 'interest_run.py');
const [ACCOUNTS, KILLS] = process.env.CI ? [100_000, 10] : [6_000, 3];
const AT_ONCE = 2_000;

const DAY = 86_400_000;
const dayBefore = (days: number) => new Date(Date.now() - days * DAY).toISOString().slice(0, 10);

/** Runs the payment; killed when it has come as far as `dots` portions, and a moment more. Answers its last line. */
function pay(bank: string, period: readonly string[], dots: number): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, 'pay', bank, ...period], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const kill = () => {
    if (said.length >= dots) setTimeout(() => child.kill('SIGKILL'), Math.random() * 60);
  };
  kill();
  return new Promise((resolve) => {
    child.stdout.on('data', (text) => {
      said += text;
      kill();
    });
    child.once('close', () => resolve(said.trim().split('\n').at(-1) ?? ''));
  });
}

describe.runIf(canRun(PROOF, { test: TEST }))('An interest run', () => {
  it(`over ${ACCOUNTS} accounts, killed ${KILLS} times, pays each once, to the cent that another program gives`, {
    timeout: 1_200_000,
  }, async () => {
    const bank = newDirectory();
    const made = spawnSync(process.execPath, [PROGRAM, 'make', bank, `${ACCOUNTS}`], {
      encoding: 'utf8',
    });
    expect(made.stderr).toBe('');
    const period = [dayBefore(80), dayBefore(50)] as const;
    const portions = ACCOUNTS / AT_ONCE;
    for (let kill = 0; kill < KILLS; kill++) {
      // A run that was killed is read again from its beginning: later kills come later.
      const dots = Math.floor(
        Math.random() * Math.min(portions, ((kill + 1) * portions * 2) / KILLS),
      );
      await pay(bank, period, dots);
    }
    const last = JSON.parse(await pay(bank, period, Number.POSITIVE_INFINITY));
    expect(last).toMatchObject({ accounts: ACCOUNTS, refused: 0 });
    expect(last.replayed).toBeGreaterThan(0);
    const again = JSON.parse(await pay(bank, period, Number.POSITIVE_INFINITY));
    expect(again).toEqual({ ...last, replayed: last.booked });
    const { stdout, stderr } = spawnSync('python3', [INDEPENDENT, bank, ...period, 'interest'], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    expect(stderr).toBe('');
    expect(stdout).toBe(`${ACCOUNTS} ${last.booked}\n`);
    expect(last.booked).toBeGreaterThan(ACCOUNTS / 2);
    const opened = await openBank(bank);
    if (!process.env.CI) await expectClean(opened);
    await opened.close();
    proved(PROOF);
  });
});
