import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Bank, TransferResult } from '#lib/bank/api.js';
import { nodeLock } from '#lib/disk/node-lock.js';
import { nodeSystem } from '#lib/disk/node-system.js';
import { parseOwner } from '#lib/format/owner-name.js';
import { type Host, nodeHost } from '#lib/store/host.js';
import { openFiles } from '#lib/store/store.js';
import { expectTidy } from '../store/books.js';

/** A movement of money that somebody asked for. Without `from` a deposit. */
export interface Asked {
  readonly key: string;
  readonly from?: string;
  readonly to: string;
  readonly amount: bigint;
}

export type Balances = Map<string, bigint>;

/** Books `asked`, perhaps once more. */
export async function ask(
  bank: Bank,
  asked: readonly Asked[],
): Promise<{ transfer: number; replayed: boolean }[]> {
  const inputs = asked.map(({ key, ...input }) => ({ ...input, idempotencyKey: key }));
  return (await bank.transferMany(inputs)).map((result: TransferResult) => {
    if ('error' in result) throw result.error;
    return result.receipt;
  });
}

/** How a movement changes the balances. */
export function apply(balances: Balances, { from, to, amount }: Asked): void {
  const change = (id: string, by: bigint) => balances.set(id, (balances.get(id) ?? 0n) + by);
  if (from !== undefined) change(from, -amount);
  change(to, amount);
}

/** One account's row of an entry with a key. */
export interface BookedLeg {
  readonly transfer: number;
  readonly account: string;
  readonly seq: number;
  readonly change: bigint;
}

/** Every row's number of entry by its key, and the balance, of each account; gaps are found on the way. */
export async function readBooks(bank: Bank, ids: Iterable<string>) {
  const booked = new Map<string, BookedLeg[]>();
  const balances: Balances = new Map();
  for (const id of ids) {
    let [seq, sum] = [0, 0n];
    for await (const row of bank.history(id)) {
      seq++;
      expect(row.seq, `the number of a row of ${id}`).toBe(seq);
      const change = row.direction === 'in' ? row.amount.minor : -row.amount.minor;
      sum += change;
      expect(row.balance.minor, `the balance in row ${seq} of ${id}`).toBe(sum);
      if (row.key === '' || row.direction === undefined) continue;
      const leg = { transfer: row.transfer, account: id, seq, change };
      booked.set(row.key, [...(booked.get(row.key) ?? []), leg]);
    }
    expect((await bank.balance(id)).ledger.minor, `the balance of ${id}`).toBe(sum);
    balances.set(id, sum);
  }
  return { booked, balances };
}

export type Booked = ReadonlyMap<string, readonly BookedLeg[]>;

/** Whether `asked` was booked: on all its accounts with its amount, once and under one number, or on none. */
export function wasBooked(booked: Booked, { key, from, to, amount }: Asked): number | undefined {
  const legs = booked.get(key);
  if (legs === undefined) return undefined;
  const [{ transfer = 0 } = {}] = legs;
  const expected = [`${transfer} ${to} ${amount}`];
  if (from !== undefined) expected.push(`${transfer} ${from} ${-amount}`);
  const found = legs.map((leg) => `${leg.transfer} ${leg.account} ${leg.change}`);
  expect(found.sort(), key).toEqual(expected.sort());
  return transfer;
}

/** No money was made or lost: each currency adds up to zero. */
export async function expectZero(bank: Bank): Promise<void> {
  for (const { currency, sum } of await bank.totals()) expect(sum.minor, currency).toBe(0n);
}

const ROLES = ['writer', 'poster'] as const;

/**
 * A lock that nobody took a desk under tells nothing of its owner, and is left when it has been still
 * for the stale time. Here that time passes at once; other locks stay as they are, unless `all`.
 */
export function letStale(directory: string, all = false): void {
  const longAgo = new Date(Date.now() - 60_000);
  for (const role of ROLES) {
    const path = join(directory, 'desks', `${role}.lock`);
    if (!existsSync(path)) continue;
    const [desk = ''] = readdirSync(join(directory, 'desks', role));
    const isOwners = parseOwner(desk)?.random === nodeLock(path).identity();
    if (all || !isOwners) utimesSync(path, longAgo, longAgo);
  }
}

/**
 * What everybody may expect of a bank that nobody has open any more: nothing staged, no lock, no
 * ticket. The ticket of somebody dead lies there until an observer has looked at it for a while.
 */
export async function expectLeftTidy(directory: string, host: Host = nodeHost()): Promise<void> {
  const files = await openFiles(host, directory);
  for (const queue of [files.writerQueue, files.posterQueue]) {
    for (const name of readdirSync(queue.folder)) {
      const owner = parseOwner(name);
      expect(owner && nodeSystem().isSurelyDead(owner), `the ticket ${name}`).toBe(true);
    }
    // Long before all looks are made it is gone, however slow this machine is.
    for (let look = 0; look < 200 && readdirSync(queue.folder).length > 0; look++) {
      await queue.waiting();
      await nodeSystem().pause(20).done;
    }
  }
  expectTidy(directory);
  for (const role of ROLES) expect(existsSync(join(directory, `desks/${role}.lock`))).toBe(false);
  expect(existsSync(join(directory, 'PAIN.csv'))).toBe(false);
}
