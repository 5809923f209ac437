/**
 * A process that is stopped right before a numbered step, for longer than the stale time, while others go
 * on, and that is then set going again. Once for each step, by its name: one that nobody slept at is red.
 */
import { describe, expect, it } from 'vitest';
import { effort } from './scenario.js';
import { Episode, type FaultCounts } from './simulation.js';
import { STEP_NAMES } from './steps.js';

/** Episodes that may be needed until somebody comes to a step. */
const EPISODES_MAX = 400;
/** None in the quick suite: sleeping-process.test.ts and sleeping-recovery.test.ts are there. */
const SLEEPS = effort(0, 40);

describe.runIf(SLEEPS > 0)('stopped for longer than a process may be, and set going again', () => {
  it.each(STEP_NAMES)(
    'before "%s" it harms nothing, and tells the truth',
    { timeout: 3_600_000 },
    async (name) => {
      const counts: FaultCounts = new Map();
      const slept = () => counts.get(name)?.stop ?? 0;
      for (let seed = 1; seed <= EPISODES_MAX && slept() < SLEEPS; seed++) {
        await new Episode(seed, counts, name).run().catch((error: Error) => {
          throw new Error(`asleep before ${name}, seed ${seed}: ${error.message}`, {
            cause: error,
          });
        });
      }
      expect(slept()).toBeGreaterThanOrEqual(SLEEPS);
    },
  );
});
