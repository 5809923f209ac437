import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '#lib/format/position.js';
import { CHECKPOINT_FILE } from '#lib/store/checkpoint.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { Machine } from '../machine/processes.js';
import { expectClean, expectWhole, fund, namesIn, pagePath } from './books.js';
import { appendSealed, flip } from './recovery/harm.js';

const many = (to: string, count: number) =>
  Array.from({ length: count }, () => ({ to, amount: '1.00' }));

describe('verify', () => {
  it.each([1, 63, 64, 65, 200])(
    'leaves out what is posted while it reads: %i rows',
    async (rows) => {
      const machine = await Machine.withBank();
      const writer = await machine.start();
      const [ada] = await fund(writer);
      await writer.bank.transferMany(many(ada, 60));
      await writer.bank.posted();
      let meanwhile: (() => Promise<void>) | undefined = async () => {
        meanwhile = undefined;
        await writer.bank.transferMany(many(ada, rows));
        await writer.bank.posted();
      };
      const reader = await machine.start((disk) =>
        hooked(disk, async (step, go) => {
          if (step.name === 'list' && step.path.endsWith('/accounts')) await meanwhile?.();
          return go();
        }),
      );
      const { asOf, steps } = await reader.bank.verify();
      expect(steps.flatMap(({ problems }) => problems)).toEqual([]);
      expect(asOf).toBe(64);
      await expectClean(reader.bank);
      await Promise.all([reader.bank.close(), writer.bank.close()]);
      await expectWhole(machine, { [ada]: `${160 + rows}.00` });
    },
  );

  it('tells what it looked at, and how far it is', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    await fund(await machine.start());
    const told: [number, number][] = [];
    const verified = await bank.verify({ onProgress: (done, all) => told.push([done, all]) });
    expect(verified).toMatchObject({ ok: true, asOf: 4 });
    expect(verified.steps.map(({ name }) => name)).toEqual([
      'desks',
      'segments',
      'journal',
      'checkpoint',
      'passbooks',
      'sums',
      'files',
    ]);
    await bank.posted();
    await bank.verify({ onProgress: (done, all) => told.push([done, all]) });
    expect(told).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    await bank.close();
  });

  it('finds an older copy of a passbook that somebody put back, whole as it is', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    await first.bank.posted();
    const path = pagePath(machine.directory, ada);
    copyFileSync(path, `${machine.directory}-old`);
    await first.bank.transfer({ from: ada, to: bob, amount: '60.00' });
    await first.bank.posted();
    copyFileSync(`${machine.directory}-old`, path);
    const { ok, steps } = await first.bank.verify();
    expect(ok).toBe(false);
    expect(steps.flatMap(({ problems }) => problems)).toMatchObject([{ file: pagePath('', ada) }]);
    await first.bank.close();
  });

  it.each([2, 1_000])(
    'is not misled by rows of before behind the journal’s end: the first %i again',
    async (rows) => {
      const machine = await Machine.withBank();
      const first = await machine.start();
      const [ada] = await fund(first);
      machine.kill(first);
      const segment =
        namesIn(machine.directory, 'journal').find((name) => name !== 'checkpoint.csv') ?? '';
      const path = `${machine.directory}/journal/${segment}`;
      const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
      // Whole, as the first rows of a segment are: as if the journal began anew.
      appendFileSync(path, lines.slice(0, rows).join(''));
      const { bank } = await machine.start();
      expect((await bank.balance(ada)).ledger.amount).toBe('100.00');
      for (const quick of [false, true]) {
        const { ok, steps } = await bank.verify({ quick });
        const found = steps.flatMap(({ problems }) => problems.map(({ file }) => file));
        expect([ok, found]).toEqual(rows === 2 ? [true, []] : [false, [`journal/${segment}`]]);
      }
      const deposit = bank.deposit(ada, '1.00');
      if (rows === 2) expect(await deposit).toMatchObject({ transfer: 5 });
      else await expect(deposit).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
      await bank.close().catch(() => {});
    },
  );

  it('finds a passbook that the journal knows nothing of', async () => {
    const machine = await Machine.withBank();
    const other = await Machine.withBank();
    const [own, strange] = [await machine.start(), await other.start()];
    await fund(own);
    const eve = { id: 'eve', firstName: 'Eve', lastName: 'Moneypenny' };
    await strange.bank.openAccount(eve);
    await strange.bank.deposit(eve.id, '1000000.00');
    for (const { bank } of [own, strange]) await bank.posted();
    mkdirSync(dirname(pagePath(machine.directory, eve.id)), { recursive: true });
    copyFileSync(pagePath(other.directory, eve.id), pagePath(machine.directory, eve.id));
    const { ok, steps } = await own.bank.verify();
    expect(ok).toBe(false);
    expect(steps.flatMap(({ problems }) => problems)).toEqual([
      { file: pagePath('', eve.id), what: 'the journal knows nothing of it' },
    ]);
    for (const { bank } of [own, strange]) await bank.close();
  });

  it('names the segment with an entry that does not follow, be its seal right', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    machine.kill(first);
    const late = 'deposit,5,2099-01-01T00:00:00.000Z,USD,7.00,world-usd,4,-207.00';
    appendSealed(machine.directory, `${late},${ada},3,170.00,,,,,,,,,,,`);
    const { bank } = await machine.start();
    await bank.deposit(bob, '1.00'); // It takes over what was sealed and not answered.
    const { ok, steps } = await bank.verify();
    expect(ok).toBe(false);
    const file = `journal/${namesIn(machine.directory, 'journal').at(-2)}`;
    expect(steps.flatMap(({ problems }) => problems)).toEqual([
      { file, what: `entry 5: the balance of ${ada} does not add up` },
    ]);
    await bank.close();
  });

  it('names an open page that is broken when it looks at ends alone', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    await first.bank.posted();
    flip(pagePath(machine.directory, ada), -3);
    const { ok, steps } = await first.bank.verify({ quick: true });
    expect(ok).toBe(false);
    expect(steps.flatMap(({ problems }) => problems)).toEqual([
      { file: pagePath('', ada), what: 'row 2 was changed' },
    ]);
    await first.bank.close();
  });

  it('finds by the ends alone that rows are missing before those behind the checkpoint', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    await first.bank.posted();
    const paths = ['journal/checkpoint.csv', pagePath('', ada)].map((file) =>
      join(machine.directory, file),
    );
    const [, page = ''] = paths.map((path) => readFileSync(path));
    await first.bank.deposit(ada, '1.00');
    await first.bank.posted();
    const [checkpoint = ''] = paths.map((path) => readFileSync(path));
    await first.bank.deposit(ada, '1.00');
    await first.bank.close();
    // Of two older days: the page lacks row 3, and the journal is read from row 4 on.
    for (const [index, bytes] of [checkpoint, page].entries())
      writeFileSync(paths[index] ?? '', bytes);
    const { bank } = await machine.start();
    const missing = {
      file: pagePath('', ada),
      what: 'it ends at row 2, and the journal goes on with row 4',
    };
    const { steps } = await bank.verify({ quick: true });
    expect(steps.find(({ name }) => name === 'journal')?.problems).toEqual([missing]);
    await expect(bank.totals()).rejects.toMatchObject({ code: 'BANK_DAMAGED', details: missing });
    await bank.close().catch(() => {});
  });

  it.each([false, true])(
    'tells of a checkpoint that names a segment which is not there, as one of before a repair may: quick %s',
    async (quick) => {
      const machine = await Machine.withBank();
      const first = await machine.start();
      await fund(first);
      await first.bank.close();
      const path = join(machine.directory, CHECKPOINT_FILE);
      const checkpoint = decodeCheckpoint(readFileSync(path, 'utf8'));
      const position = { ...checkpoint.position, segment: '000002-9.csv' };
      writeFileSync(path, encodeCheckpoint({ ...checkpoint, position }));
      const { bank } = await machine.start();
      const { ok, steps } = await bank.verify({ quick });
      expect(ok).toBe(false);
      expect(steps.find(({ name }) => name === 'checkpoint')?.problems).toMatchObject([
        { file: CHECKPOINT_FILE },
      ]);
      await bank.close().catch(() => {});
    },
  );

  it('stops when it is told to', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    await fund(first);
    await first.bank.posted();
    const stop = new AbortController();
    const { signal } = stop;
    const verified = first.bank.verify({ signal, onProgress: () => stop.abort() });
    await expect(verified).rejects.toMatchObject({ code: 'CANCELLED' });
    await expectClean(first.bank);
    await first.bank.close();
  });
});
