import { describe, expect, it } from 'vitest';
import type { Disk } from '#lib/disk/disk.js';
import { hooked, type Step } from '#lib/testing/hooked-disk.js';
import { stepNameOf } from '../crash/steps.js';
import { Sleeper } from '../machine/hooked-disk.js';
import { Machine, type PlayedProcess } from '../machine/processes.js';
import { expectClean, expectTidy, expectWhole, fund } from './books.js';

type Process = PlayedProcess & { pid: number };

/** What a process is at when it is stopped: some way to it, and the work itself. */
interface Work {
  prepare(process: Process, ada: string, bob: string): Promise<unknown>;
  run(process: Process, ada: string, bob: string): Promise<unknown>;
  /** Steps at which it must have slept, by their names in docs/architecture.md; crash/sleepers.test.ts has all. */
  readonly steps: readonly string[];
  /** What ada has when all is done, beside the 1.00 that comes in meanwhile. */
  readonly ada: string;
}

const nothing = async () => {};
const pay = ({ bank }: Process, from: string, to: string) =>
  bank.transfer({ from, to, amount: '60.00' });

const APPENDING = ['A1 = L6 write to the journal', 'A2 sync the journal', 'A4 mark what counts'];

const WORKS: Record<string, Work> = {
  'taking over': {
    prepare: nothing,
    run: pay,
    ada: '41.00',
    steps: [
      'L4 = T1 rename the desk',
      'T5 begin a segment',
      'T5 publish the segment',
      'T5 = P6 make its name durable',
      'T7 make the mark',
      'T7 remove the mark before',
      ...APPENDING,
    ],
  },
  appending: {
    prepare: ({ bank }, ada) => bank.deposit(ada, '5.00'),
    run: pay,
    ada: '46.00',
    steps: APPENDING,
  },
  'posting and leaving': {
    prepare: pay,
    run: ({ bank }) => bank.close(),
    ada: '41.00',
    // How much is left to post for who closes, hangs on how soon the thread was at it.
    steps: ['A1 = L6 write to the journal', 'P1 rename the desk'],
  },
};

/** Answers at which step it slept; `undefined` when the work was done before that came. */
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
  return slept ? sleeper.step : undefined;
}

describe('a process that is stopped at any step, fenced, and goes on', () => {
  for (const [name, work] of Object.entries(WORKS)) {
    it.each(['before', 'behind'] as const)(
      `harms nobody, and books once: ${name}, %s the step`,
      async (when) => {
        const machine = await Machine.withBank();
        const owner = await machine.start();
        expect(await fund(owner)).toEqual(['a10017', 'a10025']);
        const slept = new Set<string>();
        for (let steps = 0; ; steps++) {
          const step = await sleepAt(machine.fork(), work, steps, when);
          if (step === undefined) break;
          slept.add(stepNameOf(step) ?? `${step.name} ${step.path}`);
        }
        expect([...slept]).toEqual(expect.arrayContaining([...work.steps]));
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
      ({ name, path }) => armed && name === 'exists' && path.includes('/desks/writer/'),
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
