import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Disk, DiskFile } from '#lib/disk/disk.js';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { accountFolder } from '#lib/format/account-path.js';
import { encodeEntry } from '#lib/format/journal-row.js';
import { decodeCheckpoint, type Position } from '#lib/format/position.js';
import type { AccountId } from '#lib/ledger/account-id.js';
import type { Entry } from '#lib/ledger/entry.js';
import { CHECKPOINT_FILE } from '#lib/store/checkpoint.js';
import type { LoggedBatch } from '#lib/store/journal.js';
import { JOURNAL_START } from '#lib/store/journal.js';
import { CYCLE_ACCOUNTS_MAX, PAGE_MEMORY_BYTES } from '#lib/store/limits.js';
import { readManifest } from '#lib/store/manifest-file.js';
import type { Passbooks } from '#lib/store/passbooks.js';
import { encodeWish, Poster } from '#lib/store/poster.js';
import { wire } from '#lib/store/store.js';
import { hooked, type Step, systemError } from '#lib/testing/hooked-disk.js';
import { FaultyDisk, KillSwitch } from '../machine/hooked-disk.js';
import { Machine, noPoster } from '../machine/processes.js';
import { expectClean, expectTidy, expectWhole, fund, namesIn, rowsOn } from './books.js';

const waiting = (machine: Machine) => namesIn(machine.directory, 'desks/poster.queue').length;

/** Resolves when somebody has drawn a poster's ticket. */
async function ticketDrawn(machine: Machine): Promise<void> {
  while (waiting(machine) === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('the role of the poster', () => {
  it('is one process’s: who asks meanwhile is served through a ticket', async () => {
    const machine = await Machine.withBank();
    const [poster, writer] = [await machine.start(), await machine.start()];
    const [ada, bob] = await fund(writer);
    expect(await poster.files.poster.tryStart()).toBe(true);
    expect(await writer.files.poster.tryStart()).toBe(false);
    const posted = writer.bank.posted([ada]);
    await ticketDrawn(machine);
    expect(await poster.files.poster.post()).toBe(4);
    await posted;
    expect(rowsOn(machine.directory, ada)).toHaveLength(2);
    expect(rowsOn(machine.directory, bob)).toHaveLength(2);
    await poster.files.poster.stop();
    await Promise.all([writer.bank.close(), poster.bank.close()]);
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '100.00', [bob]: '100.00' });
  });

  it('serves the accounts that somebody waits for before it has posted the others', async () => {
    const machine = await Machine.withBank();
    const [poster, writer] = [await machine.start(), await machine.start()];
    const [ada, bob] = await fund(writer);
    expect(await poster.files.poster.tryStart()).toBe(true);
    const posted = writer.bank.posted([ada]);
    await ticketDrawn(machine);
    let seen: number | undefined;
    const posting = poster.files.poster.post(() => {
      seen ??= waiting(machine);
      return false;
    });
    await Promise.all([posting, posted]);
    expect(seen).toBe(0);
    await poster.files.poster.stop();
    await Promise.all([writer.bank.close(), poster.bank.close()]);
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '100.00', [bob]: '100.00' });
  });

  it('shows their pages to those who wait, and only then takes their tickets away', async () => {
    const machine = await Machine.withBank();
    const writer = await machine.start();
    const [, bob] = await fund(writer);
    const done: string[] = [];
    const { files } = await machine.start((disk) =>
      hooked(disk, async ({ name, path }, go) => {
        const gone = await go();
        const isPage = name === 'rename' && path.includes('/accounts/');
        if (isPage) done.push(basename(path, '.csv'));
        if (name === 'remove' && path.includes('.queue/')) done.push('ticket');
        return gone;
      }),
    );
    const { poster, posterQueue } = files;
    expect(await poster.tryStart()).toBe(true);
    await posterQueue.draw(encodeWish({ transfer: 4, ids: [bob] }));
    expect(await poster.post()).toBe(4);
    expect(done.slice(0, 2)).toEqual([bob, 'ticket']);
    await poster.stop();
    await writer.bank.close();
  });

  it('takes away a ticket when all is posted that it asks for, and none that is half written', async () => {
    const machine = await Machine.withBank();
    const process = await machine.start();
    await fund(process);
    const { poster, posterQueue } = process.files;
    expect(await poster.tryStart()).toBe(true);
    const wish = encodeWish({ transfer: 4, ids: [] });
    await posterQueue.draw(wish);
    expect(await poster.post(() => false)).toBe(4);
    expect(waiting(machine)).toBe(0);
    await posterQueue.draw(wish); // It comes when there is nothing more to post.
    expect(await poster.post()).toBe(4);
    expect(waiting(machine)).toBe(0);
    const half = await posterQueue.draw('4');
    expect(await poster.post()).toBe(4);
    expect(waiting(machine)).toBe(1);
    await posterQueue.remove(half);
    await poster.stop();
    await process.bank.close();
  });

  it('writes what changed once, and the checkpoint behind it; then nothing until there is more', async () => {
    const machine = await Machine.withBank();
    const writer = await machine.start();
    await fund(writer);
    const disk = new FaultyDisk();
    let renames = 0;
    disk.fault = ({ name, path }) => {
      if (name !== 'rename' || path.includes('/desks/')) return undefined;
      return ++renames > 20 ? 'EIO' : undefined; // Who goes round in a circle is stopped.
    };
    const { poster } = (await machine.start(disk.on)).files;
    expect(await poster.tryStart()).toBe(true);
    expect(await poster.tryStart()).toBe(true); // Who has the role keeps it.
    for (let time = 0; time < 2; time++) {
      expect(await poster.post()).toBe(4);
      expect(renames).toBe(3 + 2 + 1); // Pages, a run of the index and its list.
    }
    const checkpoint = readFileSync(join(machine.directory, CHECKPOINT_FILE), 'utf8');
    expect(decodeCheckpoint(checkpoint).position.transfer).toBe(4);
    await poster.stop();
    await writer.bank.close();
  });

  it('ends behind a slice where who posts is to do no more', async () => {
    const machine = await Machine.withBank();
    const writer = await machine.start();
    const [ada] = await fund(writer);
    const { poster } = (
      await machine.start((disk) =>
        hooked(disk, async ({ name, path }, go) => {
          const done = await go();
          const isCheckpoint = name === 'rename' && path.endsWith(CHECKPOINT_FILE);
          if (isCheckpoint) await writer.bank.deposit(ada, '1.00');
          return done;
        }),
      )
    ).files;
    expect(await poster.tryStart()).toBe(true);
    expect(await poster.post(() => false)).toBe(4);
    await poster.stop();
    await writer.bank.close();
  });

  it('reads no more at once than a slice, whoever waits for all of it', async () => {
    const machine = await Machine.withBank();
    const host = machine.host();
    const manifest = await readManifest(nodeDisk(), machine.directory);
    const files = wire(host, machine.directory, manifest);
    const { stations, passbooks, digitsOf } = files;
    const behind = (transfer: number) => ({ ...JOURNAL_START, transfer, seal: `seal${transfer}` });
    let looks = 0;
    const poster = new Poster({
      ...{ ...host, ...stations.poster, directory: machine.directory, passbooks, digitsOf },
      sliceAccountsMax: 1,
      disk: nodeDisk(),
      log: {
        head: async () => {
          if (++looks > 20) throw new Error('it looks without end');
          return behind(2);
        },
        async *read({ transfer }) {
          for (let next = transfer + 1; next <= 2; next++) {
            yield opened([`a${next}`], behind(next));
          }
        },
      },
    });
    expect(await poster.tryStart()).toBe(true);
    await files.posterQueue.draw(encodeWish({ transfer: 2, ids: [] }));
    const left: number[] = [];
    expect(await poster.post((entries) => left.push(entries) > 0)).toBe(2);
    expect(left).toEqual([1, 0]);
    await poster.stop();
  });

  it('serves who comes while it posts very many accounts before it goes on with the others', async () => {
    const machine = await Machine.withBank();
    const ids = Array.from({ length: CYCLE_ACCOUNTS_MAX + 2 }, (_, index) => `many-${index}`);
    const inFolders = ids.toSorted((a, b) => (folderOf(a) < folderOf(b) ? -1 : 1));
    const [next = '', last = ''] = inFolders.slice(-2);
    const wish = encodeWish({ transfer: ids.length, ids: [last] });
    const host = machine.host();
    const manifest = await readManifest(nodeDisk(), machine.directory);
    const { stations, digitsOf } = wire(host, machine.directory, manifest);
    // No page of so many is written: what counts is their order.
    const done: string[] = [];
    const disk = nodeDisk();
    const page: DiskFile = {
      ...{ read: () => 0, write: (bytes) => bytes.length, sync: () => {}, size: () => 0 },
      ...{ truncate: () => {}, close: () => {} },
    };
    const instead: Disk = {
      ...disk,
      ...{ flushFileSystem: () => true, makeFolder: () => true, syncFolder: () => {} },
      open: (path, mode) => (path.includes('/page-') ? page : disk.open(path, mode)),
      async rename(from, path) {
        if (!path.includes('/accounts/')) return disk.rename(from, path);
        if (done.length === 0) await stations.poster.queue.draw(wish);
        const name = basename(path, '.csv');
        done.push(done.length < CYCLE_ACCOUNTS_MAX ? name : `${name}, ${waiting(machine)} waits`);
      },
    };
    const position = { ...JOURNAL_START, transfer: ids.length, seal: 'later' };
    const poster = new Poster({
      ...{ ...host, ...stations.poster, directory: machine.directory, digitsOf },
      passbooks: { readText: async () => undefined } as unknown as Passbooks,
      disk: instead,
      log: {
        head: async () => position,
        async *read({ transfer }) {
          if (transfer === 0) yield opened(ids, position);
        },
      },
    });
    expect(await poster.tryStart()).toBe(true);
    expect(await poster.post()).toBe(ids.length);
    expect(done.slice(CYCLE_ACCOUNTS_MAX)).toEqual([`${last}, 1 waits`, `${next}, 0 waits`]);
    await poster.stop();
  });

  it('posts nothing, and leaves who waits in the queue, before anything counts behind a reboot', async () => {
    const machine = await Machine.withBank();
    const writer = await machine.start();
    const [ada] = await fund(writer);
    machine.reboot();
    const { poster, posterQueue } = (await machine.start()).files;
    expect(await poster.tryStart()).toBe(true);
    await posterQueue.draw(encodeWish({ transfer: 4, ids: [ada] }));
    expect(await poster.post()).toBe(0);
    expect(waiting(machine)).toBe(1);
    await poster.stop();
  });

  describe('an error at it', () => {
    /** A process whose steps of one kind fail once; `lost`: another one takes the role at that moment. */
    async function failing(isLike: (step: Step) => boolean, lost: boolean) {
      const machine = await Machine.withBank();
      const writer = await machine.start();
      await fund(writer);
      const other = await machine.start();
      let struck = false;
      const process = await machine.start((disk) =>
        hooked(disk, async (step, go) => {
          if (struck || !isLike(step)) return go();
          struck = true;
          if (lost) {
            machine.kill(process); // It is taken for dead, and lives.
            expect(await other.files.poster.tryStart()).toBe(true);
          }
          throw systemError('EIO', step.path);
        }),
      );
      return { poster: process.files.poster, other };
    }
    const readsCheckpoint = ({ name, path }: Step) =>
      name === 'read' && path.endsWith(CHECKPOINT_FILE);
    const stagesPage = ({ name, path }: Step) => name === 'create' && path.includes('/page-');

    it('is told while it has the role, and keeps nobody else from it', async () => {
      for (const isLike of [readsCheckpoint, stagesPage]) {
        const { poster, other } = await failing(isLike, false);
        const work = async () => (await poster.tryStart()) && (await poster.post());
        await expect(work()).rejects.toMatchObject({ code: 'EIO' });
        expect(poster.active).toBe(false);
        expect(await other.files.poster.tryStart()).toBe(true);
        await other.files.poster.stop();
      }
    });

    it('is none when another one has the role by then', async () => {
      const starting = await failing(readsCheckpoint, true);
      expect(await starting.poster.tryStart()).toBe(false);
      const posting = await failing(stagesPage, true);
      expect(await posting.poster.tryStart()).toBe(true);
      expect(await posting.poster.post()).toBeUndefined();
      expect(posting.poster.active).toBe(false);
    });
  });

  it.each([
    ['keeps them all, where there is memory for them', 1_000, []],
    ['forgets those that it used longest ago, where there is not', 2, ['world-usd', 'world-usd']],
  ])('reads no page that it remembers: it %s', async (_, pagesMax, expected) => {
    const machine = await Machine.withBank();
    const read: string[] = [];
    const host = machine.host((disk) =>
      hooked(disk, ({ name, path }, go) => {
        if (name === 'read' && path.includes('/accounts/')) read.push(basename(path, '.csv'));
        return go();
      }),
    );
    const manifest = await readManifest(nodeDisk(), machine.directory);
    const kept = { ...host, pagesBytesMax: pagesMax * (PAGE_MEMORY_BYTES + 200) };
    const { poster } = wire(kept, machine.directory, manifest);
    const bank = await machine.open({ ...machine.host(), startPoster: noPoster });
    expect(await poster.tryStart()).toBe(true);
    let last = '';
    for (const firstName of ['Ada', 'Bob', 'Cat']) {
      last = (await bank.openAccount({ firstName, lastName: 'Smith' })).id;
      await poster.post();
    }
    read.length = 0; // Accounts without a passbook were looked for.
    for (let time = 0; time < 2; time++) {
      await bank.deposit(last, '1.00');
      await poster.post();
    }
    expect(read).toEqual(expected);
    await poster.stop();
    await bank.close();
    await expectWhole(machine, { [last]: '2.00' });
  });

  it('falls to who waits when the poster is dead', async () => {
    const machine = await Machine.withBank();
    const [poster, writer] = [await machine.start(), await machine.start()];
    const [ada, bob] = await fund(writer);
    expect(await poster.files.poster.tryStart()).toBe(true);
    const posted = writer.bank.posted();
    await ticketDrawn(machine);
    machine.kill(poster);
    await posted;
    expect(rowsOn(machine.directory, bob)).toHaveLength(2);
    // The dead one, should it breathe on, can do nothing more.
    expect(await poster.files.poster.post()).toBeUndefined();
    expect(poster.files.poster.active).toBe(false);
    await writer.bank.close();
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '100.00', [bob]: '100.00' });
  });

  it('leaves no ticket behind when who waits is killed', async () => {
    const machine = await Machine.withBank();
    const kill = new KillSwitch();
    const [poster, writer] = [await machine.start(), await machine.start(kill.on)];
    const [ada] = await fund(writer);
    expect(await poster.files.poster.tryStart()).toBe(true);
    void writer.bank.posted([ada]);
    await ticketDrawn(machine);
    kill.arm(0);
    await kill.struck;
    machine.kill(writer);
    expect(waiting(machine)).toBe(1);
    await poster.files.poster.post();
    await poster.files.poster.stop();
    await poster.bank.close();
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '100.00' });
  });

  it('lets its lock’s heartbeat in between, however long a slice takes', async () => {
    const machine = await Machine.withBank();
    const process = await machine.start();
    const { files, bank } = process;
    await fund(process);
    // Each look at this clock is a second later: whoever works on without a pause starves the others.
    const { system } = files;
    let time = system.monotonic();
    let turns = 0;
    Object.assign(system, {
      monotonic: () => (time += 1_000),
      turn: async () => void turns++,
    });
    expect(await files.poster.tryStart()).toBe(true);
    await files.poster.post();
    // Once for each batch read, 3 pages made, staged and renamed, and 7 folders synced.
    const journal = readFileSync(join(machine.directory, 'journal', '000001-1.csv'), 'utf8');
    const batches = journal.split('\n').filter((line) => line.startsWith('seal,')).length;
    expect(turns).toBe(batches + 3 + 3 + 3 + 7);
    await files.poster.stop();
    await bank.close();
  });

  it('moves from process to process while both write, and no row is lost or doubled', async () => {
    const machine = await Machine.withBank();
    const one = await machine.start();
    const both = [one, await machine.start()];
    const [ada, bob] = await fund(one);
    for (let round = 0; round < 20; round++) {
      const work = both.map(async ({ bank }, index) => {
        await bank.transfer({ from: ada, to: bob, amount: `0.0${index + 1}` });
        await bank.posted([ada]);
      });
      await Promise.all(work);
      expect(rowsOn(machine.directory, ada)).toHaveLength(2 + 2 * (round + 1));
    }
    for (const { bank } of both) await expectClean(bank);
    await Promise.all(both.map(({ bank }) => bank.close()));
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '99.40', [bob]: '100.60' });
  });
});

const folderOf = (id: string) => accountFolder(id as AccountId);

/** A batch, up to `position`, in which the accounts `ids` are opened. */
function opened(ids: readonly string[], position: Position): LoggedBatch {
  const texts = { firstName: 'Ada', lastName: 'Smith', memo: '', reference: '', valueDate: '' };
  const entries = ids.map((account, index): Entry => {
    const transfer = position.transfer - ids.length + index + 1;
    return {
      ...{ ...texts, type: 'open', transfer, bookedAt: '2026-11-20T09:05:40.007Z', key: '' },
      ...{ currency: 'USD', amount: 0n, limit: 0n, debit: undefined, details: undefined },
      credit: { account: account as AccountId, seq: 1, balance: 0n },
    };
  });
  const lines = Buffer.from(entries.map((entry) => encodeEntry(entry, 2)).join(''));
  return { entries, lines, count: ids.length, epoch: 1, position };
}
