import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import type { Disk } from '#lib/disk/disk.js';
import { POSTING_INLINE_ENTRIES_MAX } from '#lib/store/limits.js';
import { recordCrashPoints } from '#lib/testing/crashes.js';
import { changes, hooked, type Step } from '#lib/testing/hooked-disk.js';
import { SimulatedMachine } from '#lib/testing/simulated-machine.js';
import { Machine } from '../machine/processes.js';
import {
  expectClean,
  expectCleanAfterCut,
  expectTidy,
  expectWhole,
  fund,
  namesIn,
  pagePath,
  pagesOf,
  rowsOn,
} from './books.js';

const deposits = (to: string, count: number) =>
  Array.from({ length: count }, () => ({ to, amount: '1.00' }));
const seqs = (rows: readonly Record<string, string | undefined>[]) =>
  rows.map(({ seq }) => Number(seq));
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const lastCheck = (rows: readonly Record<string, string | undefined>[]) =>
  rows.at(-1)?.check?.replace('.', '');
const prevOf = (rows: readonly Record<string, string | undefined>[]) =>
  JSON.parse(rows[0]?.details ?? '').prev;

/** `count` rows for `id` in one posting. */
async function post(bank: Bank, id: string, count: number): Promise<void> {
  await bank.transferMany(deposits(id, count));
  await bank.posted([id]);
}

describe('rows reach the passbook', () => {
  it('by the time posted() resolves, of the accounts that were named', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    const ada = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    await bank.deposit(ada.id, '12.50', { memo: 'first deposit' });
    await bank.posted([ada.id]);
    expect(rowsOn(machine.directory, ada.id)).toMatchObject([
      { seq: '1', type: 'open', balance: '0.00', first_name: 'Ada', last_name: 'Lovelace' },
      { seq: '2', type: 'deposit', in: '12.50', balance: '12.50', memo: 'first deposit' },
    ]);
    await expectClean(bank);
    await bank.close();
    expectTidy(machine.directory);
  });

  it('by the time close() resolves, of all accounts', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    await first.bank.transfer({ from: ada, to: bob, amount: '30.00', reference: 'inv-7' });
    await first.bank.close();
    const last = (id: string) => rowsOn(machine.directory, id).at(-1);
    expect(last(ada)).toMatchObject({ seq: '3', out: '30.00', balance: '70.00', transfer: '5' });
    expect(last(bob)).toMatchObject({ seq: '3', in: '30.00', balance: '130.00', transfer: '5' });
    expect(last('world-usd')).toMatchObject({ seq: '3', balance: '-200.00', limit: 'none' });
    expectTidy(machine.directory);
    await expectWhole(machine, { [ada]: '70.00', [bob]: '130.00' });
  });

  it('for everybody who waits at once in one process', async () => {
    const machine = await Machine.withBank();
    // A disk that takes its time: what one waits for is overtaken by the others.
    const { bank } = await machine.start((disk) =>
      hooked(disk, async (_, go) => {
        await new Promise((resolve) => setImmediate(resolve));
        return go();
      }),
    );
    const open = (index: number) => bank.openAccount({ firstName: 'Ada', lastName: `${index}` });
    const opened = await Promise.all(range(1, 8).map(open));
    const work = opened.map(async ({ id }) => {
      for (let row = 2; row < 12; row++) {
        await bank.deposit(id, '1.00');
        await bank.posted([id]);
        expect(rowsOn(machine.directory, id)).toHaveLength(row);
      }
    });
    await Promise.all(work);
    await expectClean(bank);
    await Promise.all([bank.posted(), bank.posted(), bank.close()]);
    expectTidy(machine.directory);
    await expectWhole(machine, { [opened[0]?.id ?? '']: '10.00' });
  });

  it('posts what a killed process had answered, as soon as another one asks', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    machine.kill(first);
    const second = await machine.start();
    await second.bank.posted();
    for (const id of [ada, bob]) expect(rowsOn(machine.directory, id)).toHaveLength(2);
    await second.bank.close();
    await expectWhole(machine, { [ada]: '100.00', [bob]: '100.00' });
  });
});

describe('who only looked', () => {
  it('changes nothing where all is posted', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    await first.bank.close();
    const changed: Step[] = [];
    const { bank } = await machine.start((disk) =>
      hooked(disk, (step, go) => {
        if (changes(step) && step.name !== 'close') changed.push(step);
        return go();
      }),
    );
    expect((await bank.balance(ada)).ledger.amount).toBe('100.00');
    await bank.close();
    expect(changed).toEqual([]);
  });

  it('posts what a process that died had answered when it leaves', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    machine.kill(first);
    const { bank } = await machine.start();
    expect((await bank.balance(ada)).ledger.amount).toBe('100.00');
    await bank.close();
    expect(rowsOn(machine.directory, ada)).toHaveLength(2);
  });

  it('is told of damage that it comes upon then', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    await first.bank.posted();
    await first.bank.deposit(ada, '1.00');
    machine.kill(first);
    const path = pagePath(machine.directory, ada);
    writeFileSync(path, readFileSync(path, 'utf8').replace('100.00', '900.00'));
    const { bank } = await machine.start();
    expect((await bank.balance(bob)).ledger.amount).toBe('100.00');
    await expect(bank.close()).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
  });
});

describe('the poster’s desk, lost while a thread is at work that cannot get it', () => {
  it('is told as damage to who waits for the passbooks, and to who leaves', async () => {
    const machine = await Machine.withBank();
    const thread = { alive: true, wake() {}, async stop() {} };
    const bank = await machine.open({ ...machine.host(), startPoster: () => thread });
    const { id } = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    await bank.transferMany(deposits(id, POSTING_INLINE_ENTRIES_MAX)); // So many are the thread's.
    const [desk = ''] = namesIn(machine.directory, 'desks/poster');
    rmSync(join(machine.directory, 'desks/poster', desk), { recursive: true });
    await expect(bank.posted()).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    await expect(bank.close()).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
  });
});

describe('turning a page', () => {
  it('seals 64 rows when the 65th comes, and never touches a sealed page again', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    const { id } = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    await post(bank, id, 60);
    for (let row = 62; row <= 64; row++) await post(bank, id, 1);
    expect(seqs(rowsOn(machine.directory, id))).toEqual(range(1, 64));
    expect(pagesOf(machine.directory)).not.toHaveProperty(`${id}.0001.csv`);
    await post(bank, id, 1);
    expect(seqs(rowsOn(machine.directory, id, 1))).toEqual(range(1, 64));
    expect(seqs(rowsOn(machine.directory, id))).toEqual([65]);
    const sealed = readFileSync(pagePath(machine.directory, id, 1), 'utf8');
    await post(bank, id, 63);
    await post(bank, id, 1);
    expect(readFileSync(pagePath(machine.directory, id, 1), 'utf8')).toBe(sealed);
    expect(seqs(rowsOn(machine.directory, id, 2))).toEqual(range(65, 128));
    expect(seqs(rowsOn(machine.directory, id))).toEqual([129]);
    await expectClean(bank);
    await bank.close();
    await expectWhole(machine, { [id]: '128.00' });
  });

  it('chains the pages: each begins with the last check of the one before, and with the names', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    const { id } = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    for (let round = 0; round < 3; round++) await post(bank, id, 64);
    const pages = [1, 2, 3, undefined].map((page) => rowsOn(machine.directory, id, page));
    expect(prevOf(pages[0] ?? [])).toBeUndefined();
    for (const [index, page] of pages.entries()) {
      expect(page[0]).toMatchObject({ first_name: 'Ada', last_name: 'Lovelace' });
      if (index > 0) expect(prevOf(page)).toBe(lastCheck(pages[index - 1] ?? []));
    }
    expect(pages.flatMap(seqs)).toEqual(range(1, 193));
    await expectClean(bank);
    await bank.close();
  });

  it.each([
    ['new', 0],
    ['that has a passbook', 1],
  ])(
    'seals one larger page for an account %s when a posting brings many rows',
    async (_, posted) => {
      const machine = await Machine.withBank();
      const { bank } = await machine.start();
      const { id } = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
      if (posted) await bank.posted();
      await bank.transferMany(deposits(id, 500));
      await bank.posted();
      expect(seqs(rowsOn(machine.directory, id, 1))).toEqual(range(1, 500));
      expect(seqs(rowsOn(machine.directory, id))).toEqual([501]);
      expect(seqs(rowsOn(machine.directory, 'world-usd', 1))).toEqual(range(1, 500));
      await expectClean(bank);
      await bank.close();
      await expectWhole(machine, { [id]: '500.00' });
    },
  );

  it('stops where one of the pages before is missing', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const { id } = await first.bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    for (let round = 0; round < 2; round++) await post(first.bank, id, 64);
    machine.kill(first);
    rmSync(pagePath(machine.directory, id, 1));
    const { bank } = await machine.start();
    await bank.deposit(id, '1.00');
    await expect(bank.posted()).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    await bank.close().catch(() => {});
  });
});

describe('an older page that somebody put back', () => {
  it('stops the posting: no row is left out of a passbook', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    const { id } = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    await post(bank, id, 1);
    const path = pagePath(machine.directory, id);
    const older = readFileSync(path);
    await post(bank, id, 1);
    writeFileSync(path, older);
    await bank.deposit(id, '1.00'); // By what this process remembers.
    await expect(bank.posted()).rejects.toMatchObject({
      code: 'BANK_DAMAGED',
      details: { what: 'it ends at row 2, and the journal goes on with row 4' },
    });
    expect(readFileSync(path)).toEqual(older);
    await bank.close().catch(() => {});
  });
});

describe('a page turn that was cut short', () => {
  /** A bank with 64 rows on ada's open page; then the page is turned, and what is open comes back. */
  async function cutShort(after: number) {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const { id } = await first.bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    await first.bank.transferMany(deposits(id, 63));
    await first.bank.posted();
    const old = [pagePath(machine.directory, id), pagePath(machine.directory, 'world-usd')];
    old.push(join(machine.directory, 'journal/checkpoint.csv'));
    const texts = old.map((path) => [path, readFileSync(path)] as const);
    await first.bank.transferMany(deposits(id, after));
    await first.bank.posted();
    machine.kill(first);
    const turned = pagesOf(machine.directory);
    for (const [path, bytes] of texts) writeFileSync(path, bytes);
    return { machine, id, turned };
  }

  it.each([1, 2, 64, 130])('is turned again under its number, with %i new rows', async (rows) => {
    const { machine, id, turned } = await cutShort(rows);
    const before = await machine.start();
    await expectClean(before.bank);
    const seen: number[] = [];
    for await (const { seq } of before.bank.history(id)) seen.push(seq);
    expect(seen).toEqual(range(1, 64 + rows));
    await before.bank.posted();
    expect(pagesOf(machine.directory)).toEqual(turned);
    await before.bank.close();
    await expectWhole(machine, { [id]: `${63 + rows}.00` });
  });

  it('is turned again with the rows that came meanwhile', async () => {
    const { machine, id } = await cutShort(1);
    const second = await machine.start();
    await second.bank.transferMany(deposits(id, 10));
    await second.bank.posted();
    expect(seqs(rowsOn(machine.directory, id, 1))).toEqual(range(1, 74));
    expect(seqs(rowsOn(machine.directory, id))).toEqual([75]);
    expect(namesIn(machine.directory, '.')).not.toContain('PAIN.csv');
    await second.bank.close();
    await expectWhole(machine, { [id]: '74.00' });
  });

  it('leaves the history whole while it is cut short, from either end', async () => {
    const { machine, id } = await cutShort(5);
    const { bank } = await machine.start();
    const read = async (reverse: boolean) => {
      const seen: number[] = [];
      for await (const { seq } of bank.history(id, { reverse })) seen.push(seq);
      return seen;
    };
    expect(await read(false)).toEqual(range(1, 69));
    expect(await read(true)).toEqual(range(1, 69).reverse());
    await bank.close();
    await expectWhole(machine, { [id]: '68.00' });
  });
});

describe('a file system without a barrier for all of it', () => {
  it('has each page on the disk when it is posted, whatever a power cut takes', async () => {
    const directory = '/bank';
    const machine = new SimulatedMachine({ barrierPagesMin: 1 });
    const without = (disk: Disk): Disk => ({ ...disk, flushFileSystem: () => false });
    const points = await recordCrashPoints(machine, async (process, _, start) => {
      await process.initBank(directory);
      const bank = await start(without).openBank(directory);
      const { id } = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
      await bank.transferMany(deposits(id, 65));
      await bank.posted();
    });
    await expectCleanAfterCut(machine, points, directory, 8);
  });
});
