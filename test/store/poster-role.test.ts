import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { readManifest, wire } from '#lib/store/store.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { KillSwitch } from '../machine/hooked-disk.js';
import { Machine, noPoster } from '../machine/processes.js';
import { expectClean, expectTidy, expectWhole, fund, namesIn, rowsOn } from './books.js';

const waiting = (machine: Machine) => namesIn(machine.directory, 'desks/poster.queue').length;

/** Resolves when somebody has drawn a poster's ticket. */
async function ticketDrawn(machine: Machine): Promise<void> {
  while (waiting(machine) === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('the role of the poster', () => {
  it('is one process’s: who asks meanwhile is served through a ticket', async () => {
    const machine = await Machine.withBank();
    const [poster, writer] = [await machine.start(), await machine.start()];
    const [ada, bob] = await fund(writer);
    expect(await poster.files.poster.tryStart()).toBe(true);
    expect(await writer.files.poster.tryStart()).toBe(false);
    const posted = writer.bank.posted([ada]);
    await ticketDrawn(machine);
    expect(await poster.files.poster.post()).toBe(4);
    await posted;
    expect(rowsOn(machine.directory, ada)).toHaveLength(2);
    expect(rowsOn(machine.directory, bob)).toHaveLength(2);
    await poster.files.poster.stop();
    await Promise.all([writer.bank.close(), poster.bank.close()]);
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '100.00', [bob]: '100.00' });
  });

  it('serves the accounts that somebody waits for before it has posted the others', async () => {
    const machine = await Machine.withBank();
    const [poster, writer] = [await machine.start(), await machine.start()];
    const [ada, bob] = await fund(writer);
    expect(await poster.files.poster.tryStart()).toBe(true);
    const posted = writer.bank.posted([ada]);
    await ticketDrawn(machine);
    let seen: number | undefined;
    const posting = poster.files.poster.post(() => {
      seen ??= waiting(machine);
      return false;
    });
    await Promise.all([posting, posted]);
    expect(seen).toBe(0);
    await poster.files.poster.stop();
    await Promise.all([writer.bank.close(), poster.bank.close()]);
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '100.00', [bob]: '100.00' });
  });

  it.each([
    ['keeps them all, where there is memory for them', 1_000, []],
    ['forgets those that it used longest ago, where there is not', 3, ['world-usd', 'world-usd']],
  ])('reads no page that it remembers: it %s', async (_, rowsMax, expected) => {
    const machine = await Machine.withBank();
    const read: string[] = [];
    const host = machine.host((disk) =>
      hooked(disk, ({ name, path }, go) => {
        if (name === 'read' && path.includes('/accounts/')) read.push(basename(path, '.csv'));
        return go();
      }),
    );
    const manifest = await readManifest(nodeDisk(), machine.directory);
    const kept = { ...host, pagesCharactersMax: rowsMax * 160 };
    const { poster } = wire(kept, machine.directory, manifest);
    const bank = await machine.open({ ...machine.host(), startPoster: noPoster });
    expect(await poster.tryStart()).toBe(true);
    let last = '';
    for (const firstName of ['Ada', 'Bob', 'Cat']) {
      last = (await bank.openAccount({ firstName, lastName: 'Smith' })).id;
      await poster.post();
    }
    read.length = 0; // Accounts without a passbook were looked for.
    for (let time = 0; time < 2; time++) {
      await bank.deposit(last, '1.00');
      await poster.post();
    }
    expect(read).toEqual(expected);
    await poster.stop();
    await bank.close();
    await expectWhole(machine, { [last]: '2.00' });
  });

  it('falls to who waits when the poster is dead', async () => {
    const machine = await Machine.withBank();
    const [poster, writer] = [await machine.start(), await machine.start()];
    const [ada, bob] = await fund(writer);
    expect(await poster.files.poster.tryStart()).toBe(true);
    const posted = writer.bank.posted();
    await ticketDrawn(machine);
    machine.kill(poster);
    await posted;
    expect(rowsOn(machine.directory, bob)).toHaveLength(2);
    // The dead one, should it breathe on, can do nothing more.
    expect(await poster.files.poster.post()).toBeUndefined();
    expect(poster.files.poster.active).toBe(false);
    await writer.bank.close();
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '100.00', [bob]: '100.00' });
  });

  it('leaves no ticket behind when who waits is killed', async () => {
    const machine = await Machine.withBank();
    const kill = new KillSwitch();
    const [poster, writer] = [await machine.start(), await machine.start(kill.on)];
    const [ada] = await fund(writer);
    expect(await poster.files.poster.tryStart()).toBe(true);
    void writer.bank.posted([ada]);
    await ticketDrawn(machine);
    kill.arm(0);
    await kill.struck;
    machine.kill(writer);
    expect(waiting(machine)).toBe(1);
    await poster.files.poster.post();
    await poster.files.poster.stop();
    await poster.bank.close();
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '100.00' });
  });

  it('lets its lock’s heartbeat in between, however long a slice takes', async () => {
    const machine = await Machine.withBank();
    const process = await machine.start();
    const { files, bank } = process;
    await fund(process);
    // Each look at this clock is a second later: whoever works on without a pause starves the others.
    const { system } = files;
    let time = system.monotonic();
    let turns = 0;
    Object.assign(system, {
      monotonic: () => (time += 1_000),
      turn: async () => void turns++,
    });
    expect(await files.poster.tryStart()).toBe(true);
    await files.poster.post();
    // Once for each batch read, 3 pages made, staged and renamed, and 7 folders synced.
    const journal = readFileSync(join(machine.directory, 'journal', '000001-1.csv'), 'utf8');
    const batches = journal.split('\n').filter((line) => line.startsWith('seal,')).length;
    expect(turns).toBe(batches + 3 + 3 + 3 + 7);
    await files.poster.stop();
    await bank.close();
  });

  it('moves from process to process while both write, and no row is lost or doubled', async () => {
    const machine = await Machine.withBank();
    const one = await machine.start();
    const both = [one, await machine.start()];
    const [ada, bob] = await fund(one);
    for (let round = 0; round < 20; round++) {
      const work = both.map(async ({ bank }, index) => {
        await bank.transfer({ from: ada, to: bob, amount: `0.0${index + 1}` });
        await bank.posted([ada]);
      });
      await Promise.all(work);
      expect(rowsOn(machine.directory, ada)).toHaveLength(2 + 2 * (round + 1));
    }
    for (const { bank } of both) await expectClean(bank);
    await Promise.all(both.map(({ bank }) => bank.close()));
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '99.40', [bob]: '100.60' });
  });
});
