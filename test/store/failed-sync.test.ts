import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import { recover } from '#lib/recover.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { Machine } from '../machine/processes.js';
import { expectClean, expectTidy, fund, namesIn } from './books.js';

const PAIN = 'PAIN.csv';

/** Every way to ask a bank for something. */
const ASKED: Record<string, (bank: Bank, id: string) => Promise<unknown>> = {
  balance: (bank, id) => bank.balance(id),
  account: (bank, id) => bank.account(id),
  history: (bank, id) => bank.history(id).page(),
  accounts: (bank) => bank.accounts().page(),
  totals: (bank) => bank.totals(),
  verify: (bank) => bank.verify(),
  posted: (bank) => bank.posted(),
  deposit: (bank, id) => bank.deposit(id, '1.00'),
  'a dry run': (bank, id) => bank.deposit(id, '1.00', { dryRun: true }),
  openAccount: (bank) => bank.openAccount({ firstName: 'Eve', lastName: 'Late' }),
  transferMany: (bank, id) => bank.transferMany([{ to: id, amount: '1.00' }]),
};

/** A disk whose next sync of the journal fails; with `lost` the bytes are gone then as well. */
function failingSync(lost: boolean) {
  const disk = new FaultyDisk();
  const sizes = new Map<string, number>();
  let armed = false;
  disk.fault = ({ name, path }) => {
    if (!armed || !path.includes('/journal/')) return undefined;
    if (name === 'write') sizes.set(path, statSync(path).size);
    if (name !== 'sync') return undefined;
    armed = false;
    if (lost) truncateSync(path, sizes.get(path));
    return 'EIO';
  };
  return {
    on: disk.on,
    arm: () => {
      armed = true;
    },
  };
}

/** A bank that was stopped by a failed sync, with `reader` still having it open. */
async function stopped(lost: boolean) {
  const machine = await Machine.withBank();
  const disk = failingSync(lost);
  const writer = await machine.start(disk.on);
  const [ada, bob] = await fund(writer);
  const reader = await machine.start();
  expect((await reader.bank.balance(ada)).ledger.amount).toBe('100.00');
  disk.arm();
  const asked = writer.bank.deposit(ada, '7.00', { idempotencyKey: 'lost and found' });
  await expect(asked).rejects.toMatchObject({
    code: 'OUTCOME_UNKNOWN',
    committed: 'unknown',
    retryable: true,
  });
  return { machine, writer, reader, ada, bob };
}

describe.each([
  ['the cache keeps', false],
  ['the cache drops', true],
])('a sync that fails, after which %s the bytes', (_, lost) => {
  it('stops the bank: a notice, and both desks away', async () => {
    const { machine, writer, reader } = await stopped(lost);
    const [header, row] = readFileSync(join(machine.directory, PAIN), 'utf8').split('\n');
    expect(header).toBe('when,what,where,do');
    expect(row).toMatch(/^"2.*Z","a sync failed: EIO: .*","journal\/000001-.*"/);
    for (const role of ['writer', 'poster']) {
      expect(namesIn(machine.directory, `desks/${role}`)).toEqual([
        expect.stringMatching(/^damaged-/),
      ]);
    }
    for (const { bank } of [writer, reader]) await bank.close().catch(() => {});
    await recover(machine.directory, { apply: true });
    const bank = await openBank(machine.directory);
    await expectClean(bank);
    await bank.close();
  });

  it.each(Object.keys(ASKED))(
    'is heard of by every open bank at its next call of %s',
    async (verb) => {
      const { machine, writer, reader, ada } = await stopped(lost);
      for (const { bank } of [reader, writer]) {
        const asked = ASKED[verb]?.(bank, ada);
        await expect(asked, verb).rejects.toMatchObject({
          code: 'BANK_DAMAGED',
          committed: false,
          message: expect.stringMatching(
            /^The bank is damaged: journal\/000001-1\.csv: a sync failed: EIO.* \(stopped 20.*Z\)$/,
          ),
        });
      }
      await expect(openBank(machine.directory)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
      for (const { bank } of [writer, reader]) await bank.close().catch(() => {});
      await recover(machine.directory, { apply: true });
      const bank = await openBank(machine.directory);
      await expectClean(bank);
      await bank.close();
    },
  );

  it('is explained without --apply, repaired with it, and clean behind that', async () => {
    const { machine, writer, reader, ada, bob } = await stopped(lost);
    const { directory } = machine;
    const before = readdirSync(directory, { recursive: true }).sort();
    const told = await recover(directory);
    expect(told.state).toBe('problems');
    expect(told.findings.map(({ file }) => file)).toContain(PAIN);
    expect(readdirSync(directory, { recursive: true }).sort()).toEqual(before);

    const repaired = await recover(directory, { apply: true });
    expect(repaired).toMatchObject({ state: 'repaired', problems: [] });
    expect(existsSync(join(directory, PAIN))).toBe(false);
    const [found = ''] = namesIn(directory, 'lost+found');
    expect(namesIn(directory, `lost+found/${found}`)).toEqual([PAIN]);
    expect(await recover(directory)).toEqual({
      ...{ state: 'clean', findings: [], problems: [], stopped: false },
    });

    // Whole or not at all, and the key settles it: exactly once either way.
    const bank = await openBank(directory);
    const again = { idempotencyKey: 'lost and found' };
    const receipt = await bank.deposit(ada, '7.00', again);
    expect(receipt.replayed).toBe(!lost);
    expect((await bank.balance(ada)).ledger.amount).toBe('107.00');
    expect((await bank.balance(bob)).ledger.amount).toBe('100.00');
    expect((await bank.deposit(ada, '7.00', again)).replayed).toBe(true);
    await expectClean(bank);
    await bank.close();
    expect(await recover(directory)).toEqual({
      ...{ state: 'clean', findings: [], problems: [], stopped: false },
    });

    // Those who had it open all along go on.
    for (const open of [writer.bank, reader.bank]) {
      expect((await open.balance(ada)).ledger.amount).toBe('107.00');
      await open.deposit(bob, '1.00');
      await open.close();
    }
    const last = await openBank(directory);
    expect((await last.balance(bob)).ledger.amount).toBe('102.00');
    await expectClean(last);
    await last.close();
    expectTidy(directory);
  });
});

describe('a recovery that was cut short', () => {
  const putBack = (directory: string, role: string) => {
    const folder = join(directory, 'desks', role);
    const [name = ''] = readdirSync(folder);
    renameSync(join(folder, name), join(folder, name.slice('damaged-'.length)));
  };

  it.each<[string, (directory: string) => void]>([
    ['when one desk was back', (directory) => putBack(directory, 'writer')],
    [
      'when both desks were back',
      (directory) => {
        for (const role of ['writer', 'poster']) putBack(directory, role);
      },
    ],
    [
      'when the notice had its place',
      (directory) => {
        for (const role of ['writer', 'poster']) putBack(directory, role);
        mkdirSync(join(directory, 'lost+found', '2026-11-21T00-00-00.000Z'), { recursive: true });
      },
    ],
  ])('ends in the same bank when it is run again: %s', async (_, done) => {
    const { machine, writer, reader, ada } = await stopped(false);
    const { directory } = machine;
    for (const { bank } of [writer, reader]) await bank.close().catch(() => {});
    done(directory);
    // As long as the notice lies there, nobody opens the bank.
    await expect(openBank(directory)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    expect(await recover(directory, { apply: true })).toMatchObject({
      state: 'repaired',
      problems: [],
    });
    expect(existsSync(join(directory, PAIN))).toBe(false);
    const bank = await openBank(directory);
    const receipt = await bank.deposit(ada, '7.00', { idempotencyKey: 'lost and found' });
    expect(receipt).toMatchObject({ replayed: true, to: { after: { amount: '107.00' } } });
    await expectClean(bank);
    await bank.close();
    expectTidy(directory);
  });
});
