/** The same load for several contestants, turn by turn. */
import { join } from 'node:path';
import { CONTESTANTS } from './contestants.js';
import { prepare, restDisk, start } from './processes.js';
import { Latencies } from './statistics.js';
import { traceSyncs } from './trace-syncs.js';

/** Cents that every account begins with. */
export const BALANCE = 1_000_000_000;

const TRACED_LOAD = { ms: 250, seed: 7 };

/**
 * Rounds of load, one contender after the other in each, in a changing order; with `warmUpMs`, a first
 * round of that length does not count. A contender is a contestant's name, or
 * { key, name, home?, folder?, ...its own part of the load }; one with a `home` is not prepared there again.
 * Answers key → { name, rounds, failure? }. A contender that fails drops out.
 */
export async function compare(contenders, { folder, say, ...settings }) {
  const field = new Map();
  for (const contender of contenders) {
    const entry = toEntry(contender, folder, settings);
    field.set(entry.key, entry);
    say(`${entry.key} gets ready`);
    await guard(entry, () => getReady(entry));
  }
  const entries = [...field.values()];
  const { rounds, warmUpMs } = settings;
  for (let round = warmUpMs > 0 ? 0 : 1; round <= rounds; round += 1) {
    for (let turn = 0; turn < entries.length; turn += 1) {
      const entry = entries[(turn + round) % entries.length];
      say(round === 0 ? `warming up: ${entry.key}` : `round ${round} of ${rounds}: ${entry.key}`);
      await guard(entry, async () => {
        restDisk();
        const ms = round === 0 ? warmUpMs : entry.load.ms;
        const figures = await carry(entry, { ms, seed: round * 100 });
        if (round > 0) entry.rounds.push(figures);
      });
    }
  }
  for (const entry of entries) {
    say(`counting the money of ${entry.key}`);
    await guard(entry, () => countSyncsOfNative(entry));
    await guard(entry, () => expectAllMoney(entry.processes[0], entry.load.accounts));
    await endProcesses(entry);
  }
  return field;
}

/** @throws when money was made or lost; at least `paidIn` cents came in meanwhile, and at most `perhaps` more */
export async function expectAllMoney(contestant, accounts, paidIn = 0, perhaps = 0) {
  const sum = await contestant.ask('sum');
  const expected = accounts * BALANCE + paidIn;
  if (sum === undefined || (sum >= expected && sum <= expected + perhaps)) return;
  throw new Error(`money was made or lost: ${sum} instead of ${expected}`);
}

function toEntry(contender, folder, { rounds, warmUpMs, processes = 1, ...load }) {
  const {
    key,
    name,
    home,
    folder: ownFolder = folder,
    ...own
  } = typeof contender === 'string' ? { key: contender, name: contender } : contender;
  return {
    key,
    name,
    made: home !== undefined,
    home: home ?? join(ownFolder, key),
    processCount: own.processes ?? processes,
    load: { ...load, ...own },
    rounds: [],
    processes: [],
    failure: undefined,
  };
}

async function getReady(entry) {
  const { name, home, load, processes, processCount } = entry;
  const settings = { accounts: load.accounts, balance: BALANCE };
  if (!entry.made) await prepare(name, home, settings);
  for (let number = 0; number < processCount; number += 1) {
    const process = start(name, home, { ...settings, process: number });
    processes.push(process);
    await process.ask('open');
  }
}

async function carry({ processes, load }, { ms, seed }) {
  const asked = processes.map((process, number) =>
    process.ask('load', { ...load, ms, seed: seed + number + 1 }),
  );
  return mergeParts(await allOrFirstFailure(asked));
}

/** A round of its own, which counts for nothing else: whoever is traced is slow. */
async function countSyncsOfNative(entry) {
  if (!CONTESTANTS[entry.name].native || entry.rounds.length === 0) return;
  const helpers = await Promise.all(entry.processes.map((process) => process.ask('helperPids')));
  const pids = [...entry.processes.map(({ pid }) => pid), ...helpers.flat().filter(Boolean)];
  const traced = await traceSyncs(pids, () => carry(entry, TRACED_LOAD));
  const syncs = traced ? traced.syncs / traced.result.answers : Number.NaN;
  for (const round of entry.rounds) round.syncs = syncs;
}

async function guard(entry, work) {
  if (entry.failure !== undefined) return;
  try {
    await work();
  } catch (error) {
    entry.failure = error.message.split('\n')[0];
    await endProcesses(entry);
  }
}

async function endProcesses(entry) {
  await Promise.all(entry.processes.map((process) => process.end()));
  entry.processes = [];
}

/** Waits for everybody before it tells of a failure: who is still at work cannot be ended cleanly. */
async function allOrFirstFailure(asked) {
  const outcomes = await Promise.allSettled(asked);
  for (const { status, reason } of outcomes) if (status === 'rejected') throw reason;
  return outcomes.map(({ value }) => value);
}

/** The figures of a round from those of its processes. */
export function mergeParts(parts) {
  const latencies = new Latencies();
  for (const part of parts) latencies.add(part.latencies);
  const total = (key) => parts.reduce((sum, part) => sum + part[key], 0);
  const most = (key) => Math.max(...parts.map((part) => part[key]));
  const answers = total('answers');
  return {
    answers,
    refused: total('refused'),
    answersPerSecond: answers / most('seconds'),
    postedPerSecond: answers / most('secondsInAll'),
    p50Us: latencies.at(0.5),
    p99Us: latencies.at(0.99),
    p999Us: latencies.at(0.999),
    maxUs: latencies.max,
    cpuUs: total('cpuUs') / answers,
    bytes: total('bytes') / answers,
    syncs: total('syncs') / answers,
    syncsPerBatch: total('writerSyncs') / total('batches'),
    batchSize: answers / total('batches'),
    loopDelayUs: most('loopDelayUs'),
    memoryMb: most('memoryMb'),
    backlogMax: largestBacklog(parts),
  };
}

/** Entries answered and not yet posted, where one process alone was asked and was looked at. */
function largestBacklog([{ samples = [] }, ...others]) {
  const backlogs = samples.map(({ backlog }) => backlog).filter(Number.isFinite);
  return others.length > 0 || backlogs.length === 0 ? Number.NaN : Math.max(...backlogs);
}
