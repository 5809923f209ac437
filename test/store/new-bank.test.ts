import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { initBank, openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { nodeSystem } from '#lib/disk/node-system.js';
import { standardDigits } from '#lib/format/manifest.js';
import { createBank } from '#lib/store/create.js';
import { recordCrashPoints } from '#lib/testing/crashes.js';
import { changes, hooked, type Step } from '#lib/testing/hooked-disk.js';
import { SimulatedMachine } from '#lib/testing/simulated-machine.js';
import { FaultyDisk, KillSwitch } from '../machine/hooked-disk.js';
import { newDirectory } from '../machine/processes.js';
import { expectClean, expectCleanAfterCut } from './books.js';

const MANIFEST = {
  version: 1,
  id: '00000000-0000-4000-8000-000000000000',
  created: '2026-11-21T00:00:00.000Z',
  currency: 'USD',
  shared: false,
  digits: standardDigits(),
};

async function expectUsable(directory: string): Promise<void> {
  const bank = await openBank(directory);
  const { id } = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
  await bank.deposit(id, '1.00');
  await expectClean(bank);
  await bank.close();
}

function fillFolder(directory: string): void {
  mkdirSync(directory);
  writeFileSync(join(directory, 'notes.txt'), 'mine');
}

const putFile = (directory: string) => writeFileSync(directory, 'mine');

describe('making a bank', () => {
  it.each<[string, (directory: string) => void]>([
    ['where there is nothing', () => {}],
    ['in an empty directory', (directory) => mkdirSync(directory)],
  ])('works %s', async (_, prepare) => {
    const directory = newDirectory();
    prepare(directory);
    const made = await initBank(directory, { currency: 'czk' });
    expect(made).toMatchObject({ directory, currency: 'CZK', shared: false });
    expect(readdirSync(dirname(directory))).toEqual(['bank']);
    expect(statSync(directory).mode & 0o7777).toBe(0o700);
    await expectUsable(directory);
  });

  it('makes the folders above it as well', async () => {
    const directory = join(newDirectory(), 'a', 'b');
    await initBank(directory);
    await expectUsable(directory);
  });

  it.each<[string, (directory: string) => void]>([
    ['a directory with a file in it', fillFolder],
    [
      'a directory with a hidden file in it',
      (directory) => {
        mkdirSync(directory);
        writeFileSync(join(directory, '.keep'), '');
      },
    ],
    ['a file', putFile],
  ])('leaves %s alone', async (_, prepare) => {
    const directory = newDirectory();
    prepare(directory);
    const watching = new KillSwitch();
    const made = createBank(watching.on(nodeDisk()), nodeSystem(), directory, MANIFEST);
    const refused = { code: 'BANK_EXISTS', message: expect.stringContaining('nor empty') };
    await expect(made).rejects.toMatchObject(refused);
    expect(watching.steps).toEqual([]);
    await expect(initBank(directory)).rejects.toMatchObject(refused);
    expect(readdirSync(dirname(directory))).toEqual(['bank']);
    if (statSync(directory).isFile()) expect(readFileSync(directory, 'utf8')).toBe('mine');
    else expect(readdirSync(directory)).toHaveLength(1);
  });

  it('leaves a bank alone', async () => {
    const directory = newDirectory();
    const { id } = await initBank(directory);
    await expect(initBank(directory)).rejects.toMatchObject({
      code: 'BANK_EXISTS',
      message: `There is a bank in ${directory} already.`,
    });
    const bank = await openBank(directory, { create: true, currency: 'EUR' });
    expect(bank).toMatchObject({ id, currency: 'USD' });
    await expectClean(bank);
    await bank.close();
  });

  it('is done by exactly one of those who try at once', async () => {
    for (let round = 0; round < 5; round++) {
      const directory = newDirectory();
      if (round % 2) mkdirSync(directory);
      const tries = await Promise.allSettled(Array.from({ length: 6 }, () => initBank(directory)));
      const made = tries.filter(({ status }) => status === 'fulfilled');
      expect(made).toHaveLength(1);
      for (const one of tries) {
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'BANK_EXISTS' });
      }
      expect(readdirSync(dirname(directory))).toEqual(['bank']);
      await expectUsable(directory);
    }
  });

  it.each<[string, (directory: string) => void]>([
    ['a folder with something in it', fillFolder],
    ['a file', putFile],
  ])('is refused where %s comes up while it is built', async (_, prepare) => {
    const directory = newDirectory();
    const disk = hooked(nodeDisk(), ({ name }, go) => {
      if (name === 'rename') prepare(directory);
      return go();
    });
    const made = createBank(disk, nodeSystem(), directory, MANIFEST);
    await expect(made).rejects.toMatchObject({ code: 'BANK_EXISTS' });
    expect(readdirSync(dirname(directory))).toEqual(['bank']);
  });

  it('lets all have the same one who open with `create` at once', async () => {
    const directory = newDirectory();
    const open = () => openBank(directory, { create: true });
    const banks = await Promise.all(Array.from({ length: 5 }, open));
    expect(new Set(banks.map(({ id }) => id)).size).toBe(1);
    await Promise.all(banks.map((bank) => bank.openAccount({ firstName: 'A', lastName: 'B' })));
    for (const bank of banks) expect((await bank.totals())[0]?.accounts).toBe(5);
    await expectClean(banks[0] ?? (await open()));
    await Promise.all(banks.map((bank) => bank.close()));
  });

  it('refuses what is no currency, and makes nothing', async () => {
    const directory = newDirectory();
    for (const currency of ['XXQ', 'US', '', 'USDT', 'usd ']) {
      const made = initBank(directory, { currency });
      await expect(made, currency).rejects.toMatchObject({ code: 'INVALID_CURRENCY' });
    }
    expect(readdirSync(dirname(directory))).toEqual([]);
  });

  it('leaves nothing behind when a step of it fails', async () => {
    const counts = (step: Step) => changes(step) && step.name !== 'close';
    const counting = new KillSwitch();
    await createBank(counting.on(nodeDisk()), nodeSystem(), newDirectory(), MANIFEST);
    const steps = counting.steps.filter(counts);
    for (const [at, step] of steps.entries()) {
      const directory = newDirectory();
      const disk = new FaultyDisk();
      let left = at;
      disk.fault = (asked) => (counts(asked) && left-- === 0 ? 'ENOSPC' : undefined);
      const made = createBank(disk.on(nodeDisk()), nodeSystem(), directory, MANIFEST);
      await expect(made, step.name).rejects.toMatchObject({ code: 'ENOSPC' });
      // Behind the last step the bank is there: only its name may not be durable.
      if (at === steps.length - 1) await expectUsable(directory);
      else expect(readdirSync(dirname(directory)), step.name).toEqual([]);
    }
  });

  it('is whole or not there, wherever it was killed', async () => {
    const counting = new KillSwitch();
    await createBank(counting.on(nodeDisk()), nodeSystem(), newDirectory(), MANIFEST);
    for (let at = 0; at < counting.steps.length; at++) {
      const directory = newDirectory();
      const kill = new KillSwitch();
      kill.arm(at);
      const made = createBank(kill.on(nodeDisk()), nodeSystem(), directory, MANIFEST);
      expect(await Promise.race([made, kill.struck])).toBe('killed');
      const bank = await openBank(directory, { create: true });
      await bank.close();
      await expectUsable(directory);
    }
  });

  it('is there for good when it is told to be, whatever a power cut takes', async () => {
    const directory = '/home/banks/ours';
    const machine = new SimulatedMachine();
    const points = await recordCrashPoints(machine, (process) => process.initBank(directory));
    const open = (bank: Bank) => bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    await expectCleanAfterCut(machine, points, directory, 20, open);
  });
});

it('nothing of a new bank is only in memory', async () => {
  const machine = new SimulatedMachine();
  await machine.run(() => machine.start().initBank('/home/ours'));
  const left = machine.disk.afterPowerCut(new Set());
  expect([...left.tree().keys()]).toEqual([...machine.disk.tree().keys()]);
});

describe('a bank for a group', () => {
  it('is open to the group and closed to all others, in every file', async () => {
    const directory = newDirectory();
    await initBank(directory, { shared: true });
    await expectUsable(directory);
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    const modes = new Set(
      ['.', ...names].map((name) => {
        const facts = statSync(join(directory, name));
        return `${facts.isDirectory() ? 'folder' : 'file'} ${(facts.mode & 0o7777).toString(8)}`;
      }),
    );
    expect([...modes].sort()).toEqual(['file 660', 'folder 2770']);
  });
});

describe('a name that is no path', () => {
  it.each(['', 'a\0b', undefined, 5])(
    '%j is refused: it must not mean the working directory',
    async (name) => {
      const refused = { code: 'INVALID_TEXT', message: expect.stringContaining('is no path') };
      await expect(openBank(name as string, { create: true })).rejects.toMatchObject(refused);
      await expect(initBank(name as string)).rejects.toMatchObject(refused);
    },
  );
});
