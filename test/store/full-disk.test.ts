import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import type { Disk } from '#lib/disk/disk.js';
import type { BankErrorCode } from '#lib/ledger/errors.js';
import { changes, hooked, type Step, systemError } from '#lib/testing/hooked-disk.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { Machine } from '../machine/processes.js';
import { expectClean, expectTidy, expectWhole, fund, namesIn, pagePath, rowsOn } from './books.js';
import { flip } from './recovery/harm.js';

const inJournal = ({ path }: Step) => path.includes('/journal/');
const isWrite = ({ name }: Step) => name === 'write';
const takesRoom = ({ name }: Step) => name === 'write' || name === 'create';
const amountOf = async ({ bank }: Awaited<ReturnType<Machine['start']>>, id: string) =>
  (await bank.balance(id)).ledger.amount;

/** Zeros behind the journal's end: no row begins with one. */
const makesRoom = (step: Step) => isWrite(step) && inJournal(step) && step.bytes?.[0] === 0;
const segmentsOf = ({ directory }: Machine) =>
  namesIn(directory, 'journal').filter((name) => name !== 'checkpoint.csv');

/** A writer that has written so much that it makes room ahead of its next batch. */
async function busyWriter(machine: Machine, alter: (disk: Disk) => Disk) {
  const writer = await machine.start(alter);
  const [ada, bob] = await fund(writer);
  await writer.bank.transferMany(Array.from({ length: 400 }, () => ({ to: bob, amount: '1.00' })));
  return { writer, ada };
}

describe('a disk without room', () => {
  it.each<[string, string, (step: Step) => boolean]>([
    ['ENOSPC', 'for the journal', (step) => isWrite(step) && inJournal(step)],
    ['EDQUOT', 'for the journal', (step) => isWrite(step) && inJournal(step)],
    ['EFBIG', 'for the journal', (step) => isWrite(step) && inJournal(step)],
    ['ENOSPC', 'for anything written', isWrite],
    ['ENOSPC', 'for a new file', takesRoom],
  ])(
    '(%s %s) refuses, goes on reading, and books again when there is room',
    async (code, _, full) => {
      const machine = await Machine.withBank();
      const disk = new FaultyDisk();
      const first = await machine.start(disk.on);
      const [ada, bob] = await fund(first);
      const other = await machine.start();
      disk.fault = (step) => (full(step) ? code : undefined);
      for (let time = 0; time < 3; time++) {
        await expect(first.bank.deposit(ada, '1.00')).rejects.toMatchObject({
          code: 'DISK_FULL',
          committed: false,
          retryable: true,
        });
        expect(await amountOf(first, ada)).toBe('100.00');
        expect(await amountOf(other, bob)).toBe('100.00');
        expect((await first.bank.totals()).map(({ sum }) => sum.minor)).toEqual([0n]);
      }
      expect(existsSync(join(machine.directory, 'PAIN.csv'))).toBe(false);
      disk.fault = () => undefined;
      expect((await first.bank.deposit(ada, '5.00')).transfer).toBe(5);
      await expectClean(first.bank);
      await Promise.all([first.bank.close(), other.bank.close()]);
      expectTidy(machine.directory);
      await expectWhole(machine, { [ada]: '105.00', [bob]: '100.00' });
    },
  );

  it.each<[string, (bank: Bank, ada: string) => Promise<unknown>, boolean]>([
    ['a balance', (bank, ada) => bank.balance(ada), true],
    ['the totals', (bank) => bank.totals(), true],
    ['verify', async (bank) => expect((await bank.verify()).ok).toBe(false), true],
    // Nobody can have the desk anew there, and a booking decides nothing without it: it tells what it saw.
    ['a booking', (bank, ada) => bank.deposit(ada, '1.00'), false],
  ])('stops the bank all the same where damage is seen twice by %s', async (_, ask, stops) => {
    const machine = await Machine.withBank();
    const before = await machine.start();
    const [ada, bob] = await fund(before);
    await before.bank.close();
    flip(pagePath(machine.directory, ada), 100);
    const disk = new FaultyDisk();
    const { bank } = await machine.start(disk.on);
    if (!stops) await bank.deposit(bob, '1.00'); // It has the desk when the disk is full.
    disk.fault = (step) => (takesRoom(step) ? 'ENOSPC' : undefined);
    const outcome = await ask(bank, ada).then(
      () => undefined,
      (error) => error,
    );
    if (outcome) expect(outcome).toMatchObject({ code: 'BANK_DAMAGED' });
    await bank.close().catch(() => {});
    for (const role of ['writer', 'poster']) {
      const [desk = ''] = namesIn(machine.directory, `desks/${role}`);
      expect(desk.startsWith('damaged-')).toBe(stops);
    }
    expect(existsSync(join(machine.directory, 'PAIN.csv'))).toBe(false); // There was no room for it.
  });

  it('lets others read although the next writer could not even make its mark', async () => {
    const machine = await Machine.withBank();
    const before = await machine.start();
    const [ada] = await fund(before);
    await before.bank.close();
    const disk = new FaultyDisk();
    disk.fault = (step) => (isWrite(step) ? 'ENOSPC' : undefined);
    for (let time = 0; time < 2; time++) {
      const late = await machine.start(disk.on);
      const writing = late.bank.deposit(ada, '1.00');
      await expect(writing).rejects.toMatchObject({ code: 'DISK_FULL', committed: false });
      const reader = await machine.start(disk.on);
      expect(await amountOf(reader, ada)).toBe('100.00');
      await Promise.all([reader.bank.close(), late.bank.close()]);
    }
    disk.fault = () => undefined;
    await expectWhole(machine, { [ada]: '100.00' });
  });

  it.each<[string, (bytes: number) => number]>([
    ['its first byte', () => 1],
    ['one half', (bytes) => bytes >> 1],
    ['all but its last byte', (bytes) => bytes - 1],
  ])('leaves a batch void of which it took %s', async (_, some) => {
    const machine = await Machine.withBank();
    let full = false;
    let short = false;
    const first = await machine.start((disk) =>
      hooked(disk, async (step, go) => {
        if (!full || !isWrite(step) || !inJournal(step)) return go();
        if (short) throw systemError('ENOSPC', step.path);
        short = true;
        return go(step.bytes?.subarray(0, some(step.bytes.length)));
      }),
    );
    const [ada, bob] = await fund(first);
    full = true;
    const asked = first.bank.transfer({ from: ada, to: bob, amount: '60.00' });
    await expect(asked).rejects.toMatchObject({ code: 'DISK_FULL', committed: false });
    expect(await amountOf(first, ada)).toBe('100.00');
    full = false;
    await first.bank.transfer({ from: ada, to: bob, amount: '1.00' });
    await first.bank.close();
    await expectWhole(machine, { [ada]: '99.00', [bob]: '101.00' });
  });

  it('never books a refused request later, though the process is killed before there is room', async () => {
    const machine = await Machine.withBank();
    const disk = new FaultyDisk();
    const first = await machine.start(disk.on);
    const [ada] = await fund(first);
    disk.fault = (step) => (isWrite(step) && inJournal(step) ? 'ENOSPC' : undefined);
    const key = { idempotencyKey: 'refused' };
    await expect(first.bank.deposit(ada, '1.00', key)).rejects.toMatchObject({ code: 'DISK_FULL' });
    machine.kill(first);
    const second = await machine.start();
    expect((await second.bank.deposit(ada, '1.00', key)).replayed).toBe(false);
    await second.bank.close();
    await expectWhole(machine, { [ada]: '101.00' });
  });

  it('is no reason to refuse what still fits: the room that is made ahead is given back', async () => {
    const machine = await Machine.withBank();
    let left = 100_000;
    const { writer, ada } = await busyWriter(machine, (disk) =>
      hooked(disk, (step, go) => {
        if (!makesRoom(step) || !step.bytes) return go();
        if (left === 0) throw systemError('ENOSPC', step.path);
        const some = step.bytes.subarray(0, left);
        left -= some.length;
        return go(some);
      }),
    );
    const journal = () => readFileSync(join(machine.directory, 'journal', '000001-1.csv'));
    left = 10_000;
    for (let time = 0; time < 2; time++) {
      await writer.bank.deposit(ada, '1.00');
      expect(left).toBe(0);
      expect(journal().includes(0)).toBe(false);
    }
    left = 10_000_000;
    await writer.bank.deposit(ada, '1.00');
    expect(journal().includes(0)).toBe(true);
    await writer.bank.close();
    expect(segmentsOf(machine)).toEqual(['000001-1.csv']);
    expect(journal().includes(0)).toBe(false);
    await expectWhole(machine, { [ada]: '103.00' });
  });

  it('keeps what it answered when it is the passbooks that have no room', async () => {
    const machine = await Machine.withBank();
    const disk = new FaultyDisk();
    const first = await machine.start(disk.on);
    const [ada] = await fund(first);
    disk.fault = (step) => (isWrite(step) && step.path.includes('/poster/') ? 'ENOSPC' : undefined);
    await expect(first.bank.posted()).rejects.toMatchObject({ code: 'DISK_FULL' });
    await first.bank.deposit(ada, '1.00');
    expect(await amountOf(first, ada)).toBe('101.00');
    await expect(first.bank.posted()).rejects.toMatchObject({ code: 'DISK_FULL' });
    disk.fault = () => undefined;
    await first.bank.posted();
    expect(rowsOn(machine.directory, ada)).toHaveLength(3);
    await first.bank.close();
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '101.00' });
  });

  it('lets go of everything when the bank is closed, and tells that the passbooks are behind', async () => {
    const machine = await Machine.withBank();
    const disk = new FaultyDisk();
    const first = await machine.start(disk.on);
    const [ada] = await fund(first);
    disk.fault = (step) => (takesRoom(step) ? 'ENOSPC' : undefined);
    await expect(first.bank.close()).rejects.toMatchObject({ code: 'DISK_FULL' });
    const second = await machine.start();
    await second.bank.deposit(ada, '1.00');
    await second.bank.close();
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '101.00' });
  });
});

describe('an error of the disk', () => {
  const opens = ({ name }: Step) => name === 'open' || name === 'create';

  it.each<[string, BankErrorCode, (step: Step) => boolean]>([
    ['EACCES', 'NO_PERMISSION', changes],
    ['EPERM', 'NO_PERMISSION', changes],
    ['EROFS', 'BANK_READ_ONLY', changes],
    ['EMFILE', 'IO_ERROR', opens],
    ['ENFILE', 'IO_ERROR', opens],
    ['EIO', 'IO_ERROR', changes],
    ['EIO', 'IO_ERROR', ({ name }) => name === 'list'],
    ['EIO', 'IO_ERROR', ({ name }) => name === 'exists' || name === 'facts'],
  ])('%s is told as %s by a process that comes to write', async (code, told, fails) => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    await first.bank.close();
    const disk = new FaultyDisk();
    const second = await machine.start(disk.on);
    disk.fault = (step) => (fails(step) ? code : undefined);
    for (let time = 0; time < 2; time++) {
      const asked = second.bank.deposit(ada, '1.00');
      await expect(asked).rejects.toMatchObject({ code: told, committed: false, retryable: true });
    }
    disk.fault = () => undefined;
    await second.bank.deposit(ada, '1.00');
    await second.bank.close();
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '101.00' });
  });

  it.each(['EACCES', 'EROFS'])('%s on every change leaves reading alone', async (code) => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    await first.bank.close();
    const disk = new FaultyDisk();
    disk.fault = (step) => (changes(step) && step.name !== 'close' ? code : undefined);
    const second = await machine.start(disk.on);
    // Asked for at once: the write is refused, and the reads beside it are not.
    const [written, read, listed] = await Promise.allSettled([
      second.bank.deposit(ada, '1.00'),
      second.bank.balance(ada),
      second.bank.accounts().page(),
    ]);
    expect(written.status).toBe('rejected');
    expect(read).toMatchObject({ value: { ledger: { amount: '100.00' } } });
    expect(listed.status).toBe('fulfilled');
    await second.bank.close();
    await expectWhole(machine, { [ada]: '100.00' });
  });

  it.each(['write', 'sync'])(
    'at the %s of the room that is made ahead leaves nothing open: a new segment takes the batch',
    async (name) => {
      const machine = await Machine.withBank();
      const disk = new FaultyDisk();
      const { writer, ada } = await busyWriter(machine, disk.on);
      let failed = 0;
      let room = false;
      disk.fault = (step) => {
        room ||= makesRoom(step);
        if (!room || failed > 0 || step.name !== name) return undefined;
        failed++;
        return 'EIO';
      };
      expect((await writer.bank.deposit(ada, '1.00')).transfer).toBe(405);
      expect(failed).toBe(1);
      expect(segmentsOf(machine)).toEqual(['000001-1.csv', '000002-3.csv']);
      await writer.bank.close();
      await expectWhole(machine, { [ada]: '101.00' });
    },
  );

  it('that keeps secret what became of a batch leaves it open, and the key settles it', async () => {
    const machine = await Machine.withBank();
    const disk = new FaultyDisk();
    const first = await machine.start(disk.on);
    const [ada] = await fund(first);
    let synced = false;
    disk.fault = (step) => {
      synced ||= step.name === 'sync' && inJournal(step);
      return synced && step.name !== 'sync' ? 'EIO' : undefined;
    };
    const key = { idempotencyKey: 'unknown' };
    const asked = first.bank.deposit(ada, '1.00', key).catch((error) => error);
    await expect(first.bank.close()).rejects.toMatchObject({ code: 'IO_ERROR' });
    // Whoever has closed the bank waits for nothing any more.
    expect(await Promise.race([asked, 'not answered'])).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      committed: 'unknown',
      retryable: true,
    });
    machine.kill(first);
    const second = await machine.start();
    expect((await second.bank.deposit(ada, '1.00', key)).replayed).toBe(true);
    await second.bank.close();
    await expectWhole(machine, { [ada]: '101.00' });
  });

  it('in a folder of passbooks is told: no list of accounts goes without those in it', async () => {
    const machine = await Machine.withBank();
    const disk = new FaultyDisk();
    const first = await machine.start(disk.on);
    await fund(first);
    await first.bank.posted();
    // In another order than that of the index.
    const list = () => first.bank.accounts({ sort: 'name' }).page();
    disk.fault = ({ name, path }) =>
      name === 'list' && path.includes('/accounts/') ? 'EACCES' : undefined;
    await expect(list()).rejects.toMatchObject({ code: 'NO_PERMISSION' });
    await expect(first.bank.totals()).rejects.toMatchObject({ code: 'NO_PERMISSION' });
    disk.fault = () => undefined;
    expect((await list()).items).toHaveLength(2);
    await first.bank.close();
  });

  it('in the middle of writing the journal leaves it open what happened, and stops the bank', async () => {
    const machine = await Machine.withBank();
    const disk = new FaultyDisk();
    const first = await machine.start(disk.on);
    const [ada] = await fund(first);
    disk.fault = (step) => (isWrite(step) && inJournal(step) ? 'EIO' : undefined);
    await expect(first.bank.deposit(ada, '1.00')).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    });
    await expect(first.bank.balance(ada)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    expect(existsSync(join(machine.directory, 'PAIN.csv'))).toBe(true);
    await first.bank.close().catch(() => {});
  });
});

describe('descriptors', () => {
  it('are all given back, whatever failed while they were open', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    machine.kill(first);
    const refused: string[] = [];
    // Each time one step further, until there is nothing left that fails.
    for (let at = 0, left = -1; left < 0; at++) {
      const fork = machine.fork();
      const held: string[] = [];
      left = Number.POSITIVE_INFINITY;
      const { bank, files } = await fork.start((disk) =>
        hooked(disk, async (step, go) => {
          if (step.name === 'close') held.splice(held.indexOf(step.path), 1);
          else if (!isWrite(step) && step.name !== 'sync' && left-- === 0) {
            throw systemError('EMFILE', step.path);
          }
          const result = await go();
          if (step.name === 'open' || step.name === 'create') held.push(step.path);
          return result;
        }),
      );
      left = at;
      await bank.deposit(ada, '1.00').catch(({ code }) => refused.push(code));
      await files.log.drop();
      expect(held, `after a failure at step ${at}`).toEqual([]);
      await expectWhole(fork, {});
    }
    expect(refused.length).toBeGreaterThan(10);
    expect([...new Set(refused)]).toEqual(['IO_ERROR']);
  });
});
