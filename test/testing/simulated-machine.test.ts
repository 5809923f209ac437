import { BankError } from 'drovebank';
import { hooked, SimulatedMachine, type SimulatedProcess, systemError } from 'drovebank/testing';
import { describe, expect, it } from 'vitest';

const BANK = '/bank';

describe('an error of the disk on a simulated machine', () => {
  it.each<[string, (process: SimulatedProcess) => Promise<unknown>]>([
    ['making', (process) => process.initBank('/other')],
    ['opening', (process) => process.openBank(BANK)],
    ['recovering', (process) => process.recover(BANK)],
  ])('is told by %s a bank as on a real one', async (_, work) => {
    const machine = new SimulatedMachine();
    await machine.run(() => machine.start().initBank(BANK));
    const process = machine.start((disk) =>
      hooked(disk, (step) => {
        throw systemError('EACCES', step.path);
      }),
    );
    const refusal = await machine.run(() => work(process).catch((error) => error));
    expect(refusal).toBeInstanceOf(BankError);
    expect(refusal).toMatchObject({ code: 'NO_PERMISSION', committed: false });
  });
});

it('a dry run of recovering on a simulated machine repairs nothing, and with `apply` it does', async () => {
  const machine = new SimulatedMachine();
  const process = machine.start();
  const states = await machine.run(async () => {
    await process.initBank(BANK);
    await process.host.disk({ shared: false }).removeFolder(`${BANK}/desks/writer.queue`);
    const told = [await process.recover(BANK), await process.recover(BANK, { apply: true })];
    return [...told, await process.recover(BANK)].map(({ state }) => state);
  });
  expect(states).toEqual(['problems', 'repaired', 'clean']);
});
