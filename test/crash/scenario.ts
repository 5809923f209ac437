import type { Crash } from '#lib/testing/crashes.js';
import { SimulatedMachine } from '#lib/testing/simulated-machine.js';
import { ADA, BOB, type Operation } from './operations.js';
import { ask, BANK, type Balances, balancesOf, expectPromises } from './oracle.js';

/** How much is tried: little while somebody works, more where the long proofs run. */
export function effort(quick: number, ci: number): number {
  return Math.ceil((process.env.CI ? ci : quick) * Number(process.env.CRASH_EFFORT ?? 1));
}

/** A machine on which the operation may begin, and the balances of that moment. */
export async function ready(
  operation: Operation,
  kind: 'posix' | 'ext4' | 'xfs' = 'posix',
): Promise<[SimulatedMachine, Balances]> {
  const { segmentBytesMax } = operation;
  const machine = new SimulatedMachine({
    kind,
    ...(segmentBytesMax === undefined ? {} : { segmentBytesMax }),
  });
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
  if (operation.killed) {
    const victim = machine.start();
    await machine.run(async () => {
      const bank = await victim.openBank(BANK);
      for (const one of operation.killed ?? []) await ask(bank, one);
    });
    victim.kill();
  }
  return [machine, balances];
}

/** @throws Error that says which crash broke which promise */
export async function expectKept(
  crash: Crash,
  operation: Operation,
  balances: Balances,
  answeredLater: readonly string[] = [],
): Promise<void> {
  const { killed = [], asked } = operation;
  const answered = [...killed.map(({ key }) => key), ...crash.answered, ...answeredLater];
  try {
    await expectPromises(crash.machine, balances, [...killed, ...asked], answered);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${operation.name}, ${crash.text}: ${why}`, { cause: error });
  }
}
