import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newDirectory } from '../machine/processes.js';
import { expectTidy, rowsOn } from '../store/books.js';
import { newBank, openAgain, openFunded } from './new-bank.js';

const programs = fileURLToPath(new URL('../programs', import.meta.url));

describe('two handles on one bank in one process', () => {
  it('work in turn and at once, each seeing the other at its next call', async () => {
    const bank = await newBank();
    const other = await openAgain(bank);
    const [a = '', b = ''] = await openFunded(bank, '100.00', '0.00');
    for (let turn = 1; turn <= 6; turn++) {
      const [one, two] = turn % 2 ? [bank, other] : [other, bank];
      await one.transfer({ from: a, to: b, amount: '1.00' });
      expect((await two.balance(b)).ledger.amount).toBe(`${turn}.00`);
    }
    const asked = Array.from({ length: 60 }, (_, index) =>
      (index % 2 ? bank : other).transfer({ from: a, to: b, amount: '1.00' }),
    );
    const numbers = (await Promise.all(asked)).map(({ transfer }) => transfer);
    expect(numbers.sort((x, y) => x - y)).toEqual(numbers.map((_, index) => 10 + index));
    await Promise.all([bank.posted(), other.posted()]);
    expect(rowsOn(bank.directory, b).length + rowsOn(bank.directory, b, 1).length).toBe(67);
  });

  it('are closed one by one, or together', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const others = await Promise.all([1, 2, 3].map(() => openAgain(bank)));
    await Promise.all(others.map((other) => other.deposit(a, '1.00')));
    await bank.close();
    await Promise.all(others.slice(1).map((other) => other.close()));
    expect((await others[0]?.deposit(a, '1.00'))?.to.after.amount).toBe('104.00');
    await others[0]?.close();
    expectTidy(bank.directory);
  });
});

describe('totals', () => {
  it('add up to zero at every moment, while another process moves money', async () => {
    const bank = await newBank();
    const ids = await openFunded(bank, '50.00', '50.00', '50.00', '50.00');
    const notes = join(newDirectory(), '..', 'notes');
    const args = [
      join(programs, 'random-transfers.js'),
      bank.directory,
      notes,
      '60',
      '4',
      `${ids}`,
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const seen = new Set<number>();
    while (seen.size <= 10) {
      expect(child.exitCode).toBeNull();
      const [total] = await bank.totals();
      expect(total?.sum.minor).toBe(0n);
      expect(total?.customers.amount).toBe('200.00');
      let minor = 0n;
      for await (const { ledger } of bank.accounts({ world: true })) minor += ledger.minor;
      expect(minor).toBe(0n);
      seen.add(total?.asOf ?? 0);
    }
  });

  it('tell every currency apart', async () => {
    const bank = await newBank();
    await openFunded(bank, '10.00', '5.00');
    const jpy = { firstName: 'A', lastName: 'B', currency: 'JPY' };
    const { id } = await bank.openAccount(jpy);
    await bank.deposit(id, '700');
    expect(await bank.totals()).toMatchObject([
      { currency: 'JPY', accounts: 1, customers: { amount: '700' }, world: { amount: '-700' } },
      { currency: 'USD', accounts: 2, customers: { amount: '15.00' }, sum: { minor: 0n } },
    ]);
  });
});

describe('a process that ends without closing its bank', () => {
  it.each([
    ['exit', 3],
    ['kill', null],
    ['throw', 1],
  ])('has booked what it was answered: %s', async (how, status) => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    await bank.close();
    const args = [join(programs, 'deposit-and-exit.js'), bank.directory, a, how];
    expect(spawnSync(process.execPath, args).status).toBe(status);
    const other = await openAgain(bank);
    expect((await other.balance(a)).ledger.amount).toBe('11.00');
    expect((await other.history(a).page()).items).toHaveLength(3);
    await other.posted();
    expect(rowsOn(bank.directory, a).at(-1)).toMatchObject({ balance: '11.00' });
  });
});
