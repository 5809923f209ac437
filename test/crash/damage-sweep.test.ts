/** Proof G: damage to every kind of file of a bank. */
import { expect, it } from 'vitest';
import { sweep, type Tally } from './damage-sweep.js';

/** A sample while somebody works, more in CI; `npm run test:damage` tries all. */
const { CI, DAMAGE_TRIALS = CI ? '700' : '36', DAMAGE_BITS = '1', DAMAGE_ONLY = '.' } = process.env;
const TRIALS = DAMAGE_TRIALS === 'all' ? {} : { trials: Number(DAMAGE_TRIALS) };
const HOUR_MS = 3_600_000;
/** A line about how far it is, each so many trials. */
const TELL = 1_000;

it(
  'no damage to any file makes a wrong balance: it is found, or harms nobody',
  async () => {
    const tallies = await sweep({
      ...TRIALS,
      bits: Number(DAMAGE_BITS),
      only: new RegExp(DAMAGE_ONLY),
      onProgress: (done, all) => {
        if (done % TELL === 0) console.log(`${done} of ${all}`);
      },
    });
    console.table(tallies.map(rowOf));
    console.table(reasons(tallies));
    expect(tallies.flatMap(({ violations }) => violations)).toEqual([]);
    const trials = tallies.reduce((sum, tally) => sum + tally.trials, 0);
    expect(trials).toBeGreaterThan(DAMAGE_ONLY === '.' ? 20 : 0);
  },
  24 * HOUR_MS,
);

function rowOf({ left, kind, violations, harmless, ...counts }: Tally) {
  const unseen = [...harmless.values()].reduce((sum, count) => sum + count, 0);
  return { left, kind, ...counts, harmless: unseen, violations: violations.length };
}

function reasons(tallies: readonly Tally[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { harmless } of tallies)
    for (const [why, count] of harmless) sums[why] = (sums[why] ?? 0) + count;
  return sums;
}
