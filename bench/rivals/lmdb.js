/**
 * lmdb-js in its fastest durable setting: balances as plain numbers in a table of their own, many
 * transactions on their way at once, each answered when its commit is flushed.
 */
import { performance } from 'node:perf_hooks';
import { open as openEnvironment } from 'lmdb';
import { timeEach } from '../reads.js';

export function tables(folder) {
  const env = openEnvironment({ path: folder });
  const balances = env.openDB({
    name: 'balances',
    keyEncoding: 'uint32',
    encoding: 'ordered-binary',
  });
  const names = env.openDB({ name: 'names', keyEncoding: 'uint32' });
  const transfers = env.openDB({ name: 'transfers', sharedStructuresKey: 'structures' });
  return { env, balances, names, transfers };
}

export async function prepare(folder, { accounts, balance }) {
  const { env, balances, names } = tables(folder);
  await env.transaction(() => {
    for (let id = 0; id < accounts; id += 1) {
      balances.put(id, balance);
      names.put(id, { first: 'Ada', last: `Number ${id}` });
    }
  });
  await env.flushed;
  await env.close();
}

/** What moves the money, inside a transaction. Each process numbers its own transfers. */
export function mover({ balances, transfers }, process) {
  let number = process * 2 ** 40 + Date.now() * 1000;
  return (from, to, amount) => {
    const has = balances.get(from);
    if (has < amount) return false;
    const had = balances.get(to);
    balances.put(from, has - amount);
    balances.put(to, had + amount);
    number += 1;
    transfers.put(number, { from, to, amount, at: Date.now() });
    return true;
  };
}

export function sum({ balances }) {
  let total = 0;
  for (const { value } of balances.getRange()) total += value;
  return total;
}

/** A page of accounts; with `search`, of those whose name has it: all are looked through. */
function list({ balances, names }, { search = '', limit }) {
  const start = performance.now();
  const found = [];
  for (const { key, value } of names.getRange()) {
    if (!`${value.first} ${value.last}`.includes(search)) continue;
    found.push({ ...value, balance: balances.get(key) });
    if (found.length === limit) break;
  }
  return { us: (performance.now() - start) * 1000, found: found.length };
}

export function open(folder, { process = 0 }) {
  const all = tables(folder);
  const move = mover(all, process);
  return {
    async transfer(from, to, amount) {
      await all.env.transaction(() => move(from, to, amount));
      await all.env.flushed;
    },
    batchOf: (moves) => moves,
    async transferMany(moves) {
      await all.env.transaction(() => {
        for (const { from, to, cents } of moves) move(from, to, cents);
      });
      await all.env.flushed;
    },
    balances: ({ members }) => timeEach(members, (account) => all.balances.get(account)),
    list: (asked) => list(all, asked),
    sum: () => sum(all),
    close: () => all.env.close(),
  };
}
