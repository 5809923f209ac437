import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeSystem } from '#lib/disk/node-system.js';
import { ROOM_AFTER_BYTES, WAIT_LOOK_MS } from '#lib/store/limits.js';
import { hooked, type Step, systemError } from '#lib/testing/hooked-disk.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { Machine, type PlayedProcess } from '../machine/processes.js';
import { batch, expectTidy } from './books.js';

const { turn } = nodeSystem();

/** Takes the desk from whoever has it, and does no more: `undefined` while somebody alive leads. */
const takeDesk = ({ files }: PlayedProcess) => files.stations.writer.lease.tryTake(async () => 0);

/** A writer whose steps can be held up. */
async function started() {
  const machine = await Machine.withBank();
  let holds: { isLike: (step: Step) => boolean; reach: () => void; gone: Promise<void> }[] = [];
  const writer = await machine.start((disk) =>
    hooked(disk, async (step, on) => {
      const hold = holds.find(({ isLike }) => isLike(step));
      holds = holds.filter((other) => other !== hold);
      hold?.reach();
      await hold?.gone;
      return on();
    }),
  );
  /** Holds up the next step like this, once, from when it is `reached` until `go` is called. */
  const hold = (isLike: (step: Step) => boolean) => {
    let reach = () => {};
    let go = () => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const gone = new Promise<void>((resolve) => {
      go = resolve;
    });
    holds.push({ isLike, reach, gone });
    return { reached, go };
  };
  const { log } = writer.files;
  const position = await log.append(await log.lead(), batch(1));
  const path = join(machine.directory, 'journal', position.segment);
  return { machine, writer, log, position, path, hold };
}

describe('who leads', () => {
  it('goes on leading as long as nobody takes the desk', async () => {
    const machine = await Machine.withBank();
    const { log } = (await machine.start()).files;
    const position = await log.lead();
    const { epoch } = log;
    expect(await log.confirm()).toBe(true);
    expect(await log.lead()).toEqual(position);
    expect(log.epoch).toBe(epoch);
    await log.close();
    expectTidy(machine.directory);
  });

  it('stops once, however many find at the same moment that the desk is gone', async () => {
    const machine = await Machine.withBank();
    const [first, second] = [await machine.start(), await machine.start()];
    const { log } = first.files;
    await log.lead();
    machine.kill(first); // It is taken for dead, and lives.
    expect(await takeDesk(second)).toBeDefined();
    expect(await Promise.all([log.confirm(), log.confirm()])).toEqual([false, false]);
    expect(log.leading).toBe(false);
    await log.close();
  });

  it('is told by others how far it got, once somebody has taken the desk', async () => {
    const machine = await Machine.withBank();
    const [first, second] = [await machine.start(), await machine.start()];
    await first.files.log.append(await first.files.log.lead(), batch(1));
    machine.kill(first); // It is taken for dead, and lives.
    const { log } = second.files;
    const position = await log.append(await log.lead(), batch(2));
    expect(await first.files.log.head()).toEqual(position);
    expect(first.files.log.leading).toBe(false);
    for (const { files } of [first, second]) await files.log.close();
  });

  it('appends behind its own position alone, and nothing once it has left', async () => {
    const machine = await Machine.withBank();
    const { log } = (await machine.start()).files;
    const position = await log.lead();
    const append = (seal: string) => log.append({ ...position, seal }, batch(1));
    await expect(append('another')).rejects.toMatchObject({ name: 'Fenced' });
    await log.leave();
    await expect(append(position.seal)).rejects.toMatchObject({ name: 'Fenced' });
    expect(await log.lead()).toMatchObject({ transfer: 0 });
    await log.close();
  });

  it.each([
    ['a write finds the disk full', 'write', 'ENOSPC', { code: 'DISK_FULL' }],
    ['a write fails', 'write', 'EIO', { name: 'WriteFailed' }],
    ['a sync fails', 'sync', 'EIO', { name: 'WriteFailed' }],
  ] as const)(
    'leads no more when %s: nothing is tried again',
    async (_, failing, code, refusal) => {
      const machine = await Machine.withBank();
      const disk = new FaultyDisk();
      const { log } = (await machine.start(disk.on)).files;
      const position = await log.append(await log.lead(), batch(1));
      disk.fault = ({ name, path }) =>
        name === failing && path.includes('/journal/') ? code : undefined;
      await expect(log.append(position, batch(2))).rejects.toMatchObject(refusal);
      expect(log.leading).toBe(false);
      disk.fault = () => undefined;
      await log.close();
    },
  );

  it('is told what it could not take over for, and keeps nobody else from it', async () => {
    const machine = await Machine.withBank();
    const disk = new FaultyDisk();
    let left = 1; // It passes: who only tries again must be told as well.
    disk.fault = ({ name, path }) =>
      name === 'create' && path.includes('/answered-') && left-- > 0 ? 'EIO' : undefined;
    const [first, second] = [await machine.start(disk.on), await machine.start()];
    await expect(first.files.log.lead()).rejects.toMatchObject({ code: 'EIO' });
    const taken = await takeDesk(second);
    expect(taken).toBeDefined();
    await taken?.release();
  });

  /** Takes the desk, and goes no further: nothing is marked in it. */
  async function takeUnmarked(process: PlayedProcess) {
    const taken = await takeDesk(process);
    for (const name of readdirSync(taken?.desk.path ?? ''))
      rmSync(join(`${taken?.desk.path}`, name));
    return taken;
  }

  it('is not waited for by readers before it has marked anything', async () => {
    const machine = await Machine.withBank();
    const disk = new FaultyDisk();
    const [first, second] = [await machine.start(), await machine.start(disk.on)];
    const taken = await takeUnmarked(first);
    let looks = 0;
    disk.fault = () => (++looks > 100 ? 'EIO' : undefined); // Who looks again and again is stopped.
    expect(await second.files.log.head()).toBeUndefined();
    await taken?.release();
  });

  it('is found by readers who had just looked at the desk of one that died before it', async () => {
    const machine = await Machine.withBank();
    const [first, second] = [await machine.start(), await machine.start()];
    let before: string | undefined;
    const reader = await machine.start((disk) =>
      hooked(disk, async ({ name, path }, go) => {
        const done = await go();
        if (name !== 'list' || path !== before) return done;
        before = undefined; // It has seen that no mark is there.
        machine.kill(first);
        await second.files.log.lead();
        return done;
      }),
    );
    before = (await takeUnmarked(first))?.desk.path;
    expect(await reader.files.log.head()).toEqual(await second.files.log.lead());
    expect(before).toBeUndefined();
    for (const { files } of [second, reader]) await files.log.close();
  });

  it('hears of others while it waits for them, and of nobody once it is closed', async () => {
    const machine = await Machine.withBank();
    let listening = 0;
    const [first, second] = [
      await machine.start(),
      await machine.start((disk) => ({
        ...disk,
        watch: (folder, changed) => {
          const unwatch = disk.watch(folder, changed);
          listening++;
          return () => {
            listening--;
            unwatch();
          };
        },
      })),
    ];
    await first.files.log.lead();
    await second.files.log.lead(async () => {
      expect(listening).toBeGreaterThan(0);
      await first.files.log.leave();
    });
    await second.files.log.close();
    expect(listening).toBe(0);
    await first.files.log.close();
  });
});

describe('room ahead of the journal’s end', () => {
  /** A writer that has written so much that it makes room, and how long its segment is. */
  async function withRoom() {
    const machine = await Machine.withBank();
    const writer = await machine.start();
    const { log } = writer.files;
    const long = `${'x'.repeat(ROOM_AFTER_BYTES)}\n`;
    let position = await log.append(await log.lead(), batch(1, long));
    const path = join(machine.directory, 'journal', position.segment);
    const size = () => statSync(path).size;
    expect(size()).toBe(position.offset);
    position = await log.append(position, batch(2));
    expect(size()).toBeGreaterThan(position.offset);
    return { machine, writer, log, path, position, size };
  }

  it('is made when a writer has written much, used up, and cut off when it leaves', async () => {
    const { machine, log, path, position, size } = await withRoom();
    const made = size();
    await log.append(position, batch(3));
    expect(size()).toBe(made);
    await log.close();
    expect(readFileSync(path)).not.toContain(0);
    expect(await takeDesk(await machine.start())).toBeDefined();
  });

  it('is cut off by the next writer when its owner was killed: people read it', async () => {
    const { machine, writer, position, size } = await withRoom();
    machine.kill(writer);
    const { log } = (await machine.start()).files;
    expect(await log.lead()).toMatchObject({ segment: '000002-3.csv', transfer: 2 });
    expect(size()).toBe(position.offset);
    await log.close();
  });
});

describe('while a batch is on its way to the disk', () => {
  const isSync = ({ name, path }: Step) => name === 'sync' && path.includes('/journal/');

  /** The same, with a batch whose sync waits until `go` is called. */
  async function atSync() {
    const { hold, ...all } = await started();
    const { reached, go } = hold(isSync);
    const appended = all.log.append(all.position, batch(2));
    await reached;
    return { ...all, appended, go };
  }

  it('nobody leaves over it', async () => {
    const { log, appended, path, go } = await atSync();
    const left = log.leave();
    await turn();
    go();
    expect(await appended).toMatchObject({ transfer: 2 });
    await left;
    expect(readFileSync(path, 'utf8')).toMatch(/\nline 2\nseal,2,.*\nleave,2,/);
    await log.close();
  });

  it('whoever finds that the desk is gone waits for it: a sync that was cut off would look as if it had failed', async () => {
    const { machine, writer, log, appended, go } = await atSync();
    machine.kill(writer); // It is taken for dead, and lives.
    expect(await takeDesk(await machine.start())).toBeDefined();
    const head = log.head();
    await turn();
    go();
    await expect(appended).rejects.toMatchObject({ name: 'Fenced' });
    await head;
    expect(log.leading).toBe(false);
    await log.close();
  });

  it('nor does who began to look at the desk before that', async () => {
    const { machine, writer, log, position, hold } = await started();
    machine.kill(writer); // It is taken for dead, and lives.
    expect(await takeDesk(await machine.start())).toBeDefined();
    const look = hold(({ path }) => path.includes('/desks/writer/'));
    const sync = hold(isSync);
    const head = log.head();
    await look.reached;
    const appended = log.append(position, batch(2));
    await sync.reached;
    look.go();
    await turn();
    sync.go();
    await expect(appended).rejects.toMatchObject({ name: 'Fenced' });
    await head;
    await log.close();
  });
});

describe('a writer that is asked to leave', () => {
  it('stays while those who were just answered ask for more, and where nobody waits', async () => {
    const machine = await Machine.withBank();
    const [first, second] = [await machine.start(), await machine.start()];
    const { log, system } = first.files;
    await log.lead();
    let requests = 0;
    let asks = false;
    Object.assign(system, {
      monotonic: () => 1_000, // No time goes by: not because it stayed for so long.
      turn: async () => {
        if (asks) requests++;
      },
    });
    const look = async () => {
      log.expectAsking();
      await log.yieldIfAsked(() => requests === 0);
      return log.leading;
    };
    expect(await look()).toBe(true);
    asks = true;
    const ticket = await second.files.writerQueue.draw();
    expect(await look()).toBe(true);
    expect(requests).toBe(1);
    [requests, asks] = [0, false];
    expect(await look()).toBe(false);
    await second.files.writerQueue.remove(ticket);
    await log.close();
  });

  it('leaves once, be he asked to while he closes: the next one leads behind all of it', async () => {
    const { machine, writer, log, position: one, hold } = await started();
    const second = await machine.start();
    const { system, writerQueue, journal } = writer.files;
    const two = await log.append(one, batch(2, `${'x'.repeat(ROOM_AFTER_BYTES)}\n`));
    await log.append(two, batch(3)); // Behind it there is room to cut off.
    const next = second.files.log.lead();
    const { epoch } = log;
    while ((await writerQueue.names()).length === 0) await system.pause(1).done;

    const cut = hold(({ name }) => name === 'truncate');
    const left = log.leave();
    log.expectAsking();
    const yielded = log.yieldIfAsked(() => true);
    const again = log.lead();
    for (let looks = 0; looks < 5; looks++) await system.pause(WAIT_LOOK_MS).done;
    expect(second.files.log.leading).toBe(false);
    cut.go();
    await Promise.all([left, yielded]);
    const { segment } = await second.files.log.append(await next, batch(4));
    expect(readFileSync(join(journal.folder, segment), 'utf8')).toContain('\nline 4\n');
    await second.files.log.close();
    expect(await again).toMatchObject({ transfer: 4 }); // And not where it was about to leave.
    expect(log.epoch).toBeGreaterThan(epoch);
    await log.close();
  });

  it('goes without a word where the disk takes none, and hides nothing that is no disk’s error', async () => {
    const machine = await Machine.withBank();
    let told: Error | undefined;
    const first = await machine.start((disk) =>
      hooked(disk, ({ name }, go) => {
        if (told && name === 'write') throw told;
        return go();
      }),
    );
    const { log } = first.files;
    for (const [error, outcome] of [
      [systemError('EIO'), undefined],
      [new Error('a bug'), 'a bug'],
    ] as const) {
      told = undefined;
      await log.lead();
      told = error;
      const left = await log.leave().catch(({ message }) => message);
      expect(left).toBe(outcome);
      expect(log.leading).toBe(false);
    }
    await log.close();
  });
});
