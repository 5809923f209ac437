import { cpSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeMark } from '#lib/format/position.js';
import { newDirectory } from '../machine/processes.js';
import { expectClean, expectTidy, namesIn, pagePath } from './books.js';

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

async function openFunded(directory: string) {
  const bank = await openBank(directory, { create: true });
  const ada = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
  const bob = await bank.openAccount({ firstName: 'Bob', lastName: 'Smith' });
  await bank.transferMany([ada, bob].map(({ id }) => ({ to: id, amount: '100.00' })));
  return { bank, ada: ada.id, bob: bob.id };
}

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

  it('may lack what the original had answered by then, on another machine as well', async () => {
    const directory = newDirectory();
    const { bank, ada } = await openFunded(directory);
    await bank.posted();
    await bank.close();
    const copy = copyOf(directory);
    // Its desks were copied later than its journal, and under another boot.
    const [desk = ''] = namesIn(copy, 'desks/writer');
    const away = desk.replace(/^(\d+)-\w+-/, '$1-b0-');
    renameSync(join(copy, 'desks/writer', desk), join(copy, 'desks/writer', away));
    const [mark = ''] = namesIn(copy, `desks/writer/${away}`);
    const { position } = decodeCheckpoint(
      readFileSync(join(copy, 'journal/checkpoint.csv'), 'utf8'),
    );
    const later = { ...position, offset: position.offset + 300, transfer: position.transfer + 1 };
    writeFileSync(
      join(copy, 'desks/writer', away, mark),
      encodeMark({ position: later, boot: 'b0' }),
    );
    const copied = await openBank(copy);
    expect((await copied.balance(ada)).ledger.amount).toBe('100.00');
    await expectClean(copied);
    await copied.close();
    expectTidy(copy);
  });
});
