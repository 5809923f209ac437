import { describe, expect, it } from 'vitest';
import { KillSwitch } from '../machine/hooked-disk.js';
import { Machine } from '../machine/processes.js';
import { expectClean, expectTidy, fund, pagesOf } from './books.js';

/** A bank whose last posting has yet to come: a new account, rows for old ones, two page turns. */
async function unposted(): Promise<Machine> {
  const machine = await Machine.withBank();
  const first = await machine.start();
  const [ada, bob] = await fund(first);
  const many = (count: number) =>
    Array.from({ length: count }, () => ({ from: ada, to: bob, amount: '0.01' }));
  await first.bank.transferMany(many(50));
  await first.bank.posted();
  await first.bank.transferMany(many(20));
  const { id } = await first.bank.openAccount({ firstName: 'Carol', lastName: 'Young' });
  await first.bank.transferMany(Array.from({ length: 70 }, () => ({ to: id, amount: '1.00' })));
  machine.kill(first);
  return machine;
}

/** What a posting that nobody cuts short leaves, and how many steps it takes. */
async function postWhole(machine: Machine) {
  const whole = machine.fork();
  const kill = new KillSwitch();
  const poster = await whole.start(kill.on);
  kill.arm(Number.POSITIVE_INFINITY);
  await poster.bank.posted();
  const steps = [...kill.steps];
  await poster.bank.close();
  return { pages: pagesOf(whole.directory), steps };
}

describe('a poster that is killed at any step', () => {
  it.each([
    ['before the step', false],
    ['in the middle of what it writes', true],
  ])('leaves passbooks that the next poster completes: %s', async (_, torn) => {
    const machine = await unposted();
    const whole = await postWhole(machine);
    expect(whole.steps.length).toBeGreaterThan(20);
    expect(Object.keys(whole.pages).filter((name) => name.includes('.0001.'))).toHaveLength(4);
    for (const [at, step] of whole.steps.entries()) {
      if (torn && step.name !== 'write') continue;
      const said = `killed at step ${at}, ${step.name} of ${step.path}`;
      const fork = machine.fork();
      const kill = new KillSwitch();
      const poster = await fork.start(kill.on);
      kill.arm(at, torn);
      const ended = await Promise.race([poster.bank.posted(), kill.struck]);
      expect(ended, said).toBe('killed');
      fork.kill(poster);

      const next = await fork.start();
      await expectClean(next.bank);
      await next.bank.posted();
      expect(pagesOf(fork.directory), said).toEqual(whole.pages);
      await expectClean(next.bank);
      await next.bank.close();
      expectTidy(fork.directory);
    }
  });
});
