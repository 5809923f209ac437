import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { expect } from 'vitest';
import { decodeControl, encodeBatch } from '#lib/format/journal-row.js';
import type { Recovery } from '#lib/recover.js';
import { Machine, newDirectory } from '../../machine/processes.js';
import { expectClean, namesIn, pagePath } from '../books.js';

export const ADA = 'a10017';
export const BOB = 'a10025';
export const SHOP = 'corner-shop';
export const WORLD = 'world-usd';

/** The file of a page as findings name it. */
export const pageOf = (id: string, page?: number) => pagePath('', id, page);
export const segmentsIn = (directory: string) =>
  namesIn(directory, 'journal').filter((name) => name !== 'checkpoint.csv');

/**
 * A bank of three segments that everybody has closed: ada has two sealed pages, the shop one, and all
 * three segments hold entries. Copied for each test.
 */
export async function closedBank(): Promise<string> {
  cached ??= await makeBank();
  const directory = newDirectory();
  mkdirSync(directory);
  for (const [name, bytes] of cached) {
    const path = join(directory, name);
    if (bytes) writeFileSync(path, bytes);
    else mkdirSync(path);
  }
  const bank = await openBank(directory); // A copy is verified, and made a bank of its own.
  await bank.close();
  return directory;
}

/** Each file with its bytes, each folder without, parents first. */
let cached: [string, Buffer | undefined][] | undefined;

let books: Promise<Record<string, string>> | undefined;
/** The books of a bank as `closedBank` makes it: the same for each. */
export function closedBooks(): Promise<Record<string, string>> {
  books ??= closedBank().then(booksOf);
  return books;
}

/**
 * Every one where there is time for it, else every sixth, beginning with another one each time: the sweep
 * on the simulated disk (`test/crash/damage-sweep.ts`) tries more.
 */
export function some<T>(all: readonly T[], from = 0): T[] {
  return process.env.CI ? [...all] : all.filter((_, index) => index % 6 === from % 6);
}

async function makeBank(): Promise<[string, Buffer | undefined][]> {
  const machine = await Machine.withBank();
  const first = await machine.start();
  for (const [firstName, id] of [['Ada'], ['Bob'], ['Corner', SHOP]] as const) {
    await first.bank.openAccount({ firstName, lastName: 'Smith', id });
  }
  for (const to of [ADA, BOB, SHOP]) await first.bank.deposit(to, '100.00', { memo: `for ${to}` });
  await first.bank.transfer({ from: ADA, to: BOB, amount: '25.00', reference: 'inv-7' });
  machine.kill(first); // Who comes next begins a segment.
  const second = await machine.start();
  for (const to of [ADA, ADA, SHOP]) {
    await second.bank.transferMany(Array.from({ length: 64 }, () => ({ to, amount: '1.00' })));
    await second.bank.posted();
  }
  machine.kill(second);
  const third = await machine.start();
  for (let turn = 0; turn < 3; turn++) {
    await third.bank.transfer({ from: ADA, to: SHOP, amount: '2.00', idempotencyKey: `k${turn}` });
  }
  await third.bank.withdraw(BOB, '5.00');
  await expectClean(third.bank);
  await third.bank.close();
  const names = readdirSync(machine.directory, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => {
    const path = join(machine.directory, name);
    return [name, statSync(path).isFile() ? readFileSync(path) : undefined];
  });
}

/** Balances and rows of every account: what recovery must bring back. */
export async function booksOf(directory: string): Promise<Record<string, string>> {
  const bank = await openBank(directory);
  const found: Record<string, string> = {};
  for await (const { id, ledger, entries } of bank.accounts({ world: true }))
    found[id] = `${ledger.amount} after ${entries} rows`;
  for (const id of Object.keys(found)) {
    const { items } = await bank.history(id, { limit: 1_000 }).page();
    found[`history of ${id}`] = items.map(({ transfer, memo }) => `${transfer} ${memo}`).join();
  }
  await expectClean(bank);
  await bank.close();
  return found;
}

/** Every file with its bytes; desks and lost+found apart. */
export function treeOf(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => /^(?:accounts|journal)\/.*\.csv$/.test(name));
  return Object.fromEntries(
    files.map((name) => [name, readFileSync(join(directory, name), 'latin1')]),
  );
}

export const flip = (path: string, at: number) =>
  change(path, (bytes) => {
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    return bytes;
  });
export const cut = (path: string, at: number) => change(path, (bytes) => bytes.subarray(0, at));
export const zero = (path: string, from: number, to: number) =>
  change(path, (bytes) => bytes.fill(0, from, to));
export const remove = (path: string) => rmSync(path, { recursive: true });
export function swap(a: string, b: string): void {
  const [first, second] = [readFileSync(a), readFileSync(b)];
  writeFileSync(a, second);
  writeFileSync(b, first);
}

/** Goes on in the journal as somebody would who knows how seals are made. */
export function appendSealed(directory: string, line: string, count = 1): void {
  const path = join(directory, 'journal', segmentsIn(directory).at(-1) ?? '');
  const last = readFileSync(path, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  const { transfer = 0, epoch = 0, seal: previous = '' } = decodeControl(last) ?? {};
  const seal = { transfer: transfer + count, epoch, count, previous };
  appendFileSync(path, encodeBatch(`${line}\n`, seal).bytes);
}

function change(path: string, alter: (bytes: Buffer) => Buffer): void {
  writeFileSync(path, alter(readFileSync(path)));
}

/** Balances stay what they were, and whatever was replaced lies in lost+found. */
export async function expectRecovered(
  directory: string,
  before: Record<string, string>,
  recovery: Recovery,
): Promise<void> {
  expect(recovery, JSON.stringify(recovery, undefined, 1)).toMatchObject({
    state: 'repaired',
    problems: [],
  });
  expect(existsSync(join(directory, 'PAIN.csv'))).toBe(false);
  expect(await booksOf(directory)).toEqual(before);
}
