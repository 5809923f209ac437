import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import { accountFolder, pageName } from '#lib/format/account-path.js';
import { type CrashPoint, crashesAt } from '#lib/testing/crashes.js';
import type { SimulatedMachine } from '#lib/testing/simulated-machine.js';
import type { Machine, PlayedProcess } from '../machine/processes.js';

/** Two accounts of 100.00 each, opened by `process`. */
export async function fund({ bank }: PlayedProcess): Promise<[string, string]> {
  const ada = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
  const bob = await bank.openAccount({ firstName: 'Bob', lastName: 'Smith' });
  await bank.transferMany([ada, bob].map(({ id }) => ({ to: id, amount: '100.00' })));
  return [ada.id, bob.id];
}

/** What is appended here is nothing that a bank could read: the log asks for no more than lines. */
export const batch = (transfer: number, lines = `line ${transfer}\n`) => ({
  ...{ lines, count: 1, transfer },
});

/** The journal's segments, in order. */
export const segmentsOf = ({ directory }: Machine) =>
  namesIn(directory, 'journal').filter((name) => name !== 'checkpoint.csv');

/** Nothing that `verify` looks at is wrong. */
export async function expectClean(bank: Bank): Promise<void> {
  const { ok, steps } = await bank.verify();
  expect(steps.flatMap(({ problems }) => problems)).toEqual([]);
  expect(ok).toBe(true);
}

/** A power cut when all is done: in each way that it may have struck the bank opens, and nothing in it is wrong. */
export async function expectCleanAfterCut(
  machine: SimulatedMachine,
  points: readonly CrashPoint[],
  directory: string,
  limit: number,
  use: (bank: Bank) => Promise<unknown> = async () => {},
): Promise<void> {
  const seen = new Set<string>();
  for (const point of points.slice(-1)) {
    for (const crash of crashesAt(machine, point, { limit, seen })) {
      const next = crash.machine.start();
      await crash.machine.run(async () => {
        const bank = await next.openBank(directory);
        await use(bank);
        await expectClean(bank);
        await bank.close();
      });
    }
  }
  expect(seen.size).toBeGreaterThan(1);
}

/** The bank has these balances, for who opens it next and, once everything is posted, for the one behind. */
export async function expectWhole(
  machine: Machine,
  balances: Record<string, string>,
): Promise<void> {
  const { bank } = await machine.start();
  for (const [id, amount] of Object.entries(balances)) {
    expect((await bank.balance(id)).ledger.amount).toBe(amount);
  }
  await expectClean(bank);
  await bank.posted();
  await bank.close();
  const after = await machine.start();
  await expectClean(after.bank);
  await after.bank.close();
}

/** Path of a page in the bank's directory; the open one unless a number is given. */
export function pagePath(directory: string, id: string, page?: number): string {
  return join(directory, accountFolder(id), pageName(id, page));
}

/** Every page of every passbook, by its path. */
export function pagesOf(directory: string): Record<string, string> {
  const root = join(directory, 'accounts');
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.csv')).sort();
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(root, name), 'utf8')]));
}

/** The rows of one page, read by a parser that is not ours. */
export function rowsOn(
  directory: string,
  id: string,
  page?: number,
): Record<string, string | undefined>[] {
  const text = readFileSync(pagePath(directory, id, page), 'utf8');
  return parse(text, { columns: true });
}

/** Names in one of the bank's folders. */
export function namesIn(directory: string, folder: string): string[] {
  return readdirSync(join(directory, folder)).sort();
}

/** Nobody waits, and nothing is left staged: `answered` marks apart, the desks are empty. */
export function expectTidy(directory: string): void {
  for (const role of ['writer', 'poster']) {
    expect(namesIn(directory, `desks/${role}.queue`)).toEqual([]);
    const [desk = '', ...more] = namesIn(directory, `desks/${role}`);
    expect(more).toEqual([]);
    const left = namesIn(directory, `desks/${role}/${desk}`);
    expect(left.filter((name) => !name.startsWith('answered-'))).toEqual([]);
  }
}
