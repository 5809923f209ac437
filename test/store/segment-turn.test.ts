import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Disk } from '#lib/disk/disk.js';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { SEGMENT_BYTES_MAX } from '#lib/store/limits.js';
import { readManifest } from '#lib/store/manifest-file.js';
import { wire } from '#lib/store/store.js';
import { hooked, type Step, systemError } from '#lib/testing/hooked-disk.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { Machine } from '../machine/processes.js';
import { batch, expectTidy, segmentsOf } from './books.js';

/** A batch behind which the segment has grown long. */
const LONG = `${'x'.repeat(SEGMENT_BYTES_MAX)}\n`;
const stagesSegment = ({ name, path }: Step) => name === 'write' && path.includes('/segment-');

/** Which files are open that were opened through this disk. */
function openFiles() {
  const open = new Set<string>();
  const on = (disk: Disk): Disk =>
    hooked(disk, async ({ name, path }, go) => {
      const done = await go();
      if (name === 'open' || name === 'create') open.add(path);
      if (name === 'close') open.delete(path);
      return done;
    });
  return { open, on };
}

/** A process whose segments have grown long behind their first batch. */
async function withShortSegments(machine: Machine, alter: (disk: Disk) => Disk) {
  const { pid, ...host } = machine.host(alter);
  const manifest = await readManifest(nodeDisk(), machine.directory);
  return { pid, ...wire({ ...host, segmentBytesMax: 1 }, machine.directory, manifest) };
}

describe('a segment that has grown long', () => {
  it('is followed by another one, which tells where the one before ends', async () => {
    const machine = await Machine.withBank();
    const pathOf = (segment: string) => join(machine.directory, 'journal', segment);
    const disk = new FaultyDisk();
    const first = await machine.start(disk.on);
    const { log } = first.files;
    let position = await log.append(await log.lead(), batch(1, LONG));
    expect(position.offset).toBeGreaterThan(SEGMENT_BYTES_MAX);

    // A disk without room for a new one is no reason to stop: the old one grows on.
    disk.fault = (step) => (stagesSegment(step) ? 'ENOSPC' : undefined);
    for (const transfer of [2, 3]) position = await log.append(position, batch(transfer));
    expect(segmentsOf(machine)).toEqual(['000001-1.csv']);
    disk.fault = () => undefined;

    const end = position.offset;
    position = await log.append(position, batch(4));
    expect(segmentsOf(machine)).toEqual(['000001-1.csv', '000002-2.csv']);
    expect(position.segment).toBe('000002-2.csv');
    expect(readFileSync(pathOf('000002-2.csv'), 'utf8').split('\n')[1]).toMatch(
      new RegExp(`^pin,3,.*,"000001-1.csv",.*,2,${end},`),
    );
    expect(statSync(pathOf('000001-1.csv')).size).toBe(end);

    const second = await machine.start();
    expect(await second.files.log.head()).toEqual(position);
    await log.leave();
    position = await second.files.log.append(await second.files.log.lead(), batch(5));
    expect(position).toMatchObject({ segment: '000002-2.csv', transfer: 5 });
    machine.kill(second);
    const third = await machine.start();
    position = await third.files.log.append(await third.files.log.lead(), batch(6));
    expect(segmentsOf(machine)).toEqual(['000001-1.csv', '000002-2.csv', '000003-4.csv']);
    await third.files.log.close();
    await log.close();
    expectTidy(machine.directory);
  });

  it('leaves to the next writer what a turn that was cut short had published', async () => {
    const machine = await Machine.withBank();
    const disk = new FaultyDisk();
    const first = await machine.start(disk.on);
    const { log } = first.files;
    const position = await log.append(await log.lead(), batch(1, LONG));
    disk.fault = ({ name, path }) =>
      name === 'syncFolder' && path.endsWith('/journal') ? 'EIO' : undefined;
    await expect(log.append(position, batch(2))).rejects.toMatchObject({ name: 'Fenced' });
    expect(segmentsOf(machine)).toEqual(['000001-1.csv', '000002-2.csv']);
    disk.fault = () => undefined;
    const again = await log.lead();
    expect(again).toMatchObject({ segment: '000003-3.csv', transfer: 1 });
    expect(await log.append(again, batch(2))).toMatchObject({ transfer: 2 });
    await log.close();
    expectTidy(machine.directory);
  });

  it('stops the writer that could not stage it, with the reason', async () => {
    const machine = await Machine.withBank();
    const disk = new FaultyDisk();
    const { log } = await withShortSegments(machine, disk.on);
    const position = await log.append(await log.lead(), batch(1));
    disk.fault = (step) => (stagesSegment(step) ? 'EIO' : undefined);
    const refused = { name: 'Fenced', cause: { code: 'EIO' } };
    await expect(log.append(position, batch(2))).rejects.toMatchObject(refused);
    expect(log.leading).toBe(false);
    await log.close();
  });

  it.each([
    ['closed', 'close'],
    ['cut off behind its end', 'open'],
  ])('leaves no file open where the one before cannot be %s', async (_, failing) => {
    const machine = await Machine.withBank();
    const { open, on } = openFiles();
    let armed = false;
    const { log } = await withShortSegments(machine, (disk) =>
      hooked(on(disk), async ({ name, path }, go) => {
        const fails = armed && name === failing && path.endsWith(`/${position.segment}`);
        if (fails && name === 'open') throw systemError('EIO', path);
        const done = await go();
        if (fails) throw systemError('EIO', path); // Closed it is, whatever the disk says.
        return done;
      }),
    );
    const position = await log.append(await log.lead(), batch(1));
    armed = true;
    await expect(log.append(position, batch(2))).rejects.toMatchObject({ name: 'Fenced' });
    await log.close();
    expect([...open]).toEqual([]);
  });

  it('is shown to nobody when the desk was taken while it was published, and left open by nobody', async () => {
    const { open, on } = openFiles();
    const machine = await Machine.withBank();
    const [second, third] = [await machine.start(), await machine.start()];
    let armed = false;
    const first = await withShortSegments(machine, (disk) =>
      hooked(on(disk), async ({ name, path }, go) => {
        const done = await go();
        if (!armed || name !== 'syncFolder' || !path.endsWith('/journal')) return done;
        armed = false;
        machine.kill(first); // It is taken for dead, and lives.
        await second.files.stations.writer.lease.tryTake(async () => 0);
        return done;
      }),
    );
    const { log } = first;
    const position = await log.append(await log.lead(), batch(1));
    armed = true;
    await expect(log.append(position, batch(2))).rejects.toMatchObject({ name: 'Fenced' });
    expect(await third.files.log.head()).toEqual(position);
    for (const { log } of [first, third.files]) await log.close();
    expect([...open]).toEqual([]);
  });
});
