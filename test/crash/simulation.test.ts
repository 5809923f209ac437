import { afterAll, describe, expect, it } from 'vitest';
import { effort } from './scenario.js';
import { Episode, type FaultCounts } from './simulation.js';
import { STEP_NAMES } from './steps.js';
import { FAULTS, seedsByNeed, type Target } from './targets.js';

/**
 * `SIMULATE_COUNT=K` plays so many seeds from `SIMULATE_SEED=N` on; `SIMULATE_MINUTES=M` goes on as long, each
 * time with a seed that is after what was struck least.
 */
const FIRST = Number(process.env.SIMULATE_SEED ?? 1);
const MINUTES = Number(process.env.SIMULATE_MINUTES ?? 0);
const COUNT = Number(process.env.SIMULATE_COUNT ?? effort(8, 60));
const counts: FaultCounts = new Map();

function* seedsFrom(first: number, count: number): Generator<number> {
  for (let seed = first; seed < first + count; seed++) yield seed;
}

describe('several processes, killed, stopped and resumed at any step, clocks that jump, power cuts', () => {
  it('keep every promise', { timeout: 24 * 3_600_000 }, async () => {
    const end = performance.now() + MINUTES * 60_000;
    const strikes = ({ step, fault }: Target) => counts.get(step)?.[fault] ?? 0;
    let [episodes, steps] = [0, 0];
    for (const seed of MINUTES > 0 ? seedsByNeed(strikes, FIRST) : seedsFrom(FIRST, COUNT)) {
      if (MINUTES > 0 && performance.now() > end) break;
      const episode = new Episode(seed, counts);
      await episode.run().catch((error: Error) => {
        throw new Error(`seed ${seed} (npm run simulate -- --seed ${seed}): ${error.message}`, {
          cause: error,
        });
      });
      episodes++;
      steps += episode.steps;
    }
    const seconds = (process.cpuUsage().user / 1e6).toFixed(0);
    console.log(`${episodes} seeds, ${steps} steps, ${seconds} s of one processor, 0 violations`);
    expect(steps).toBeGreaterThan(0);
  });
});

afterAll(() => {
  const none = Object.fromEntries(FAULTS.map((fault) => [fault, 0]));
  console.table(Object.fromEntries(STEP_NAMES.map((name) => [name, counts.get(name) ?? none])));
});
