import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBank } from 'drovebank';
import { expect } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import { expectClean } from '../store/books.js';
import {
  type Asked,
  apply,
  ask,
  type Balances,
  expectLeftTidy,
  expectZero,
  letStale,
  readBooks,
  wasBooked,
} from './books.js';
import type { Ran } from './strace.js';

export const programOf = (name: string) =>
  fileURLToPath(new URL(`../programs/${name}`, import.meta.url));

let keys = 0;

/** One bank that lives through all the kills of one operation, and what must be in it. */
export class Branch {
  readonly directory: string;
  /** What it must have, movements of which nobody knows yet aside. */
  readonly balances: Balances = new Map();

  constructor(folder: string) {
    this.directory = join(folder, 'bank');
  }

  get ids(): string[] {
    return [...this.balances.keys()];
  }

  newKey(): string {
    return `key-${++keys}`;
  }

  /** A copy of the bank, as `cp -r` makes it. */
  copy(folder: string): Branch {
    const copy = new Branch(folder);
    cpSync(this.directory, copy.directory, { recursive: true });
    for (const [id, balance] of this.balances) copy.balances.set(id, balance);
    return copy;
  }

  /** Makes the bank, with accounts that have 10,000.00 each. */
  async found(accounts: number): Promise<void> {
    await this.within(async (bank) => {
      for (let opened = 0; opened < accounts; opened++) await this.addAccount(bank);
      await this.book(
        bank,
        this.ids.map((to) => ({ key: this.newKey(), to, amount: 10_000_00n })),
      );
    });
  }

  async addAccount(bank: Bank): Promise<string> {
    const { id } = await bank.openAccount({ firstName: 'Kernel', lastName: 'Test' });
    this.balances.set(id, 0n);
    return id;
  }

  /** Does something with the bank open, and leaves it with everything posted. */
  async within(work: (bank: Bank) => Promise<void>): Promise<void> {
    const bank = await openBank(this.directory, { create: true });
    await work(bank);
    await bank.close();
  }

  /** Books movements that nobody disturbs. */
  async book(bank: Bank, asked: readonly Asked[]): Promise<void> {
    await ask(bank, asked);
    for (const one of asked) apply(this.balances, one);
  }

  /** A process pays 1.00 into `to`, is answered, and dies without having posted it. */
  dieAnswered(to: string): void {
    const args = [programOf('deposit-and-exit.js'), this.directory, to, 'kill'];
    expect(() => execFileSync(process.execPath, args, { stdio: 'ignore' })).toThrow();
    apply(this.balances, { key: '', to, amount: 1_00n });
  }

  /**
   * All that must hold after a process that asked for `asked` ended, however it did: each was booked
   * whole and once, or not at all; what was answered was booked; asked again it is booked once.
   */
  async settle(asked: readonly Asked[], { stdout }: Ran, opened?: Bank): Promise<void> {
    letStale(this.directory);
    const bank = opened ?? (await openBank(this.directory));
    const touched = new Set(
      asked.flatMap(({ from, to }) => (from === undefined ? to : [from, to])),
    );
    const { booked, balances } = await readBooks(bank, touched);
    const numbers = asked.map((one) => wasBooked(booked, one));
    const expected = new Map(this.balances);
    for (const [index, one] of asked.entries()) {
      if (numbers[index] !== undefined) apply(expected, one);
    }
    for (const id of touched) expect(balances.get(id), id).toBe(expected.get(id));
    await expectZero(bank);
    const told = /^answered (.*)$/m.exec(stdout)?.[1];
    if (told !== undefined) {
      const answered = told.split(' ');
      expect(numbers.slice(-answered.length).map(String)).toEqual(answered);
    }

    const again = await ask(bank, asked);
    for (const [index, { transfer, replayed }] of again.entries()) {
      // What nobody had answered for yet, a reader does not show; it may count all the same.
      if (numbers[index] !== undefined)
        expect([transfer, replayed]).toEqual([numbers[index], true]);
    }
    for (const one of asked) apply(this.balances, one);
    await this.#expectWorking(bank);
    await bank.close();
    await expectLeftTidy(this.directory);
  }

  /** The next request is booked, and both books tell the same story. */
  async #expectWorking(bank: Bank): Promise<void> {
    const [to = ''] = this.ids;
    await this.book(bank, [{ key: this.newKey(), to, amount: 1n }]);
    for await (const { id, ledger } of bank.accounts()) {
      expect(ledger.minor, id).toBe(this.balances.get(id));
    }
    await expectClean(bank);
  }

  /** Opened by somebody else both books are whole, and everything is posted. */
  async expectWhole(): Promise<void> {
    letStale(this.directory);
    await this.within(async (bank) => {
      const { balances } = await readBooks(bank, this.ids);
      expect(balances).toEqual(this.balances);
      await this.#expectWorking(bank);
    });
    await expectLeftTidy(this.directory);
  }
}
