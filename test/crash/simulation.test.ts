import { afterAll, describe, expect, it } from 'vitest';
import { effort } from './scenario.js';
import { Episode, type FaultCounts } from './simulation.js';
import { STEP_NAMES } from './steps.js';
import { FAULTS } from './targets.js';

/** `SIMULATE_SEED=N` begins there; `SIMULATE_MINUTES=M` goes on as long; `SIMULATE_COUNT=K` plays so many. */
const FIRST = Number(process.env.SIMULATE_SEED ?? 1);
const MINUTES = Number(process.env.SIMULATE_MINUTES ?? 0);
const COUNT = Number(process.env.SIMULATE_COUNT ?? effort(8, 60));
const counts: FaultCounts = new Map();

describe('several processes, killed, stopped and resumed at any step, clocks that jump, power cuts', () => {
  it('keep every promise', { timeout: 24 * 3_600_000 }, async () => {
    const end = performance.now() + MINUTES * 60_000;
    let steps = 0;
    let seed = FIRST;
    for (; seed < FIRST + COUNT || performance.now() < end; seed++) {
      const episode = new Episode(seed, counts);
      await episode.run().catch((error: Error) => {
        throw new Error(`seed ${seed} (npm run simulate -- --seed ${seed}): ${error.message}`, {
          cause: error,
        });
      });
      steps += episode.steps;
    }
    console.log(`${seed - FIRST} seeds from ${FIRST} on, ${steps} steps, 0 violations`);
    expect(steps).toBeGreaterThan(0);
  });
});

afterAll(() => {
  const none = Object.fromEntries(FAULTS.map((fault) => [fault, 0]));
  console.table(Object.fromEntries(STEP_NAMES.map((name) => [name, counts.get(name) ?? none])));
});
