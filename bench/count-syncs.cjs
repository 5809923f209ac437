/**
 * Loaded before anything else in a contestant's process, and in each of its threads (NODE_OPTIONS): counts
 * the syncs and the renames that JavaScript asks for. Calls of native code are not seen here.
 */
const { getEnvironmentData, isMainThread, setEnvironmentData } = require('node:worker_threads');
const childProcess = require('node:child_process');
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const NAME = 'drovebank-bench.counts';
/** Where each count stands. The main thread answers; the others post. */
const SLOTS = { syncs: 0, syncsOfOthers: 1, renames: 2 };

if (isMainThread) setEnvironmentData(NAME, new Int32Array(new SharedArrayBuffer(12)));
const counts = getEnvironmentData(NAME);
const syncSlot = isMainThread ? SLOTS.syncs : SLOTS.syncsOfOthers;

function count(library, name, slot, matches = () => true) {
  const call = library[name];
  library[name] = function counted(...given) {
    if (matches(...given)) Atomics.add(counts, slot, 1);
    return call.apply(this, given);
  };
}

for (const name of ['fsync', 'fsyncSync', 'fdatasync', 'fdatasyncSync']) count(fs, name, syncSlot);
for (const name of ['rename', 'renameSync']) count(fs, name, SLOTS.renames);
count(childProcess, 'execFile', syncSlot, (program) => program === 'sync');
syncBuiltinESMExports();

/** @returns {{ syncs: number, syncsOfOthers: number, renames: number }} since the process began */
globalThis[Symbol.for(NAME)] = () =>
  Object.fromEntries(Object.entries(SLOTS).map(([name, slot]) => [name, counts[slot]]));
