import { describe, expect, it } from 'vitest';
import type { Disk } from '#lib/disk/disk.js';
import { hooked, type Step } from '#lib/testing/hooked-disk.js';
import { Sleeper } from '../machine/hooked-disk.js';
import { Machine, type PlayedProcess } from '../machine/processes.js';
import { sample } from '../sample.js';
import { expectClean, expectTidy, expectWhole, fund } from './books.js';

type Process = PlayedProcess & { pid: number };

/** What a process is at when it is stopped: some way to it, and the work itself. */
interface Work {
  prepare(process: Process, ada: string, bob: string): Promise<unknown>;
  run(process: Process, ada: string, bob: string): Promise<unknown>;
  /** What ada has when all is done, beside the 1.00 that comes in meanwhile. */
  readonly ada: string;
}

const nothing = async () => {};
const pay = ({ bank }: Process, from: string, to: string) =>
  bank.transfer({ from, to, amount: '60.00' });

const WORKS: Record<string, Work> = {
  'taking over': {
    prepare: nothing,
    run: pay,
    ada: '41.00',
  },
  appending: {
    prepare: ({ bank }, ada) => bank.deposit(ada, '5.00'),
    run: pay,
    ada: '46.00',
  },
  'posting and leaving': {
    prepare: pay,
    run: ({ bank }) => bank.close(),
    ada: '41.00',
  },
};

/** Answers `false` when the work was done before the step came. */
async function sleepAt(machine: Machine, work: Work, at: number, when: 'before' | 'behind') {
  const [ada, bob] = ['a10017', 'a10025'];
  const sleeper = new Sleeper();
  const first = await machine.start(sleeper.on);
  await work.prepare(first, ada, bob);
  sleeper.arm(at, when);
  const outcome = work.run(first, ada, bob).then(
    () => 'done',
    (error: unknown) => error,
  );
  const slept = (await Promise.race([outcome, sleeper.asleep])) === 'asleep';
  sleeper.arm(Number.POSITIVE_INFINITY, when);
  if (slept) machine.kill(first); // It is taken for dead, and fenced.
  const second = await machine.start();
  await second.bank.deposit(ada, '1.00');
  await second.bank.posted();
  machine.dead.delete(first.pid);
  sleeper.wake();
  expect(await outcome, `asleep ${when} step ${at}`).toBe('done');
  expect((await second.bank.balance(ada)).ledger.amount, `step ${at}`).toBe(work.ada);
  await second.bank.deposit(bob, '1.00');
  await expectClean(second.bank);
  await Promise.all([first.bank.close(), second.bank.close()]);
  expectTidy(machine.directory);
  await expectWhole(machine, { [ada]: work.ada });
  return slept;
}

describe('a process that is stopped at any step, fenced, and goes on', () => {
  for (const [index, [name, work]] of Object.entries(WORKS).entries()) {
    it.each(sample(['before', 'behind'] as const, 2, index))(
      `harms nobody, and books once: ${name}, %s the step`,
      async (when) => {
        const machine = await Machine.withBank();
        const owner = await machine.start();
        expect(await fund(owner)).toEqual(['a10017', 'a10025']);
        // Here the clocks are real; that somebody sleeps before each numbered step, crash/sleepers.test.ts holds.
        let steps = 0;
        // Copied at once, and that again: the owner goes on, and soon posts.
        const whole = machine.fork();
        while (await sleepAt(whole.fork(), work, steps, when)) steps++;
        expect(steps).toBeGreaterThan(2);
      },
    );
  }
});

/** Stops whoever is at a step like this one until it is let go on, and says when it came there. */
function gateAt(isLike: (step: Step) => boolean) {
  let open = () => {};
  let come = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    come = resolve;
  });
  const on = (disk: Disk) =>
    hooked(disk, async (step, go) => {
      if (!isLike(step)) return go();
      come();
      await opened;
      return go();
    });
  return { on, reached, open };
}

describe('a batch that was written when another process had taken over', () => {
  it('is shown to nobody while that one has not marked yet what counts', async () => {
    const machine = await Machine.withBank();
    let armed = false;
    const writing = gateAt(
      ({ name, path }) => armed && name === 'write' && path.includes('/journal/'),
    );
    const looking = gateAt(
      ({ name, path }) => armed && name === 'facts' && path.includes('/desks/writer/'),
    );
    const first = await machine.start((disk) => looking.on(writing.on(disk)));
    const [ada] = await fund(first);
    // What it asks next looks at the desk no more before the write: it leads already.
    armed = true;
    const late = first.bank.deposit(ada, '7.00');
    await writing.reached;
    machine.kill(first);
    const marking = gateAt(({ name, path }) => name === 'create' && path.includes('/answered-'));
    const second = await machine.start(marking.on);
    const next = second.bank.deposit(ada, '1.00');
    await marking.reached;
    machine.dead.delete(first.pid);
    writing.open();
    await looking.reached; // Written and synced, behind the new segment's pin.
    const reader = await machine.start();
    expect(await reader.files.log.head()).toMatchObject({ transfer: 4 });
    marking.open();
    looking.open();
    await Promise.all([late, next]);
    for (const { bank } of [first, second, reader]) await bank.close();
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '108.00' });
  });
});
