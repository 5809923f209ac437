/** What the crash suite has found, each as the shortest story that shows it. */
import { describe, it } from 'vitest';
import { recordCrashPoints } from '#lib/testing/crashes.js';
import type { Step } from '#lib/testing/hooked-disk.js';
import type { SimulatedMachine, SimulatedProcess } from '#lib/testing/simulated-machine.js';
import type { Operation } from './operations.js';
import { ADA, OPERATIONS } from './operations.js';
import { type Asked, ask, BANK, type Balances, expectPromises } from './oracle.js';
import { ready } from './scenario.js';

function operationNamed(name: string): Operation {
  const found = OPERATIONS.find((operation) => operation.name === name);
  if (!found) throw new Error(`there is no operation ${name}`);
  return found;
}

/** The machine on which somebody at `operation` was killed before the first step like this. */
async function killedAt(
  operation: Operation,
  isLike: (step: Step) => boolean,
): Promise<[SimulatedMachine, Balances]> {
  const [machine, balances] = await ready(operation);
  return [await killedOn(machine, operation, isLike), balances];
}

async function killedOn(
  machine: SimulatedMachine,
  operation: Operation,
  isLike: (step: Step) => boolean,
): Promise<SimulatedMachine> {
  const points = await recordCrashPoints(machine, (process, answered) =>
    operation.work(process, { machine, answered }),
  );
  const point = points.find(({ step }) => step && isLike(step));
  if (!point) throw new Error('there is no such step');
  return machine.killed(point.disk);
}

async function openAndLeave(machine: SimulatedMachine, asked: readonly Asked[]): Promise<void> {
  const process = machine.start();
  await machine.run(async () => {
    const bank = await process.openBank(BANK);
    for (const one of asked) await ask(bank, one);
    await bank.close();
  });
}

/** Opens the bank, asks again, and leaves; then the power goes, with all that is not durable. */
async function openAndLosePower(machine: SimulatedMachine, { asked }: Operation) {
  await openAndLeave(machine, asked);
  return machine.rebooted(machine.disk.afterPowerCut(new Set()));
}

const keysOf = ({ asked }: Operation) => asked.map(({ key }) => key);

describe('found, and mended', () => {
  it('a checkpoint stood behind a leave that was not durable: the bank was taken for damaged', async () => {
    const operation = operationNamed('deposit');
    const [machine, balances] = await killedAt(
      operation,
      ({ name, path }) => name === 'makeFolder' && path.endsWith('poster.lock'),
    );
    const after = await openAndLosePower(machine, operation);
    await expectPromises(after, balances, operation.asked, keysOf(operation));
  });

  it('a segment was pinned behind a leave that was not durable: the bank was taken for damaged', async () => {
    const operation = operationNamed('deposit');
    const [machine, balances] = await ready(operation);
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
    await expectPromises(after, balances, operation.asked, keysOf(operation));
  });

  it('a batch that was not durable was copied, and its leave before it pinned: the same', async () => {
    const operation = operationNamed('deposit');
    const [machine, balances] = await ready(operation);
    const left: Asked = { key: 'left', to: ADA, amount: 1n };
    await openAndLeave(machine, [left]);
    const isCommit = ({ name, path }: Step) => name === 'sync' && path.includes('journal/0');
    const after = await openAndLosePower(await killedOn(machine, operation, isCommit), operation);
    const keys = [left.key, ...keysOf(operation)];
    await expectPromises(after, balances, [left, ...operation.asked], keys);
  });

  it('a folder made by a poster that died was never made durable: an account was gone', async () => {
    const operation = operationNamed('opening an account');
    const [machine, balances] = await killedAt(
      operation,
      ({ name, path }) => name === 'write' && path.includes('/page-'),
    );
    const after = await openAndLosePower(machine, operation);
    await expectPromises(after, balances, operation.asked, keysOf(operation));
  });
});
