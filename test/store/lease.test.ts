import { mkdirSync, rmSync } from 'node:fs';
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
import { LEASE_WAIT_MAX_MS, TICKET_TOUCH_MS } from '#lib/store/limits.js';
import { Queue } from '#lib/store/queue.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { newDirectory } from '../machine/processes.js';

const DEAD = { boot: 'b1', pidNamespace: '1', pid: 7, started: '1' };
const epochMin = async () => 0;
/** Nobody in these tests waits so often: who does waits for what never comes. */
const PAUSES_MAX = 1_000;

/** A lease on a desk that a dead process took under the lock `lock1`, and the lock that is held now. */
async function leaseUnder(heldLock: string | undefined, on = (disk: Disk) => disk) {
  const directory = newDirectory();
  const desk = formatOwner({ ...DEAD, number: 3, random: 'lock1' });
  for (const folder of [`desks/writer/${desk}`, 'desks/writer.queue']) {
    mkdirSync(join(directory, folder), { recursive: true });
  }
  let held = heldLock;
  let quicker: string | undefined;
  let lost = false;
  let isDead = true;
  let now = 0;
  let pauses = 0;
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
      held = quicker;
    },
  };
  const real = nodeSystem();
  const system: System = {
    ...real,
    identity: { ...DEAD, pid: 8 },
    isSurelyDead: ({ pid }) => isDead && pid === DEAD.pid,
    monotonic: () => now,
    pause: (ms) => {
      if (pauses++ > PAUSES_MAX) throw new Error('it waits for ever');
      now += ms;
      return { done: real.turn(), wake: () => {} };
    },
  };
  const disk = on(nodeDisk());
  const desks = new Desks(disk, system, directory, 'writer');
  const queue = new Queue(disk, system, directory, 'writer');
  const lease = new Lease(disk, system, desks, queue, lock);
  const lose = () => {
    lost = true;
  };
  const hold = (name: string | undefined) => {
    held = name;
  };
  return {
    ...{ lease, desks, queue, lose, hold },
    lockNow: () => held,
    letGo: () => hold(undefined),
    /** Somebody else takes the lock as soon as it is broken. */
    beQuicker: (name: string) => {
      quicker = name;
    },
    live: () => {
      isDead = false;
    },
    clock: () => now,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('a candidate that slept and lost its lock', () => {
  it('takes no desk: under no lock it would get a name that nobody can read', async () => {
    const { lease, lose, desks } = await leaseUnder(undefined);
    lose();
    expect(await lease.tryTake(epochMin)).toBeUndefined();
    expect((await desks.find()).owner).toMatchObject({ number: 3, pid: DEAD.pid });
  });
});

describe('the lock of a desk’s dead owner', () => {
  it('is broken when the desk was taken under it', async () => {
    const { lease, lockNow } = await leaseUnder('lock1');
    const taken = await lease.tryTake(epochMin);
    expect(taken?.desk.owner).toMatchObject({ number: 4, pid: 8, random: 'lock9' });
    await taken?.release();
    expect(lockNow()).toBeUndefined();
  });

  it('is left alone when it is a living candidate’s by now, who has not renamed the desk yet', async () => {
    const { lease, lockNow } = await leaseUnder('lock2');
    expect(await lease.tryTake(epochMin)).toBeUndefined();
    expect(lockNow()).toBe('lock2');
  });

  it('is left alone while its owner lives', async () => {
    const { lease, live, lockNow } = await leaseUnder('lock1');
    live();
    expect(await lease.tryTake(epochMin)).toBeUndefined();
    expect(lockNow()).toBe('lock1');
  });

  it('is somebody else’s who was quicker once it was broken', async () => {
    const { lease, beQuicker, desks, lockNow } = await leaseUnder('lock1');
    beQuicker('lock3');
    expect(await lease.tryTake(epochMin)).toBeUndefined();
    expect(lockNow()).toBe('lock3');
    expect((await desks.find()).owner.number).toBe(3);
  });
});

describe('who comes', () => {
  it('leaves the lease to somebody who waits, though it is free', async () => {
    const { lease, queue, desks } = await leaseUnder(undefined);
    await queue.draw();
    expect(await lease.tryTake(epochMin)).toBeUndefined();
    expect((await desks.find()).owner.number).toBe(3);
  });

  it('keeps no lock when somebody quicker has renamed the desk', async () => {
    const { lease, desks, lockNow } = await leaseUnder(undefined);
    const quicker = async () => {
      await desks.take(await desks.find(), 5, 'lock5');
      return 0;
    };
    expect(await lease.tryTake(quicker)).toBeUndefined();
    expect((await desks.find()).owner.number).toBe(5);
    expect(lockNow()).toBeUndefined();
  });

  it('is told when the desk can’t be looked at, and keeps no lock', async () => {
    const disk = new FaultyDisk();
    const { lease, lockNow } = await leaseUnder(undefined, disk.on);
    disk.fault = ({ name, path }) =>
      name === 'list' && path.endsWith('/desks/writer') ? 'EIO' : undefined;
    await expect(lease.tryTake(epochMin)).rejects.toMatchObject({ code: 'EIO' });
    expect(lockNow()).toBeUndefined();
  });
});

describe('who waits', () => {
  it('is refused in the end, and told who has it', async () => {
    const { lease, clock, pass } = await leaseUnder('lock2');
    const taken = lease.take(epochMin, async () => pass(1_000));
    const details = { pid: DEAD.pid };
    await expect(taken).rejects.toMatchObject({ code: 'BANK_BUSY', details });
    expect(clock()).toBeGreaterThan(LEASE_WAIT_MAX_MS);
    lease.close();
  });

  it('waits no more when he cancels', async () => {
    const { lease, queue } = await leaseUnder('lock2');
    const stop = new AbortController();
    const taken = lease.take(epochMin, async () => stop.abort(), stop.signal);
    await expect(taken).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await queue.names()).toEqual([]);
    lease.close();
  });

  it('touches his ticket again and again', async () => {
    const disk = new FaultyDisk();
    const { lease, clock, letGo } = await leaseUnder('lock2', disk.on);
    let touches = 0;
    disk.fault = ({ name }) => {
      if (name === 'touch') touches++;
      return undefined;
    };
    const looked = async () => {
      if (clock() > TICKET_TOUCH_MS * 4) letGo();
    };
    await (await lease.take(epochMin, looked)).release();
    expect(touches).toBeGreaterThanOrEqual(3);
    lease.close();
  });

  it('draws a ticket anew when somebody took him for dead and removed it', async () => {
    const { lease, queue, clock, letGo } = await leaseUnder('lock2');
    const seen: number[] = [];
    const looked = async () => {
      const names = await queue.names();
      seen.push(names.length);
      if (seen.length === 1) for (const name of names) rmSync(join(queue.folder, name));
      if (clock() > TICKET_TOUCH_MS * 2) letGo();
    };
    await (await lease.take(epochMin, looked)).release();
    expect([seen[0], seen[1], seen.at(-1)]).toEqual([1, 0, 1]);
    expect(await queue.names()).toEqual([]);
    lease.close();
  });

  it('hears of both folders, once however often he waits, and of none when he has closed', async () => {
    let watched = 0;
    const counted = (disk: Disk): Disk => ({
      ...disk,
      watch: (path, changed) => {
        watched++;
        const stop = disk.watch(path, changed);
        return () => {
          watched--;
          stop();
        };
      },
    });
    const { lease, hold, letGo } = await leaseUnder(undefined, counted);
    for (let times = 0; times < 2; times++) {
      hold('lock2');
      await (await lease.take(epochMin, async () => letGo())).release();
      expect(watched).toBe(2);
    }
    lease.close();
    expect(watched).toBe(0);
  });
});

describe('a lease that came when its turn had come', () => {
  it('is let go of when the ticket can’t be removed: nobody would know whose it is', async () => {
    const disk = new FaultyDisk();
    const { lease, letGo, lockNow } = await leaseUnder('lock2', disk.on);
    disk.fault = ({ name, path }) =>
      name === 'remove' && path.includes('/writer.queue/') ? 'EIO' : undefined;
    const looked = async () => letGo();
    await expect(lease.take(epochMin, looked)).rejects.toMatchObject({ code: 'EIO' });
    expect(lockNow()).toBeUndefined();
    lease.close();
  });
});
