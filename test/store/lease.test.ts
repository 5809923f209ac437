import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Disk } from '#lib/disk/disk.js';
import type { Lock } from '#lib/disk/lock.js';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { nodeSystem } from '#lib/disk/node-system.js';
import type { System } from '#lib/disk/system.js';
import { formatOwner } from '#lib/format/owner-name.js';
import { Desks } from '#lib/store/desk.js';
import { Lease } from '#lib/store/lease.js';
import { Queue } from '#lib/store/queue.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { newDirectory } from '../machine/processes.js';

const DEAD = { boot: 'b1', pidNamespace: '1', pid: 7, started: '1' };

/** A lease on a desk that a dead process took under the lock `lock1`, and the lock that is held now. */
async function leaseUnder(heldLock: string | undefined, on = (disk: Disk) => disk) {
  const directory = newDirectory();
  const desk = formatOwner({ ...DEAD, number: 3, random: 'lock1' });
  for (const folder of [`desks/writer/${desk}`, 'desks/writer.queue']) {
    mkdirSync(join(directory, folder), { recursive: true });
  }
  let held = heldLock;
  let lost = false;
  const lock: Lock = {
    async tryTake() {
      if (held !== undefined) return undefined;
      held = 'lock9';
      return async () => {
        held = undefined;
      };
    },
    identity: () => (lost ? '' : (held ?? '')),
    breakDead() {
      held = undefined;
    },
  };
  const system: System = {
    ...nodeSystem(),
    identity: { ...DEAD, pid: 8 },
    isSurelyDead: ({ pid }) => pid === DEAD.pid,
  };
  const disk = on(nodeDisk());
  const desks = new Desks(disk, system, directory, 'writer');
  const queue = new Queue(disk, system, directory, 'writer');
  const lease = new Lease(disk, system, desks, queue, lock);
  const lose = () => {
    lost = true;
  };
  const letGo = () => {
    held = undefined;
  };
  return { lease, desks, lose, letGo, lockNow: () => held };
}

describe('a candidate that slept and lost its lock', () => {
  it('takes no desk: under no lock it would get a name that nobody can read', async () => {
    const { lease, lose, desks } = await leaseUnder(undefined);
    lose();
    expect(await lease.tryTake(async () => 0)).toBeUndefined();
    expect((await desks.find()).owner).toMatchObject({ number: 3, pid: DEAD.pid });
  });
});

describe('the lock of a desk’s dead owner', () => {
  it('is broken when the desk was taken under it', async () => {
    const { lease, lockNow } = await leaseUnder('lock1');
    const taken = await lease.tryTake(async () => 0);
    expect(taken?.desk.owner).toMatchObject({ number: 4, pid: 8, random: 'lock9' });
    await taken?.release();
    expect(lockNow()).toBeUndefined();
  });

  it('is left alone when it is a living candidate’s by now, who has not renamed the desk yet', async () => {
    const { lease, lockNow } = await leaseUnder('lock2');
    expect(await lease.tryTake(async () => 0)).toBeUndefined();
    expect(lockNow()).toBe('lock2');
  });
});

describe('a lease that came when its turn had come', () => {
  it('is let go of when the ticket can’t be removed: nobody would know whose it is', async () => {
    const disk = new FaultyDisk();
    const { lease, letGo, lockNow } = await leaseUnder('lock2', disk.on);
    disk.fault = ({ name, path }) =>
      name === 'remove' && path.includes('/writer.queue/') ? 'EIO' : undefined;
    const looked = async () => letGo();
    await expect(lease.take(async () => 0, looked)).rejects.toMatchObject({ code: 'EIO' });
    expect(lockNow()).toBeUndefined();
    lease.close();
  });
});
