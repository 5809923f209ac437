import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SEGMENT_BYTES_MAX } from '#lib/store/limits.js';
import type { Step } from '#lib/testing/hooked-disk.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { Machine } from '../machine/processes.js';
import { expectTidy, namesIn } from './books.js';

const segmentsOf = ({ directory }: Machine) =>
  namesIn(directory, 'journal').filter((name) => name !== 'checkpoint.csv');
const stagesSegment = ({ name, path }: Step) => name === 'write' && path.includes('/segment-');

/** What is appended here is nothing that a bank could read: the log asks for no more than lines. */
const batch = (transfer: number, lines = `line ${transfer}\n`) => ({ lines, count: 1, transfer });

describe('a segment that has grown long', () => {
  it('is followed by another one, which tells where the one before ends', async () => {
    const machine = await Machine.withBank();
    const pathOf = (segment: string) => join(machine.directory, 'journal', segment);
    const disk = new FaultyDisk();
    const first = await machine.start(disk.on);
    const { log } = first.files;
    const long = `${'x'.repeat(SEGMENT_BYTES_MAX)}\n`;
    let position = await log.append(await log.lead(), batch(1, long));
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
    const long = `${'x'.repeat(SEGMENT_BYTES_MAX)}\n`;
    const position = await log.append(await log.lead(), batch(1, long));
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
});
