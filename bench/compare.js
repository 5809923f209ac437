/** The same load for several contestants, turn by turn. */
import { join } from 'node:path';
import { Latencies } from './measure.js';
import { prepare, restDisk, start } from './processes.js';

const BALANCE = 1_000_000_000;

/**
 * Rounds of load, one contestant after the other in each, in a changing order; the first round warms
 * up and does not count. Answers name → { rounds, failure? }. A contestant that fails drops out.
 */
export async function compare(
  names,
  { folder, accounts, rounds, ms, inFlight, processes = 1, say = () => {} },
) {
  const settings = { accounts, balance: BALANCE };
  const field = new Map();
  for (const name of names) {
    const home = join(folder, name);
    const entry = { rounds: [], processes: [], failure: undefined };
    field.set(name, entry);
    await guard(entry, async () => {
      await prepare(name, home, settings);
      for (let number = 0; number < processes; number += 1) {
        const process = start(name, home, { ...settings, process: number });
        entry.processes.push(process);
        await process.ask('open');
      }
    });
  }
  for (let round = 0; round <= rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(turn + round) % names.length];
      const entry = field.get(name);
      say(`round ${round} of ${rounds}: ${name}`);
      await guard(entry, async () => {
        restDisk();
        const asked = entry.processes.map((process, number) =>
          process.ask('load', { inFlight, ms, seed: round * 100 + number + 1 }),
        );
        const parts = await allOrFirstFailure(asked);
        if (round > 0) entry.rounds.push(merge(parts));
      });
    }
  }
  for (const entry of field.values()) {
    await guard(entry, async () => {
      const sum = await entry.processes[0].ask('sum');
      if (sum !== undefined && sum !== accounts * BALANCE) {
        throw new Error(`money was made or lost: ${sum} instead of ${accounts * BALANCE}`);
      }
    });
    await Promise.all(entry.processes.map((process) => process.end()));
    entry.processes = [];
  }
  return field;
}

async function guard(entry, work) {
  if (entry.failure !== undefined) return;
  try {
    await work();
  } catch (error) {
    entry.failure = error.message;
    await Promise.all(entry.processes.map((process) => process.end()));
  }
}

/** Waits for everybody before it tells of a failure: who is still at work cannot be ended cleanly. */
async function allOrFirstFailure(asked) {
  const outcomes = await Promise.allSettled(asked);
  for (const { status, reason } of outcomes) if (status === 'rejected') throw reason;
  return outcomes.map(({ value }) => value);
}

function merge(parts) {
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
    loopDelayUs: most('loopDelayUs'),
    memoryMb: most('memoryMb'),
  };
}
