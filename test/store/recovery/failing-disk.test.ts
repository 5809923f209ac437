import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Disk } from '#lib/disk/disk.js';
import { recoverBank } from '#lib/store/recover.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { FaultyDisk } from '../../machine/hooked-disk.js';
import { Machine } from '../../machine/processes.js';
import { pagePath } from '../books.js';
import { ADA, closedBank, closedBooks, expectRecovered, flip, segmentsIn, treeOf } from './harm.js';

it('a page that the disk does not read is an error, and not taken for a broken one', async () => {
  const directory = await closedBank();
  const before = await closedBooks();
  const path = join(directory, 'journal', segmentsIn(directory)[0] ?? '');
  flip(path, readFileSync(path).indexOf('deposit,4,') + 20); // The page tells what was there.
  const tree = treeOf(directory);
  const machine = Machine.on(directory);
  const faulty = new FaultyDisk();
  faulty.fault = (step) => (step.path === pagePath(directory, ADA, 1) ? 'EIO' : undefined);
  const recovering = (apply: boolean) => recoverBank(machine.host(faulty.on), directory, { apply });
  await expect(recovering(false)).rejects.toMatchObject({ code: 'EIO' });
  expect(treeOf(directory)).toEqual(tree);
  // The journal is damaged: nobody goes on until the rest can be read.
  await expect(recovering(true)).rejects.toMatchObject({
    code: 'IO_ERROR',
    message: expect.stringMatching(/a10017\.0001\.csv\. The bank is stopped\.$/),
  });
  expect(treeOf(directory)).toEqual(tree);
  await expectRecovered(
    directory,
    before,
    await recoverBank(machine.host(), directory, { apply: true }),
  );
});

it('a disk that fails while the roles are taken is an error, and no lock stays behind', async () => {
  const directory = await closedBank();
  const before = await closedBooks();
  flip(pagePath(directory, ADA, 1), 900);
  const machine = Machine.on(directory);
  const faulty = new FaultyDisk();
  let faults = 1;
  faulty.fault = ({ name, path }) =>
    name === 'rename' && path.includes('/desks/poster/') && faults-- > 0 ? 'EIO' : undefined;
  const recovery = recoverBank(machine.host(faulty.on), directory, { apply: true });
  // The writer's desk is away by then.
  await expect(recovery).rejects.toMatchObject({
    ...{ code: 'IO_ERROR', message: expect.stringMatching(/ The bank is stopped\.$/) },
    hint: expect.stringContaining('run it again'),
  });
  const other = await machine.start();
  for (const { lock } of Object.values(other.files.stations)) {
    const release = await lock.tryTake(() => {});
    expect(release).toBeDefined();
    await release?.();
  }
  await other.bank.close();
  await expectRecovered(
    directory,
    before,
    await recoverBank(machine.host(), directory, { apply: true }),
  );
});

it('a mistake of ours is hidden behind nothing that the disk may say, though the bank is stopped', async () => {
  const directory = await closedBank();
  flip(pagePath(directory, ADA, 1), 900);
  const wrong = (disk: Disk) =>
    hooked(disk, ({ name, path }, go) => {
      if (name === 'create' && path.includes('/repair-')) throw new TypeError('a mistake');
      return go();
    });
  const recovery = recoverBank(Machine.on(directory).host(wrong), directory, { apply: true });
  await expect(recovery).rejects.toThrow(new TypeError('a mistake'));
});
