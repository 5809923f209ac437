import {
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { recover } from 'drovebank/recover';
import { describe, expect, it } from 'vitest';
import { openAt } from '#lib/bank/open-bank.js';
import { decodeCheckpoint, decodeMark, encodeMark, type Position } from '#lib/format/position.js';
import { nodeHost } from '#lib/store/host.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { Machine, newDirectory } from '../machine/processes.js';
import { expectClean, expectTidy, namesIn, pagePath, pagesOf } from './books.js';

/** The identity of `desks` that the checkpoint names, and the one that it has. */
function identities(directory: string) {
  const text = readFileSync(join(directory, 'journal/checkpoint.csv'), 'utf8');
  const { ino } = statSync(join(directory, 'desks'), { bigint: true });
  return { told: decodeCheckpoint(text).desks.split(':')[0], is: `${ino}` };
}

/** Every file with its bytes, and every folder. */
function everything(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  const entry = (name: string): [string, string] => {
    const path = join(directory, name);
    return [name, statSync(path).isDirectory() ? 'folder' : readFileSync(path, 'latin1')];
  };
  return Object.fromEntries(names.map(entry));
}

function copyOf(directory: string): string {
  const copy = `${newDirectory()}-copy`;
  cpSync(directory, copy, { recursive: true });
  return copy;
}

/** As `cp -al` does. */
function linkTree(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else linkSync(source, target);
  }
}

async function openFunded(directory: string) {
  const bank = await openBank(directory, { create: true });
  const ada = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
  const bob = await bank.openAccount({ firstName: 'Bob', lastName: 'Smith' });
  await bank.transferMany([ada, bob].map(({ id }) => ({ to: id, amount: '100.00' })));
  return { bank, ada: ada.id, bob: bob.id };
}

describe('a copy that is put in the place of a bank which a process has open', () => {
  /** As README tells to put back a backup; the desks of the copy bear the names that they bear now. */
  async function putBack() {
    const directory = newDirectory();
    const { bank, ada } = await openFunded(directory);
    const copy = copyOf(directory);
    const balance = async () => (await bank.balance(ada)).ledger.amount;
    await bank.deposit(ada, '10.00');
    await bank.posted();
    expect(await balance()).toBe('110.00');
    renameSync(directory, `${directory}-damaged`);
    renameSync(copy, directory);
    return { directory, bank, ada, balance };
  }
  const GONE = { code: 'BANK_NOT_FOUND', message: expect.stringContaining('another one was put') };

  it('is nothing that this process answers from, or writes to, until it opens it', async () => {
    const { directory, bank, ada, balance } = await putBack();
    await expect(bank.deposit(ada, '1000.00')).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await expect(bank.deposit(ada, '1000.00')).rejects.toMatchObject(GONE);
    await expect(balance()).rejects.toMatchObject(GONE);
    await expect(bank.posted()).rejects.toMatchObject(GONE);
    await expect(bank.close()).rejects.toMatchObject(GONE);
    const again = await openBank(directory);
    expect((await again.balance(ada)).ledger.amount).toBe('100.00');
    await again.deposit(ada, '2.00');
    await expectClean(again);
    await again.close();
    expectTidy(directory);
  });

  it('is told also when that process has let go of it, and only looks', async () => {
    const { directory, bank, balance } = await putBack();
    const again = await openBank(directory);
    await again.close();
    await expect(balance()).rejects.toMatchObject(GONE);
    await expect(bank.close()).rejects.toMatchObject(GONE);
  });
});

describe('a copy by hard links', () => {
  it.each([
    ['closed', true],
    ['at work', false],
  ])('of a bank that is %s leaves the bytes of the original alone', async (_, closes) => {
    const directory = newDirectory();
    const { bank: first, ada } = await openFunded(directory);
    await first.close();
    // With room ahead of the journal's end, which a copy may not cut either.
    const bank = await openAt({ ...nodeHost(), roomAfterBytes: 0 }, directory);
    for (const amount of ['0.40', '0.60']) await bank.deposit(ada, amount);
    await bank.posted();
    if (closes) await bank.close();
    const copy = `${newDirectory()}-copy`;
    linkTree(directory, copy);
    const before = everything(directory);
    const copied = await openBank(copy);
    await copied.deposit(ada, '7.00');
    await expectClean(copied);
    await copied.close();
    expect(everything(directory)).toEqual(before);
    const original = closes ? await openBank(directory) : bank;
    await original.deposit(ada, '1.00');
    expect((await original.balance(ada)).ledger.amount).toBe('102.00');
    await expectClean(original);
    await original.close();
    const again = await openBank(copy);
    expect((await again.balance(ada)).ledger.amount).toBe('108.00');
    await expectClean(again);
    await again.close();
  });
});

describe('a copy of a closed bank', () => {
  it('is a bank of its own, and leaves the original alone', async () => {
    const directory = newDirectory();
    const { bank, ada } = await openFunded(directory);
    await bank.close();
    const before = everything(directory);
    const copy = copyOf(directory);
    expect(identities(copy).told).not.toBe(identities(copy).is);

    const copied = await openBank(copy);
    expect(identities(copy).told).toBe(identities(copy).is);
    expect((await copied.deposit(ada, '5.00')).transfer).toBe(5);
    await expectClean(copied);
    await copied.close();
    expectTidy(copy);
    expect(everything(directory)).toEqual(before);

    const original = await openBank(directory);
    expect((await original.balance(ada)).ledger.amount).toBe('100.00');
    await original.deposit(ada, '7.00');
    await expectClean(original);
    await original.close();
    const again = await openBank(copy);
    expect((await again.balance(ada)).ledger.amount).toBe('105.00');
    await expectClean(again);
    await again.close();
  });

  it('is verified before it is used: damage anywhere in it is found', async () => {
    const directory = newDirectory();
    const { bank, ada, bob } = await openFunded(directory);
    await bank.close();
    const copy = copyOf(directory);
    for (const folder of [directory, copy]) {
      const path = pagePath(folder, bob);
      writeFileSync(path, readFileSync(path, 'utf8').replace('100.00', '900.00'));
    }
    await expect(openBank(copy)).rejects.toMatchObject({
      code: 'BANK_DAMAGED',
      details: { file: pagePath('', bob) },
    });
    expect(namesIn(copy, '.')).toContain('PAIN.csv');
    // The original is taken at its word, and nobody has asked for bob.
    const original = await openBank(directory);
    expect((await original.balance(ada)).ledger.amount).toBe('100.00');
    await original.close();
  });

  it('is not what a bank is that was moved', async () => {
    const directory = newDirectory();
    const { bank, ada } = await openFunded(directory);
    await bank.close();
    const moved = `${directory}-moved`;
    renameSync(directory, moved);
    expect(identities(moved).told).toBe(identities(moved).is);
    const before = everything(moved);
    const again = await openBank(moved);
    expect((await again.balance(ada)).ledger.amount).toBe('100.00');
    await expectClean(again);
    await again.close();
    expect(everything(moved)).toEqual(before);
  });

  it('may be opened by many at once, and copied again', async () => {
    const directory = newDirectory();
    const { bank, ada } = await openFunded(directory);
    await bank.close();
    const copy = copyOf(copyOf(directory));
    const banks = await Promise.all([1, 2, 3].map(() => openBank(copy)));
    await Promise.all(banks.map((one) => one.deposit(ada, '1.00')));
    for (const one of banks) expect((await one.balance(ada)).ledger.amount).toBe('103.00');
    for (const one of banks) await expectClean(one);
    await Promise.all(banks.map((one) => one.close()));
    expectTidy(copy);
  });
});

describe('a copy of a bank that somebody has open', () => {
  it('is not held up by the locks that were copied with it', async () => {
    const directory = newDirectory();
    const { bank, ada } = await openFunded(directory);
    await bank.close();
    const copy = copyOf(directory);
    const machine = Machine.on(copy);
    for (const role of ['writer', 'poster']) {
      // Whoever holds the original lives, and goes on living.
      const held = machine.host().lockAt(join(copy, 'desks', `${role}.lock`));
      expect(await held.tryTake(() => {})).toBeDefined();
    }
    const host = machine.host();
    const lockAt = (path: string) => {
      const lock = host.lockAt(path);
      const tryTake = async (onLost: () => void) => {
        const release = await lock.tryTake(onLost);
        if (!release) throw new Error(`${path} is held`);
        return release;
      };
      return { ...lock, tryTake };
    };
    const copied = await machine.open({ ...host, lockAt });
    expect((await copied.balance(ada)).ledger.amount).toBe('100.00');
    await copied.close();
    expect(identities(copy).told).toBe(identities(copy).is);
  });

  it('has what was answered before, and goes its own way', async () => {
    const directory = newDirectory();
    const { bank, ada, bob } = await openFunded(directory);
    await bank.posted();
    await bank.transfer({ from: ada, to: bob, amount: '30.00' });
    const copy = copyOf(directory); // Nothing of this transfer is posted, and its process lives.
    const copied = await openBank(copy);
    const balances = async (one: typeof bank) =>
      Promise.all([ada, bob].map(async (id) => (await one.balance(id)).ledger.amount));
    expect(await balances(copied)).toEqual(['70.00', '130.00']);
    for (let turn = 0; turn < 5; turn++) {
      await Promise.all([
        bank.transfer({ from: ada, to: bob, amount: '1.00' }),
        copied.transfer({ from: bob, to: ada, amount: '1.00' }),
      ]);
    }
    expect(await balances(bank)).toEqual(['65.00', '135.00']);
    expect(await balances(copied)).toEqual(['75.00', '125.00']);
    for (const one of [bank, copied]) await expectClean(one);
    await Promise.all([bank.close(), copied.close()]);
    for (const folder of [directory, copy]) {
      expectTidy(folder);
      const after = await openBank(folder);
      await expectClean(after);
      await after.close();
    }
  });

  /** Sets the mark in a copy to `answered`, under `boot`; each is the original's if it is not given. */
  function setMark(copy: string, answered: Partial<Position>, boot?: string): void {
    const [desk = ''] = namesIn(copy, 'desks/writer');
    const away = boot === undefined ? desk : desk.replace(/^(\d+)-\w+-/, `$1-${boot}-`);
    renameSync(join(copy, 'desks/writer', desk), join(copy, 'desks/writer', away));
    const [name = ''] = namesIn(copy, `desks/writer/${away}`);
    const path = join(copy, 'desks/writer', away, name);
    const mark = decodeMark(readFileSync(path, 'latin1'));
    if (!mark) throw new Error('there is no mark');
    const position = { ...mark.position, ...answered };
    writeFileSync(path, encodeMark({ position, boot: boot ?? mark.boot }));
  }

  it.each([
    ['this machine', undefined],
    ['another machine', 'b0'],
  ])('may lack what the original had answered by then, on %s', async (_, boot) => {
    const directory = newDirectory();
    const { bank, ada } = await openFunded(directory);
    await bank.posted();
    await bank.close();
    for (const use of [openBank, recover]) {
      // Its desks were copied later than its journal.
      const copy = copyOf(directory);
      const { position } = decodeCheckpoint(
        readFileSync(join(copy, 'journal/checkpoint.csv'), 'utf8'),
      );
      setMark(copy, { offset: position.offset + 300, transfer: position.transfer + 1 }, boot);
      const used = await use(copy);
      if ('state' in used) expect(used).toMatchObject({ state: 'repaired', problems: [] });
      else await used.close();
      const copied = await openBank(copy);
      expect((await copied.balance(ada)).ledger.amount).toBe('100.00');
      await expectClean(copied);
      await copied.close();
      expectTidy(copy);
    }
  });

  it('has all that is in its journal, although its marks were copied before', async () => {
    const directory = newDirectory();
    const { bank, ada } = await openFunded(directory);
    const before = copyOf(directory);
    await bank.deposit(ada, '5.00');
    await bank.posted();
    await bank.close();
    const copy = copyOf(directory);
    rmSync(join(copy, 'desks'), { recursive: true });
    cpSync(join(before, 'desks'), join(copy, 'desks'), { recursive: true });
    const copied = await openBank(copy);
    expect((await copied.balance(ada)).ledger.amount).toBe('105.00');
    await expectClean(copied);
    await copied.close();
    expectTidy(copy);
  });

  it('stays a copy, to be verified again, as long as it could not be made durable', async () => {
    const directory = newDirectory();
    const { bank, ada } = await openFunded(directory);
    await bank.close();
    const copy = copyOf(directory);
    const disk = new FaultyDisk();
    disk.fault = ({ name }) => (name === 'flushFileSystem' ? 'EIO' : undefined);
    const machine = Machine.on(copy);
    await expect(machine.open(machine.host(disk.on))).rejects.toMatchObject({ code: 'EIO' });
    expect(identities(copy).told).not.toBe(identities(copy).is);
    disk.fault = () => undefined;
    const copied = await machine.open(machine.host(disk.on));
    expect(identities(copy).told).toBe(identities(copy).is);
    expect((await copied.balance(ada)).ledger.amount).toBe('100.00');
    await copied.close();
  });

  it.each([
    ['the copy cannot be read', 'read', /accounts\/.*csv$/, 'writer'],
    ['it cannot be told to be a bank of its own', 'rename', /checkpoint\.csv$/, 'poster'],
  ])('keeps nobody out where %s', async (_, step, file, role) => {
    const directory = newDirectory();
    const { bank } = await openFunded(directory);
    await bank.close();
    const copy = copyOf(directory);
    const disk = new FaultyDisk();
    disk.fault = ({ name, path }) => (name === step && file.test(path) ? 'EIO' : undefined);
    const machine = Machine.on(copy);
    await expect(machine.open(machine.host(disk.on))).rejects.toMatchObject({ code: 'EIO' });
    const lock = machine.host().lockAt(join(copy, `desks/${role}.lock`));
    expect(await lock.tryTake(() => {})).toBeDefined();
  });

  it('is told to be a bank of its own when all of it is durable, and not before', async () => {
    const directory = newDirectory();
    const { bank } = await openFunded(directory);
    await bank.close();
    const copy = copyOf(directory);
    const machine = Machine.on(copy);
    const steps: string[] = [];
    const host = machine.host((disk) =>
      hooked({ ...disk, flushFileSystem: () => false }, ({ name, path }, go) => {
        steps.push(`${name} ${path.slice(copy.length + 1)}`);
        return go();
      }),
    );
    await (await machine.open(host)).close();
    const told = steps.indexOf('rename journal/checkpoint.csv');
    expect(told).toBeGreaterThan(0);
    expect(steps.slice(0, told)).toContain('sync bank.json');
  });

  it('is left as it is where it is damaged: nothing is posted in it', async () => {
    const directory = newDirectory();
    const { bank, ada, bob } = await openFunded(directory);
    await bank.posted();
    await bank.transfer({ from: ada, to: bob, amount: '30.00' });
    const copy = copyOf(directory);
    await bank.close();
    const path = pagePath(copy, bob);
    writeFileSync(path, readFileSync(path, 'utf8').replace('100.00', '900.00'));
    const before = pagesOf(copy);
    const disk = new FaultyDisk();
    // What is not to be used need not last.
    disk.fault = ({ name }) => (name === 'flushFileSystem' ? 'EIO' : undefined);
    const machine = Machine.on(copy);
    const opened = machine.open(machine.host(disk.on));
    await expect(opened).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    expect(pagesOf(copy)).toEqual(before);
    expect(namesIn(copy, '.')).toContain('PAIN.csv');
    // Nor does anybody hold it up who has to look at it.
    const lock = machine.host().lockAt(join(copy, 'desks/writer.lock'));
    expect(await lock.tryTake(() => {})).toBeDefined();
  });
});
