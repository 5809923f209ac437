import { expect, it } from 'vitest';
import type { Disk } from '#lib/disk/disk.js';
import { encodeCheckpoint } from '#lib/format/position.js';
import { writeCheckpoint } from '#lib/store/checkpoint.js';
import { makeNameDurable, makeTreeDurable } from '#lib/store/durable.js';
import { SimulatedMachine } from '#lib/testing/simulated-machine.js';

async function write(disk: Disk, path: string, text: string): Promise<void> {
  const file = await disk.open(path, 'create');
  await file.write(Buffer.from(text), 0);
  await file.close();
}

/** Files and folders of which nothing is durable yet, as `cp -r` leaves them. */
async function copied(disk: Disk): Promise<void> {
  for (const folder of ['/copy', '/copy/accounts', '/copy/accounts/ab']) {
    await disk.makeFolder(folder);
  }
  await write(disk, '/copy/bank.json', '{}');
  await write(disk, '/copy/accounts/ab/ada.csv', 'seq\n');
}

/** What a power cut leaves. */
const leftOn = ({ disk }: SimulatedMachine) =>
  Object.fromEntries(
    [...disk.afterPowerCut(new Set()).tree()].map(([path, bytes]) => [path, `${bytes}`]),
  );

it.each([true, false])(
  'all that was copied outlasts a power cut (a barrier: %s)',
  async (barrier) => {
    const machine = new SimulatedMachine();
    const process = machine.start();
    const disk = process.host.disk({ shared: false });
    await machine.run(() => copied(disk));
    expect(Object.keys(leftOn(machine))).toEqual(['/']);
    const without = { ...disk, flushFileSystem: () => false };
    await machine.run(() => makeTreeDurable(barrier ? disk : without, '/copy'));
    expect(leftOn(machine)).toMatchObject({
      '/copy/bank.json': '{}',
      '/copy/accounts/ab/ada.csv': 'seq\n',
    });
    expect([...process.open.values()]).toEqual([]);
  },
);

it('a name that somebody else made outlasts a power cut', async () => {
  const machine = new SimulatedMachine();
  const disk = machine.start().host.disk({ shared: false });
  await machine.run(async () => {
    await disk.makeFolder('/bank');
    await makeNameDurable(disk, '/bank');
  });
  expect(leftOn(machine)).toHaveProperty('/bank/');
});

it('a checkpoint outlasts a power cut once it is written, and nothing stays where it was staged', async () => {
  const machine = new SimulatedMachine();
  const disk = machine.start().host.disk({ shared: false });
  const position = { segment: '000001-1.csv', offset: 9, transfer: 9, epoch: 1, seal: 'a' };
  const checkpoint = {
    position,
    nextAccount: 1003,
    bookedAt: '',
    desks: '1:1',
    index: '',
    keys: '',
  };
  await machine.run(async () => {
    for (const folder of ['/bank', '/bank/journal', '/bank/desk']) await disk.makeFolder(folder);
    for (const folder of ['/', '/bank']) await disk.syncFolder(folder);
    await writeCheckpoint(disk, '/bank', '/bank/desk/staged', checkpoint);
  });
  expect(leftOn(machine)).toMatchObject({
    '/bank/journal/checkpoint.csv': encodeCheckpoint(checkpoint),
  });
  expect(await disk.list('/bank/desk')).toEqual([]);
});
