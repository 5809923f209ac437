import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import { encodeBatch } from '#lib/format/journal-row.js';
import type { Step } from '#lib/testing/hooked-disk.js';
import { KillSwitch } from '../machine/hooked-disk.js';
import { Machine, type PlayedProcess } from '../machine/processes.js';
import { expectClean, expectTidy, fund } from './books.js';

const WAYS = [
  ['before the step', false],
  ['in the middle of what it writes', true],
] as const;

const amountOf = async (bank: Bank, id: string) => (await bank.balance(id)).ledger.amount;

/** Asks for a transfer from a process that is killed meanwhile. Answers whether it was answered. */
async function killedWhile(
  machine: Machine,
  process: PlayedProcess & { pid: number },
  kill: KillSwitch,
  work: () => Promise<unknown>,
): Promise<boolean> {
  let answered = false;
  const answer = work().then(() => {
    answered = true;
  });
  await Promise.race([answer, kill.struck]);
  // What was answered in the same instant is heard.
  await new Promise((resolve) => setImmediate(resolve));
  machine.kill(process);
  return answered;
}

/**
 * All that must hold after a crash. `states` are the balances that the books may end with, each
 * further than the one before; from `answered` on they count.
 */
async function expectSettled(
  machine: Machine,
  id: string,
  states: readonly string[],
  answered: number,
  said: string,
) {
  const reader = await machine.start();
  const seen = states.indexOf(await amountOf(reader.bank, id));
  expect(seen, said).toBeGreaterThanOrEqual(answered);
  const writer = await machine.start();
  const { transfer, to } = await writer.bank.deposit(id, '1000.00');
  // Nothing that somebody saw was taken back.
  expect(states.indexOf(to.before.amount), said).toBeGreaterThanOrEqual(seen);
  expect(await amountOf(reader.bank, id), said).toBe(to.after.amount);
  await expectClean(writer.bank);
  await Promise.all([reader.bank.close(), writer.bank.close()]);
  const last = await machine.start();
  expect(await amountOf(last.bank, id), said).toBe(to.after.amount);
  expect((await last.bank.balance(id)).asOf, said).toBe(transfer);
  await expectClean(last.bank);
  await last.bank.close();
  expectTidy(machine.directory);
}

const tell = (at: number, { name, path }: Step) => `killed at step ${at}, ${name} of ${path}`;

describe('a writer that is killed at any step of an append', () => {
  it.each(WAYS)('keeps what it answered, and the rest whole or not at all: %s', async (_, torn) => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    await first.bank.close();
    for (let at = 0, killed = true; killed; at++) {
      const fork = machine.fork();
      const kill = new KillSwitch();
      const writer = await fork.start(kill.on);
      await writer.bank.deposit(bob, '1.00');
      kill.arm(at, torn);
      const answered = await killedWhile(fork, writer, kill, () =>
        writer.bank.transfer({ from: ada, to: bob, amount: '60.00' }),
      );
      killed = kill.isDead;
      if (!killed) expect(kill.steps.map(({ name }) => name)).toEqual(['write', 'sync', 'write']);
      const said = `${at} steps, ${answered ? 'answered' : 'not answered'}`;
      await expectSettled(fork, ada, ['100.00', '40.00'], answered ? 1 : 0, said);
    }
  });
});

describe('a writer that is killed at any step of a take-over', () => {
  /** Killed with a batch on its way that is sealed, but not answered. */
  async function leftBehind(sealed: boolean) {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    const head = await first.files.log.head();
    if (sealed && head) {
      const line =
        'withdraw,5,2099-01-01T00:00:00.000Z,USD,60.00,' +
        `${ada},3,40.00,world-usd,4,-140.00,,,,,,,,"late",,,\n`;
      const { bytes } = encodeBatch(line, { transfer: 5, epoch: 2, count: 1, previous: head.seal });
      appendFileSync(join(machine.directory, 'journal', head.segment), bytes);
    }
    machine.kill(first);
    return { machine, ada };
  }

  it.each([
    ['with an unanswered batch behind it', true],
    ['with nothing behind it', false],
  ])('leaves what the next one settles, once and for all: %s', async (_, sealed) => {
    const { machine, ada } = await leftBehind(sealed);
    const whole = machine.fork();
    const counting = new KillSwitch();
    const undisturbed = await whole.start(counting.on);
    counting.arm(Number.POSITIVE_INFINITY);
    await undisturbed.bank.deposit(ada, '5.00');
    const steps = [...counting.steps];
    const states = sealed ? ['100.00', '40.00', '45.00'] : ['100.00', '105.00'];
    const booked = states.length - 1;
    expect(await amountOf(undisturbed.bank, ada)).toBe(states[booked]);
    await undisturbed.bank.close();
    expect(steps.length).toBeGreaterThan(10);

    for (const [, torn] of WAYS) {
      for (const [at, step] of steps.entries()) {
        if (torn && step.name !== 'write') continue;
        const fork = machine.fork();
        const kill = new KillSwitch();
        const second = await fork.start(kill.on);
        kill.arm(at, torn);
        const answered = await killedWhile(fork, second, kill, () =>
          second.bank.deposit(ada, '5.00'),
        );
        await expectSettled(fork, ada, states, answered ? booked : 0, tell(at, step));
      }
    }
  });
});
