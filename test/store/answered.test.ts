import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { formatOwner } from '#lib/format/owner-name.js';
import { encodeMark, type Position } from '#lib/format/position.js';
import {
  answeredBefore,
  furthestOf,
  MarkReader,
  MarkWriter,
  marksIn,
} from '#lib/store/answered.js';
import type { Desk } from '#lib/store/desk.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { newDirectory } from '../machine/processes.js';

const BOOT = 'b1';

function newDesk(folder: string, number: number): Desk {
  const owner = { number, boot: BOOT, pidNamespace: '1', pid: 7, started: '1', random: 'r' };
  const path = join(folder, formatOwner(owner));
  mkdirSync(path, { recursive: true });
  return { owner, path, identity: '' };
}

const position = (epoch: number): Position => ({
  segment: `0000000000000001-${epoch}.csv`,
  offset: 100 * epoch,
  transfer: epoch,
  epoch,
  seal: `seal${epoch}`,
});

const mark = (desk: Desk, text: string) =>
  writeFileSync(join(desk.path, `answered-${desk.owner.number}`), text);

describe('the reader of marks', () => {
  it('is told nothing by a new owner’s mark that is still empty or half written', async () => {
    const folder = newDirectory();
    const [before, after] = [newDesk(folder, 1), newDesk(folder, 2)];
    const reader = new MarkReader(nodeDisk(), BOOT);
    mark(before, encodeMark({ position: position(1), boot: BOOT }));
    expect(await reader.read(before)).toEqual(position(1));
    // Taken over: what the owner before had answered says nothing about what the new one did.
    const left = encodeMark({ position: position(1), boot: BOOT });
    writeFileSync(join(after.path, 'answered-1'), left);
    mark(after, '');
    expect(await reader.read(after)).toBeUndefined();
    const whole = encodeMark({ position: position(2), boot: BOOT });
    mark(after, whole.slice(0, 40));
    expect(await reader.read(after)).toBeUndefined();
    mark(after, whole);
    expect(await reader.read(after)).toEqual(position(2));
    await reader.close();
  });

  it('looks again when one of the marks goes while it reads them', async () => {
    const folder = newDirectory();
    const desk = newDesk(folder, 3);
    for (const epoch of [1, 2]) {
      const text = encodeMark({ position: position(epoch), boot: BOOT });
      writeFileSync(join(desk.path, `answered-${epoch}`), text);
    }
    let first = true;
    const disk = hooked(nodeDisk(), ({ name, path }, go) => {
      // An owner before ends a removal that it had begun; the furthest mark stays.
      if (name === 'read' && first) rmSync(join(desk.path, 'answered-1'));
      if (name === 'read') first = false;
      expect(path).toContain(desk.path);
      return go();
    });
    expect(furthestOf(await marksIn(disk, desk), BOOT)).toEqual(position(2));
  });

  it('finds the one that an owner has made since, and removed the one before for', async () => {
    const desk = newDesk(newDirectory(), 2);
    const textOf = (epoch: number) => encodeMark({ position: position(epoch), boot: BOOT });
    writeFileSync(join(desk.path, 'answered-1'), textOf(1));
    const disk = hooked(nodeDisk(), ({ name, path }, go) => {
      if (name === 'read' && path.endsWith('-1')) {
        mark(desk, textOf(2));
        rmSync(path);
      }
      return go();
    });
    expect(furthestOf(await marksIn(disk, desk), BOOT)).toEqual(position(2));
  });

  it.each(['list', 'read', 'open'])('takes no mark for absent because %s failed', async (name) => {
    const desk = newDesk(newDirectory(), 2);
    writeFileSync(join(desk.path, 'answered-1'), encodeMark({ position: position(1), boot: BOOT }));
    const disk = new FaultyDisk();
    let left = 1; // It passes: who only tries again must be told as well.
    disk.fault = (step) => (step.name === name && left-- > 0 ? 'EIO' : undefined);
    const reader = new MarkReader(disk.on(nodeDisk()), BOOT);
    await expect(reader.read(desk)).rejects.toMatchObject({ code: 'EIO' });
    expect(await reader.read(desk)).toEqual(position(1));
    await reader.close();
  });

  it('knows no mark where the desk itself is being replaced', async () => {
    const desk = newDesk(newDirectory(), 2);
    rmSync(desk.path, { recursive: true });
    const reader = new MarkReader(nodeDisk(), BOOT);
    expect(await reader.read(desk)).toBeUndefined();
    await reader.close();
  });

  it('tells what was answered before a reboot from what was answered since', () => {
    const marks = [3, 5, 4].map((epoch) => ({ position: position(epoch), boot: `b${epoch % 2}` }));
    expect(furthestOf(marks, 'b1')).toEqual(position(5));
    expect(answeredBefore(marks, 'b1')).toBe(4);
    expect(furthestOf(marks, 'b7')).toBeUndefined();
    expect(answeredBefore([], 'b1')).toBe(0);
  });

  it('believes no mark of before a reboot', async () => {
    const desk = newDesk(newDirectory(), 1);
    mark(desk, encodeMark({ position: position(1), boot: 'b0' }));
    const reader = new MarkReader(nodeDisk(), BOOT);
    expect(await reader.read(desk)).toBeUndefined();
    await reader.close();
  });
});

describe('the mark of a new owner', () => {
  const create = (desk: Desk, disk = nodeDisk()) =>
    MarkWriter.create(disk, desk, { position: position(2), boot: BOOT }, ['answered-1']);

  /** A desk that was just taken: the mark of the owner before lies in it. */
  function takenDesk(): Desk {
    const desk = newDesk(newDirectory(), 2);
    const text = encodeMark({ position: position(1), boot: BOOT });
    writeFileSync(join(desk.path, 'answered-1'), text);
    return desk;
  }

  it('says from the beginning how far was answered, and takes the place of those before', async () => {
    const desk = takenDesk();
    const writer = await create(desk);
    expect(readdirSync(desk.path)).toEqual(['answered-2']);
    const reader = new MarkReader(nodeDisk(), BOOT);
    expect(await reader.read(desk)).toEqual(position(2));
    await writer.set(position(3));
    expect(await reader.read(desk)).toEqual(position(3));
    await reader.close();
    await writer.close();
  });

  it('leaves the one before where there is no room: by that one the others go on reading', async () => {
    const desk = takenDesk();
    const disk = new FaultyDisk();
    disk.fault = ({ name }) => (name === 'write' ? 'ENOSPC' : undefined);
    await expect(create(desk, disk.on(nodeDisk()))).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(readdirSync(desk.path)).toEqual(['answered-1']);
    const reader = new MarkReader(nodeDisk(), BOOT);
    expect(await reader.read(desk)).toEqual(position(1));
    await reader.close();
  });
});
