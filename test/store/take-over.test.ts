import {
  appendFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '#lib/format/journal-row.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { Machine } from '../machine/processes.js';
import { expectClean, expectTidy, expectWhole, fund, namesIn, rowsOn } from './books.js';

const segmentsOf = (machine: Machine) =>
  readdirSync(join(machine.directory, 'journal'))
    .filter((name) => name !== 'checkpoint.csv')
    .sort();
const journalPath = (machine: Machine, name: string) => join(machine.directory, 'journal', name);

describe('taking over the writer’s desk', () => {
  it('goes on in the same segment when the owner before left cleanly', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    await first.bank.close();
    const second = await machine.start();
    await second.bank.transfer({ from: ada, to: bob, amount: '1.00' });
    await second.bank.close();
    expect(segmentsOf(machine)).toEqual(['000001-1.csv']);
    await expectWhole(machine, { [ada]: '99.00', [bob]: '101.00' });
  });

  it('begins a new segment when the owner before was killed', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    machine.kill(first);
    const second = await machine.start();
    await second.bank.transfer({ from: ada, to: bob, amount: '1.00' });
    await second.bank.close();
    expect(segmentsOf(machine)).toEqual(['000001-1.csv', '000002-3.csv']);
    await expectWhole(machine, { [ada]: '99.00', [bob]: '101.00' });
  });

  it('leaves out an unfinished batch, wherever it was cut', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    machine.kill(first);
    appendFileSync(
      journalPath(machine, '000001-1.csv'),
      'deposit,5,2026-11-21T00:00:00.000Z,USD,9.00,wor',
    );
    const second = await machine.start();
    const { transfer } = await second.bank.deposit(ada, '1.00');
    expect(transfer).toBe(5);
    await second.bank.close();
    await expectWhole(machine, { [ada]: '101.00' });
  });

  it('copies a batch that was sealed and not answered into the next segment, and it counts', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    const head = await first.files.log.head();
    expect(head).toBeDefined();
    if (!head) return;
    machine.kill(first);
    const line =
      'deposit,5,2099-01-01T00:00:00.000Z,USD,7.00,world-usd,4,-207.00,' +
      `${ada},3,107.00,,,,,,,,"late",,,\n`;
    const { bytes } = encodeBatch(line, { transfer: 5, epoch: 2, count: 1, previous: head.seal });
    appendFileSync(journalPath(machine, head.segment), bytes);
    const second = await machine.start();
    expect((await second.bank.deposit(ada, '1.00')).transfer).toBe(6);
    const copy = readFileSync(journalPath(machine, '000002-3.csv'), 'utf8');
    expect(copy).toContain(`${head.segment}`);
    expect(copy).toContain(line);
    await second.bank.close();
    await expectWhole(machine, { [ada]: '108.00' });
  });

  it('comes to an owner that was fenced without a word, and asks to lead', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    machine.kill(first); // It is taken for dead, and lives.
    const second = await machine.start();
    await second.bank.deposit(ada, '1.00');
    await second.bank.close();
    machine.dead.delete(first.pid);
    expect(await first.files.log.lead()).toMatchObject({ transfer: 5 });
    expect(await first.files.log.confirm()).toBe(true);
    await first.bank.close();
    await expectWhole(machine, { [ada]: '101.00' });
  });

  it('is no more possible without waiting while its owner leads, and is when it has left', async () => {
    const machine = await Machine.withBank();
    const [first, second] = [await machine.start(), await machine.start()];
    const { lease } = second.files.stations.writer;
    await first.files.log.lead();
    expect(await lease.tryTake(async () => 0)).toBeUndefined();
    await first.bank.close();
    const taken = await lease.tryTake(async () => 0);
    expect(taken?.before.owner.pid).toBe(first.pid);
    await taken?.release();
    await second.bank.close();
  });

  it('posts what was left behind though it has nothing to add', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    machine.kill(first);
    const second = await machine.start();
    const refused = second.bank.withdraw(ada, '500.00');
    await expect(refused).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await second.bank.posted();
    expect(rowsOn(machine.directory, ada)).toHaveLength(2);
    await second.bank.close();
    await expectWhole(machine, { [ada]: '100.00', [bob]: '100.00' });
  });

  it('takes over after a reboot before anything counts', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    machine.reboot();
    const second = await machine.start();
    expect(await second.files.log.head()).toBeUndefined();
    expect((await second.bank.balance(ada)).ledger.amount).toBe('100.00');
    expect(segmentsOf(machine)).toHaveLength(2);
    await second.bank.close();
    await expectWhole(machine, { [ada]: '100.00' });
  });

  it('takes a journal that ends before what was answered for damaged', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    const head = await first.files.log.head();
    machine.kill(first);
    truncateSync(journalPath(machine, '000001-1.csv'), (head?.offset ?? 0) - 1);
    const second = await machine.start();
    await expect(second.bank.deposit(ada, '1.00')).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    expect(readdirSync(machine.directory)).toContain('PAIN.csv');
  });

  it('takes a broken batch with a whole one behind it for damaged', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    await first.bank.deposit(ada, '1.00');
    await first.bank.deposit(ada, '2.00');
    await first.bank.deposit(ada, '3.00');
    machine.reboot();
    const path = journalPath(machine, '000001-1.csv');
    const text = readFileSync(path, 'latin1');
    writeFileSync(path, text.replace(',1.00,world', ',9.00,world'));
    const second = await machine.start();
    await expect(second.bank.balance(ada)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
  });
});

describe('a mark that somebody takes away from its owner', () => {
  it('is made again: the passbooks follow, and nobody waits for ever', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    const { id } = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    const [desk = ''] = namesIn(machine.directory, 'desks/writer');
    const [mark = ''] = namesIn(machine.directory, `desks/writer/${desk}`);
    rmSync(join(machine.directory, 'desks/writer', desk, mark));
    await bank.deposit(id, '5.00');
    await bank.close();
    await expectWhole(machine, { [id]: '5.00' });
    expectTidy(machine.directory);
  });
});

describe('a writer that is fenced', () => {
  it('finds its batch void and books it anew, once', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    machine.kill(first); // Others take it for dead; it goes on.
    const second = await machine.start();
    await second.bank.transfer({ from: ada, to: bob, amount: '1.00' });
    await second.bank.close();
    const receipt = await first.bank.transfer({ from: ada, to: bob, amount: '2.00' });
    expect(receipt.transfer).toBe(6);
    expect(receipt.from.before.amount).toBe('99.00');
    await first.bank.close();
    await expectWhole(machine, { [ada]: '97.00', [bob]: '103.00' });
  });

  it('tells the truth about a batch that the next writer took over with the journal', async () => {
    const machine = await Machine.withBank();
    let atSync: (() => Promise<void>) | undefined;
    const first = await machine.start((disk) => ({
      ...disk,
      async open(path, mode) {
        const file = await disk.open(path, mode);
        return {
          read: (buffer, position) => file.read(buffer, position),
          write: (bytes, position) => file.write(bytes, position),
          truncate: (size) => file.truncate(size),
          size: () => file.size(),
          close: () => file.close(),
          async sync() {
            await file.sync();
            await atSync?.();
          },
        };
      },
    }));
    const [ada, bob] = await fund(first);
    atSync = async () => {
      atSync = undefined;
      machine.kill(first);
      const second = await machine.start();
      await second.bank.transfer({ from: bob, to: ada, amount: '5.00' });
      await second.bank.close();
      machine.dead.clear();
    };
    const receipt = await first.bank.transfer({ from: ada, to: bob, amount: '2.00' });
    expect(receipt.transfer).toBe(5);
    await first.bank.close();
    await expectWhole(machine, { [ada]: '103.00', [bob]: '97.00' });
  });

  it('finds nothing wrong in what others have written and posted since', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    machine.kill(first); // It is taken for dead, and lives.
    const second = await machine.start();
    await second.bank.deposit(ada, '11.00');
    await second.bank.close();
    await expectClean(first.bank);
    await first.bank.close();
  });

  it('reads no stale balance after the desk has changed hands', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    machine.kill(first);
    const second = await machine.start();
    await second.bank.deposit(ada, '11.00');
    expect((await first.bank.balance(ada)).ledger.amount).toBe('111.00');
    await second.bank.close();
    await first.bank.close();
  });
});

describe('handing over', () => {
  it('lets two open processes write in turn, each seeing the other at its next call', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    const second = await machine.start();
    for (let turn = 1; turn <= 10; turn++) {
      const { bank } = turn % 2 ? second : first;
      await bank.transfer({ from: ada, to: bob, amount: '1.00' });
      const other = turn % 2 ? first : second;
      expect((await other.bank.balance(bob)).ledger.amount).toBe(`${100 + turn}.00`);
    }
    await Promise.all([first.bank.close(), second.bank.close()]);
    expect(segmentsOf(machine)).toEqual(['000001-1.csv']);
    await expectWhole(machine, { [ada]: '90.00', [bob]: '110.00' });
  });

  it('keeps for a batch of its own what a process is asked to book while it only reads', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    let reading = false;
    let asked: Promise<unknown> | undefined;
    const second = await machine.start((disk) =>
      hooked(disk, (_, go) => {
        if (reading) asked ??= second.bank.deposit(ada, '1.00');
        return go();
      }),
    );
    reading = true;
    expect((await second.bank.balance(ada)).ledger.amount).toBe('100.00');
    await Promise.all([first.bank.close(), second.bank.close()]);
    // Whoever has closed the bank waits for nothing any more.
    expect(await Promise.race([asked, 'not answered'])).toMatchObject({ transfer: 5 });
    await expectWhole(machine, { [ada]: '101.00' });
  });
});
