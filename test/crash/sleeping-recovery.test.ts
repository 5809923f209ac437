/**
 * Whoever declares damage, or repairs it, is stopped right before a step for longer than the stale time, while
 * others ask, and perhaps repair the bank; then it is set going again. Nothing is harmed, everybody hears the
 * same, and it tells the truth.
 */
import { describe, expect, it } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import { STALE_MS } from '#lib/disk/lock.js';
import { accountFolder, pageName } from '#lib/format/account-path.js';
import { BankError } from '#lib/ledger/errors.js';
import { damaged, declareDamage } from '#lib/store/damage.js';
import { recoverBank } from '#lib/store/recover.js';
import { changes, hooked, type Step } from '#lib/testing/hooked-disk.js';
import { SimulatedMachine, type SimulatedProcess } from '#lib/testing/simulated-machine.js';
import { sample } from '../sample.js';
import { BANK, balancesOf, expectSound, recover } from './oracle.js';
import { effort } from './scenario.js';

const [ADA, BOB] = ['a10017', 'a10025'] as const;
const PAGE = `${accountFolder(ADA)}/${pageName(ADA)}`;

/** A bank in which ada's page was changed, somebody has it open, and is idle. */
async function struckBank() {
  const machine = new SimulatedMachine();
  const owner = machine.start();
  const bank = await machine.run(async () => {
    await owner.initBank(BANK);
    const opened = await owner.openBank(BANK);
    for (const firstName of ['Ada', 'Bob'])
      await opened.openAccount({ firstName, lastName: 'Smith' });
    for (const id of [ADA, BOB]) await opened.deposit(id, '100.00');
    await opened.posted();
    return opened;
  });
  const disk = machine.disk.port();
  const file = await disk.open(`${BANK}/${PAGE}`, 'write');
  await file.write(Buffer.from('Eve'), (await disk.read(`${BANK}/${PAGE}`)).indexOf('Ada'));
  await file.close();
  machine.disk.settle();
  return { machine, bank };
}

/** Stopped before the step that `isThere` names; `reached` when it is there. */
function sleeperOn(machine: SimulatedMachine, isThere: (step: Step, count: number) => boolean) {
  let come = () => {};
  let goOn = () => {};
  const reached = new Promise<'asleep'>((resolve) => {
    come = () => resolve('asleep');
  });
  const awake = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let count = 0;
  let slept = false;
  const process: SimulatedProcess = machine.start((disk) =>
    hooked(disk, async (step, go) => {
      if (!slept && changes(step) && isThere(step, count++)) {
        slept = true;
        process.stop();
        come();
        await awake;
      }
      return go();
    }),
  );
  const wake = () => {
    process.resume();
    goOn();
  };
  return { process, reached, wake };
}

/** Whether they were served; those who were not were told why. */
async function isServed(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (!(error instanceof BankError)) throw error;
    // Unknown: it was on its way when its writer's desk was moved.
    expect(['BANK_DAMAGED', 'OUTCOME_UNKNOWN']).toContain(error.code);
    return false;
  }
}

/** Who has the bank open, and who comes now, pay bob 1.00 each. They hear the same: served, or not. */
async function askBoth({ machine, bank }: { machine: SimulatedMachine; bank: Bank }, time: string) {
  const comer = machine.start();
  const first = await isServed(() => pay(bank, `${time}, open`));
  const second = await isServed(async () => {
    const other = await comer.openBank(BANK);
    try {
      await pay(other, `${time}, new`);
    } finally {
      await other.close();
    }
  });
  comer.kill();
  expect(first, time).toBe(second);
  return first;
}

const pay = (bank: Bank, idempotencyKey: string) => bank.deposit(BOB, '1.00', { idempotencyKey });

interface Sleep {
  readonly name: string;
  readonly isThere: (step: Step) => boolean;
}

const step = (name: string, calls: readonly Step['name'][], path: RegExp): Sleep => ({
  name,
  isThere: (one) => calls.includes(one.name) && path.test(one.path.slice(BANK.length + 1)),
});

/**
 * Plays `work` up to the step, lets the others ask, with a repair in between or without, wakes it, and holds
 * everything against what was answered.
 */
async function sleepAt(
  isThere: (step: Step, count: number) => boolean,
  work: (process: SimulatedProcess) => Promise<void>,
  repaired: boolean,
): Promise<'asleep' | 'not there'> {
  const scene = await struckBank();
  const { machine, bank } = scene;
  const { process, reached, wake } = sleeperOn(machine, isThere);
  const times = ['asleep', 'repaired', 'awake'];
  const slept = await machine.run(async () => {
    const done = work(process).then(() => 'not there' as const);
    const came = await Promise.race([reached, done]);
    if (came === 'not there') return came;
    const observer = machine.start();
    await askBoth(scene, 'asleep');
    await observer.host.system.pause(2 * STALE_MS).done;
    if (repaired) {
      const { problems } = await recoverBank(observer.host, BANK, { apply: true });
      expect(problems).toEqual([]);
      expect(await askBoth(scene, 'repaired')).toBe(true);
    }
    wake();
    await done;
    await askBoth(scene, 'awake');
    return came;
  });
  process.kill();
  await machine.run(() => recover(machine));
  const next = machine.start();
  await machine.run(async () => {
    // Who had it open all the time goes on. Asked again, each is there once.
    for (const time of times) for (const who of ['open', 'new']) await pay(bank, `${time}, ${who}`);
    const opened = await next.openBank(BANK);
    await expectSound(opened);
    const balances = await balancesOf(opened);
    expect([balances.get(ADA), balances.get(BOB)]).toEqual([10_000n, 10_600n]);
    await opened.close();
    await bank.close();
  });
  return slept;
}

const DECLARE: readonly Sleep[] = [
  step('the notice is staged', ['create'], /^desks\/writer\/.*PAIN\.csv$/),
  step('it is written', ['write'], /PAIN\.csv$/),
  step('it is durable', ['sync'], /PAIN\.csv$/),
  step('the writer’s desk is moved', ['rename'], /^desks\/writer\/damaged-[^/]*$/),
  step('that lasts', ['syncFolder'], /^desks\/writer$/),
  step('the poster’s desk is moved', ['rename'], /^desks\/poster\/damaged-[^/]*$/),
  step('that lasts as well', ['syncFolder'], /^desks\/poster$/),
  step('the notice takes its place', ['rename'], /^PAIN\.csv$/),
  step('its name is durable', ['syncFolder'], /^$/),
];

const REPAIR: readonly Sleep[] = [
  step('R1 the writer’s role is asked for', ['create'], /^desks\/writer\.queue\//),
  step('R1 its lock is taken', ['makeFolder'], /^desks\/writer\.lock$/),
  step('R2 the writer’s desk is moved', ['rename'], /^desks\/writer\/damaged-[^/]*$/),
  step('R3 the notice is staged', ['create', 'write', 'sync'], /\/repair-/),
  step('R3 it is put up', ['rename'], /^PAIN\.csv$/),
  step('R1 the poster’s lock is taken', ['makeFolder'], /^desks\/poster\.lock$/),
  step('R2 the poster’s desk is moved', ['rename'], /^desks\/poster\/damaged-[^/]*$/),
  step('R4 a copy is made', ['rename'], /^lost\+found\/.*a10017\.csv$/),
  step('R5 the page is published', ['rename'], new RegExp(`^${PAGE}$`)),
  step('R5 its name is durable', ['syncFolder'], new RegExp(`^${accountFolder(ADA)}$`)),
  step('R6 the notice is copied', ['rename'], /^lost\+found\/.*PAIN\.csv$/),
  step('R6 it is put aside', ['rename'], /\/repair-/),
  step('R7 the poster’s desk comes back', ['rename'], /^desks\/poster\/\d[^/]*$/),
  step('R7 the marks are removed', ['remove'], /^desks\/writer\/damaged-.*answered-/),
  step('R7 the writer’s desk comes back', ['rename'], /^desks\/writer\/\d[^/]*$/),
  step('R7 the locks are let go', ['removeFolder'], /^desks\/writer\.lock$/),
];

const declare = ({ host }: SimulatedProcess) => {
  const place = { disk: host.disk({ shared: false }), directory: BANK, system: host.system };
  return declareDamage(place, damaged(PAGE, 'row 1 was changed'));
};

/** It repairs the bank, or says that somebody else is at it. */
const repair = async ({ host }: SimulatedProcess) => {
  try {
    const { problems } = await recoverBank(host, BANK, { apply: true });
    expect(problems).toEqual([]);
  } catch (error) {
    expect(error).toMatchObject({ code: 'BANK_BUSY' });
  }
};

describe.each([
  ['others ask', false],
  ['others repair the bank', true],
])('stopped for longer than a process may be, while %s, and set going again', (_, repaired) => {
  it.each(sample(DECLARE, 2, repaired ? 1 : 0))(
    'who declares damage harms nothing: before $name',
    async ({ isThere }) => {
      expect(await sleepAt(isThere, declare, repaired)).toBe('asleep');
    },
  );

  it.each(sample(REPAIR, 2, repaired ? 0 : 1))(
    'who repairs it harms nothing: before $name',
    async ({ isThere }) => {
      expect(await sleepAt(isThere, repair, repaired)).toBe('asleep');
    },
  );

  it('the same before any other step of a repair', async () => {
    const every = Math.max(1, Math.round(24 / effort(1, 24)));
    for (let at = 0; ; at += every) {
      const slept = await sleepAt((_step, count) => count === at, repair, repaired);
      if (slept === 'not there') break;
    }
  });
});
