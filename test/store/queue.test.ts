import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { nodeSystem } from '#lib/disk/node-system.js';
import { TICKET_FRESH_MS, TICKET_LOOK_MS } from '#lib/store/limits.js';
import { Queue } from '#lib/store/queue.js';
import { newDirectory } from '../machine/processes.js';

const ID = { boot: 'b1', pidNamespace: '1', pid: 7, started: '1' };

/** A ticket of a process under boot `b1`, and how an observer under `boot` sees it after some time. */
async function ticketSeenUnder(boot: string, isDead = false) {
  const directory = newDirectory();
  mkdirSync(join(directory, 'desks/writer.queue'), { recursive: true });
  let now = 0;
  const queueUnder = (identity: typeof ID) => {
    const system = { ...nodeSystem(), identity, monotonic: () => now, isSurelyDead: () => isDead };
    return new Queue(nodeDisk(), system, directory, 'writer');
  };
  const owners = queueUnder(ID);
  const ticket = await owners.draw();
  const observer = queueUnder({ ...ID, boot, pid: 8 });
  const path = join(owners.folder, ticket.name);
  return {
    ...{ observer, name: ticket.name },
    touch: () => owners.touch(ticket),
    /** Whether it holds up the observer, and whether it lies there still. */
    async after(ms: number) {
      now += ms;
      const waits = (await observer.waiting()).length > 0;
      return { waits, lies: existsSync(path) };
    },
  };
}

describe('a ticket that does not stir', () => {
  it.each(['b1', 'b2'])(
    'is passed over once, and then gone for good: seen under boot %s',
    async (boot) => {
      const seen = await ticketSeenUnder(boot);
      expect(await seen.after(0)).toEqual({ waits: true, lies: true });
      expect(await seen.after(TICKET_FRESH_MS - 1)).toEqual({ waits: true, lies: true });
      expect(await seen.after(TICKET_LOOK_MS + 1)).toEqual({ waits: false, lies: false });
      expect(await seen.touch()).toBe(false); // Who lives after all hears of it, and draws anew.
    },
  );
});

describe('a ticket of somebody surely dead', () => {
  it('holds up nobody: who sees it removes it at once', async () => {
    const seen = await ticketSeenUnder('b1', true);
    expect(await seen.after(0)).toEqual({ waits: false, lies: false });
  });
});

describe('whoever drew a ticket', () => {
  it('sees that it lies there until it is taken away', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'desks/writer.queue'), { recursive: true });
    const queue = new Queue(nodeDisk(), nodeSystem(), directory, 'writer');
    const ticket = await queue.draw();
    expect(await queue.isThere(ticket)).toBe(true);
    await queue.remove(ticket);
    expect(await queue.isThere(ticket)).toBe(false);
  });
});

describe('a file among the tickets that is none', () => {
  it('is nobody who waits', async () => {
    const { observer, name } = await ticketSeenUnder('b1');
    writeFileSync(join(observer.folder, 'notes.txt'), '');
    expect((await observer.waiting()).map((ticket) => ticket.name)).toEqual([name]);
  });
});
