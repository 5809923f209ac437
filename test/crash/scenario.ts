import type { Start } from '#lib/testing/crashes.js';
import { type Crash, type CrashPoint, recordCrashPoints } from '#lib/testing/crashes.js';
import { SimulatedMachine } from '#lib/testing/simulated-machine.js';
import { failSyncs } from './faults.js';
import { ADA, BOB, type Operation, type Told } from './operations.js';
import { ask, BANK, type Balances, balancesOf, expectPromises, must, REFUSALS } from './oracle.js';

/** How much is tried: little while somebody works, more where the long proofs run. */
export function effort(quick: number, ci: number): number {
  return Math.ceil((process.env.CI ? ci : quick) * Number(process.env.CRASH_EFFORT ?? 1));
}

/** A machine on which the operation may begin, and the balances of that moment, if there is a bank. */
export async function ready(
  operation: Operation,
  kind: 'posix' | 'ext4' | 'xfs' = 'posix',
): Promise<[SimulatedMachine, Balances | undefined]> {
  const { segmentBytesMax, roomAfterBytes, nothing, killed = [], failed } = operation;
  const machine = new SimulatedMachine({
    kind,
    ...(segmentBytesMax === undefined ? {} : { segmentBytesMax }),
    ...(roomAfterBytes === undefined ? {} : { roomAfterBytes }),
  });
  if (nothing) return [machine, undefined];
  const balances = await bankWithPeople(machine, operation);
  if (killed.length > 0 || failed) {
    const fault = failSyncs(machine.disk, failed?.how ?? 'late');
    const victim = machine.start(fault.on);
    await machine.run(async () => {
      const bank = await victim.openBank(BANK);
      for (const one of killed) await ask(bank, one);
      if (!failed) return;
      fault.arm();
      const told = await ask(bank, failed.asked).catch(({ code }) => code);
      must(told === 'OUTCOME_UNKNOWN', `a failed sync was answered with ${told}`);
    });
    victim.kill();
  }
  return [machine, balances];
}

async function bankWithPeople(machine: SimulatedMachine, operation: Operation): Promise<Balances> {
  const first = machine.start();
  const balances = await machine.run(async () => {
    await first.initBank(BANK);
    const bank = await first.openBank(BANK);
    for (const firstName of ['Ada', 'Bob', 'Cat']) {
      await bank.openAccount({ firstName, lastName: 'Test' });
    }
    await bank.transferMany([ADA, BOB].map((to) => ({ to, amount: '100.00' })));
    await operation.before?.(bank);
    const found = await balancesOf(bank);
    await bank.close();
    return found;
  });
  first.kill();
  machine.disk.settle();
  return balances;
}

/** Every moment of the operation. */
export async function crashPointsOf(
  machine: SimulatedMachine,
  operation: Operation,
): Promise<CrashPoint[]> {
  return recordCrashPoints(machine, (process, answered, start) =>
    operation.work(process, listening(machine, answered, start)),
  );
}

function listening(
  machine: SimulatedMachine,
  answered: (what: string) => void,
  start: Start,
): Told {
  return {
    machine,
    start,
    open: (process, open = () => process.openBank(BANK)) => open(),
    async ask(bank, one) {
      try {
        await ask(bank, one);
      } catch (error) {
        if (one.refused && REFUSALS.includes(errorCodeOf(error))) answered(one.key);
        else if (!STOPPED.includes(errorCodeOf(error))) throw error;
        return;
      }
      answered(one.key);
    },
    async attempt(asked, work) {
      await work();
      for (const { key } of asked) answered(key);
    },
    close: (bank) =>
      bank.close().catch((error) => {
        if (!STOPPED.includes(errorCodeOf(error))) throw error;
      }),
  };
}

/** What is told in a bank that a failed sync has stopped. */
const STOPPED = ['OUTCOME_UNKNOWN', 'BANK_DAMAGED'];
const errorCodeOf = (error: unknown) => String((error as { code?: unknown }).code);

/** @throws Error that says which crash broke which promise */
export async function expectKept(
  crash: Crash,
  operation: Operation,
  before: Balances | undefined,
  answeredLater: readonly string[] = [],
): Promise<void> {
  const { killed = [], asked, stops = false, again } = operation;
  const answered = [...killed.map(({ key }) => key), ...crash.answered, ...answeredLater];
  const promised = { before, asked: [...killed, ...asked], answered, stops, again };
  try {
    await expectPromises(crash.machine, promised);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${operation.name}, ${crash.text}: ${why}`, { cause: error });
  }
}
