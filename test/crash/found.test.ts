/** What the crash suite has found, each as the shortest story that shows it. */
import { describe, expect, it } from 'vitest';
import { openOrInitAt } from '#lib/bank/open-bank.js';
import { accountFolder, pageName } from '#lib/format/account-path.js';
import type { AccountId } from '#lib/ledger/account-id.js';
import { hooked, type Step, systemError } from '#lib/testing/hooked-disk.js';
import { closureOf } from '#lib/testing/simulated-disk.js';
import { SimulatedMachine, type SimulatedProcess } from '#lib/testing/simulated-machine.js';
import { sample } from '../sample.js';
import { sceneOf, tryFault } from './errors.js';
import { failSyncs } from './faults.js';
import type { Operation } from './operations.js';
import { ADA, OPERATIONS } from './operations.js';
import {
  type Asked,
  ask,
  BANK,
  type Balances,
  expectPromises,
  type Promised,
  recover,
} from './oracle.js';
import { crashPointsOf, ready } from './scenario.js';

function operationNamed(name: string): Operation {
  const found = OPERATIONS.find((operation) => operation.name === name);
  if (!found) throw new Error(`there is no operation ${name}`);
  return found;
}

/** The machine on which somebody at `operation` was killed before the first step like this. */
async function killedAt(
  operation: Operation,
  isLike: (step: Step) => boolean,
): Promise<[SimulatedMachine, Balances | undefined]> {
  const [machine, balances] = await ready(operation);
  return [await killedOn(machine, operation, isLike), balances];
}

async function killedOn(
  machine: SimulatedMachine,
  operation: Operation,
  isLike: (step: Step) => boolean,
): Promise<SimulatedMachine> {
  const points = await crashPointsOf(machine, operation);
  const point = points.find(({ step }) => step && isLike(step));
  if (!point) throw new Error('there is no such step');
  return machine.killed(point.disk);
}

async function openAndLeave(machine: SimulatedMachine, asked: readonly Asked[]): Promise<void> {
  const process = machine.start();
  await machine.run(async () => {
    const bank = await openOrInitAt(process.host, BANK, {});
    for (const one of asked) await ask(bank, one);
    await bank.close();
  });
}

/** Opens the bank, asks again, and leaves; then the power goes, with all that is not durable. */
async function openAndLosePower(machine: SimulatedMachine, { asked }: Operation) {
  await openAndLeave(machine, asked);
  return machine.rebooted(machine.disk.afterPowerCut(new Set()));
}

/** All of it was answered. */
const promisedBy = (
  { asked }: Pick<Operation, 'asked'>,
  before: Balances | undefined,
): Promised => ({
  before,
  asked,
  answered: asked.map(({ key }) => key),
});

function everySecond(isThere: (step: Step) => boolean) {
  let count = 0;
  return (step: Step) => isThere(step) && count++ % 2 === 1;
}

describe('found, and mended', () => {
  it('a checkpoint stood behind a leave that was not durable: the bank was taken for damaged', async () => {
    const operation = operationNamed('deposit');
    const [machine, before] = await killedAt(
      operation,
      ({ name, path }) => name === 'makeFolder' && path.endsWith('poster.lock'),
    );
    const after = await openAndLosePower(machine, operation);
    await expectPromises(after, promisedBy(operation, before));
  });

  it('a segment was pinned behind a leave that was not durable: the bank was taken for damaged', async () => {
    const operation = operationNamed('deposit');
    const [machine, before] = await ready(operation);
    const refused = { ...operationNamed('refused withdrawal').asked[0], key: 'k9' } as Asked;
    const refuse = async (process: SimulatedProcess) => {
      const bank = await process.openBank(BANK);
      await ask(bank, refused).catch(() => {});
      return bank;
    };
    const polite = machine.start();
    await machine.run(async () => (await refuse(polite)).close());
    const victim = machine.start();
    await machine.run(() => refuse(victim));
    victim.kill();
    const after = await openAndLosePower(machine, operation);
    await expectPromises(after, promisedBy(operation, before));
  });

  it('a batch that was not durable was copied, and its leave before it pinned: the same', async () => {
    const operation = operationNamed('deposit');
    const [machine, before] = await ready(operation);
    const left: Asked = { key: 'left', to: ADA, amount: 1n };
    await openAndLeave(machine, [left]);
    const isCommit = ({ name, path }: Step) => name === 'sync' && path.includes('journal/0');
    const after = await openAndLosePower(await killedOn(machine, operation, isCommit), operation);
    await expectPromises(after, promisedBy({ asked: [left, ...operation.asked] }, before));
  });

  it('a segment was pinned whose own name was not durable: the bank was taken for damaged', async () => {
    const operation = operationNamed('take-over from somebody killed');
    const [machine, before] = await ready(operation);
    const isPublished = ({ name, path }: Step) =>
      name === 'syncFolder' && path.endsWith('/journal');
    const second = await killedOn(machine, operation, isPublished);
    for (const { disk } of await crashPointsOf(second, operation)) {
      for (const link of disk.effects.filter(({ text }) => text.startsWith('link 0000'))) {
        const left = disk.afterPowerCut(closureOf([link], disk.effects));
        const asked = [...(operation.killed ?? []), ...operation.asked];
        await expectPromises(second.rebooted(left), { before, asked, answered: ['k0'] });
      }
    }
  });

  it('a folder made by a poster that died was never made durable: an account was gone', async () => {
    const operation = operationNamed('opening an account');
    const [machine, before] = await killedAt(
      operation,
      ({ name, path }) => name === 'write' && path.includes('/page-'),
    );
    const after = await openAndLosePower(machine, operation);
    await expectPromises(after, promisedBy(operation, before));
  });

  it.each([
    ['the bank', '/home/banks'],
    ['the folder above it', '/home'],
  ])(
    'the name of %s was not durable when its maker was killed: the bank was gone',
    async (_, folder) => {
      const operation = operationNamed('opening a bank that is not there yet');
      const [machine, before] = await killedAt(
        operation,
        ({ name, path }) => name === 'syncFolder' && path === folder,
      );
      const after = await openAndLosePower(machine, operation);
      await expectPromises(after, promisedBy(operation, before));
    },
  );

  it('a ticket of before a reboot was passed over and never removed: each opening waited for it', async () => {
    const operation = operationNamed('posting that is asked of another process');
    const [machine, before] = await killedAt(
      operation,
      ({ name, path }) => name === 'remove' && path.includes('/writer.queue/'),
    );
    await expectPromises(machine.rebooted(machine.disk), {
      ...promisedBy(operation, before),
      answered: [],
    });
  });

  it('a close that failed behind a failed sync hid it: what was perhaps booked was told not to be', async () => {
    const scene = await sceneOf(operationNamed('deposit'));
    const isSync = ({ name, path }: Step) => name === 'sync' && path.includes('/journal/');
    const at = scene.steps.findIndex(isSync);
    const fault = {
      at,
      code: 'EIO',
      lasts: 'until it is lifted',
      when: 'before',
      how: 'late',
    } as const;
    expect(await tryFault(scene, { ...fault, end: 'is killed' })).not.toHaveLength(0);
  });

  it.each<[string, number, (step: Step) => boolean]>([
    ['when it opened the files', 0, ({ path }) => path === `${BANK}/bank.json`],
    // It looks twice in a round: to post, and to see whether there is more.
    ['while it waited for work', 2_000, everySecond(({ name }) => name === 'facts')],
  ])('a thread that met an error %s posted nothing any more', async (_, afterMs, isThere) => {
    const [machine] = await ready(operationNamed('deposit'));
    let armed = false;
    let struck = 0;
    const process = machine.start((disk) =>
      hooked(disk, (step, go) => {
        if (!armed || !isThere(step)) return go();
        struck++;
        throw systemError('EIO', step.path);
      }),
    );
    await machine.run(async () => {
      const bank = await process.openBank(BANK);
      await bank.deposit(ADA, '1.00');
      await process.host.system.pause(afterMs).done;
      armed = true;
      await process.host.system.pause(3_000).done;
      armed = false;
      await bank.deposit(ADA, '41.00');
      await process.host.system.pause(6_000).done;
      const page = [...machine.disk.tree()].find(([path]) => path.endsWith(`/${ADA}.csv`))?.[1];
      expect(page?.toString()).toContain(',41.00,,142.00,');
      expect(struck).toBeGreaterThan(0);
      await bank.close();
    });
  });

  it('a thread had gone when the bank was stopped: behind a recovery nobody posted, and posted() hung', async () => {
    const [machine] = await ready(operationNamed('deposit'));
    const fault = failSyncs(machine.disk, 'late');
    const process = machine.start(fault.on);
    await machine.run(async () => {
      const bank = await process.openBank(BANK);
      await bank.deposit(ADA, '1.00');
      await process.host.system.pause(2_000).done;
      fault.arm();
      await expect(bank.deposit(ADA, '2.00')).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
      await process.host.system.pause(2_000).done;
      await recover(machine);
      await bank.deposit(ADA, '4.00');
      await bank.posted();
      await bank.close();
    });
  });

  it('a poster that slept before its barrier told a disk error when another one had the desk', async () => {
    const machine = new SimulatedMachine({ interleave: true, barrierPagesMin: 1 });
    const [first, second] = [machine.start(), machine.start()];
    let armed = false;
    machine.beforeStep = (process, step) => {
      if (!armed || process !== first || step?.name !== 'flushFileSystem') return;
      armed = false;
      first.stop();
    };
    await machine.run(async () => {
      await first.initBank(BANK);
      const slept = await first.openBank(BANK);
      const ada = await slept.openAccount({ firstName: 'Ada', lastName: 'Test' });
      await slept.posted();
      await slept.deposit(ada.id, '1.00');
      armed = true;
      const posted = slept.posted();
      const other = await second.openBank(BANK);
      await other.deposit(ada.id, '2.00');
      await other.posted();
      expect(first.state).toBe('stopped');
      first.resume();
      await posted;
      expect((await other.verify()).ok).toBe(true);
      await Promise.all([slept.close(), other.close()]);
    });
  });

  it('a poster that slept in the middle of a passbook, while others turned its pages, took it for damaged', async () => {
    const machine = new SimulatedMachine({ interleave: true, pageRowsMax: 2 });
    const [founder, first, second] = [machine.start(), machine.start(), machine.start()];
    let armed = false;
    machine.beforeStep = (process, step) => {
      // It has read the open page: which pages are before it, it sees when it wakes up.
      const lists = step?.name === 'list' && step.path.endsWith(accountFolder(ADA as AccountId));
      if (!armed || process !== first || !lists) return;
      armed = false;
      first.stop();
    };
    await machine.run(async () => {
      await founder.initBank(BANK);
      const bank = await founder.openBank(BANK);
      const ada = await bank.openAccount({ firstName: 'Ada', lastName: 'Test' });
      for (let row = 0; row < 4; row++) await bank.deposit(ada.id, '1.00');
      await bank.close();
      const slept = await first.openBank(BANK);
      await slept.deposit(ada.id, '1.00');
      armed = true;
      const posted = slept.posted();
      while (first.state !== 'stopped') await second.host.system.pause(10).done;
      const other = await second.openBank(BANK);
      for (let row = 0; row < 8; row++) {
        await other.deposit(ada.id, '2.00');
        await other.posted();
      }
      first.resume();
      await posted;
      expect((await other.balance(ada.id)).ledger.amount).toBe('21.00');
      expect((await other.verify()).ok).toBe(true);
      await Promise.all([slept.close(), other.close()]);
    });
  });

  it('rows of several who left were lost before a batch that was not: a sound bank was taken for damaged', async () => {
    const operation = operationNamed('deposit');
    const [machine, before] = await ready(operation);
    const refused = { ...operationNamed('refused withdrawal').asked[0], key: 'k9' } as Asked;
    // None of these rows is durable for its own sake; they fill more than a sector.
    for (let time = 0; time < 6; time++) {
      const polite = machine.start();
      await machine.run(async () => {
        const bank = await polite.openBank(BANK);
        await ask(bank, refused).catch(() => {});
        await bank.close();
      });
    }
    const isCommit = ({ name, path }: Step) => name === 'sync' && path.includes('journal/0');
    const killed = await killedOn(machine, operation, isCommit);
    const { effects } = killed.disk;
    for (const lost of sample(effects, 5)) {
      const left = effects.filter(
        ({ number, after }) => number !== lost.number && !after.includes(lost.number),
      );
      const survives = new Set(left.map(({ number }) => number));
      for (const stops of [false, true]) {
        const after = killed.rebooted(killed.disk.afterPowerCut(survives));
        await expectPromises(after, { ...promisedBy(operation, before), answered: [], stops });
      }
    }
  });

  it.each(
    sample(
      Array.from({ length: 12 }, (_, index) => index + 1),
      4,
    ),
  )(
    'somebody stopped the bank for damage, and wrote that he leaves over what others were just answered (seed %i)',
    async (seed) => {
      const options = { seed, interleave: true, pageRowsMax: 4, roomAfterBytes: 300 };
      const machine = new SimulatedMachine(options);
      const process = machine.start();
      const answered: number[] = [];
      await machine.run(async () => {
        await process.initBank(BANK);
        const bank = await process.openBank(BANK);
        const open = async () => (await bank.openAccount({ firstName: 'A', lastName: 'B' })).id;
        const [a, b, c] = [await open(), await open(), await open()];
        await bank.deposit(a, '100.00');
        for (let row = 0; row < 9; row++) await bank.deposit(c, '1.00');
        await bank.posted();
        const sealed = `${BANK}/${accountFolder(c as AccountId)}/${pageName(c, 1)}`;
        const page = await machine.disk.port().open(sealed, 'write');
        await page.write(Buffer.from('9'), 300);
        await page.close();

        let isStopped = false;
        const payer = async () => {
          while (!isStopped) {
            const { transfer } = await bank.transfer({ from: a, to: b, amount: '0.01' });
            answered.push(transfer);
          }
        };
        const payers = Promise.allSettled([payer(), payer(), payer()]);
        const damage = { code: 'BANK_DAMAGED' };
        await expect(bank.history(c).page()).rejects.toMatchObject(damage);
        isStopped = true;
        await payers;
        await bank.close().catch((error) => expect(error).toMatchObject(damage));
      });

      const later = machine.killed(machine.disk);
      const next = later.start();
      await later.run(async () => {
        expect(await next.recover(BANK, { apply: true })).toMatchObject({ state: 'repaired' });
        const bank = await next.openBank(BANK);
        const booked = new Set<number>();
        for await (const { id } of bank.accounts())
          for await (const { transfer } of bank.history(id)) booked.add(transfer);
        expect(answered.filter((transfer) => !booked.has(transfer))).toEqual([]);
        expect((await bank.verify()).ok).toBe(true);
        await bank.close();
      });
    },
  );
});
