// One test for longer than `npm test` gives it: `npm run test:power-cuts -- --cuts 200`.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** The test, and its options: where it reads each, and what each is unless told. */
const LONG = {
  kills: { test: 'test/kernel/kill-points.test.ts', options: { points: ['POINTS', '1000'] } },
  'power-cuts': { test: 'test/kernel/power-cuts.test.ts', options: { cuts: ['CUTS', '200'] } },
  // `bits` of each byte are flipped, one at a time; `only` what fits a pattern, as `kiosk.csv: gone`.
  damage: {
    test: 'test/crash/damage-sweep.test.ts',
    options: {
      trials: ['DAMAGE_TRIALS', 'all'],
      bits: ['DAMAGE_BITS', '1'],
      only: ['DAMAGE_ONLY', '.'],
    },
  },
  // One storm after the other; `seed` is the first one's, as a failure tells it.
  storm: {
    test: 'test/storm',
    options: { minutes: ['MINUTES', '10'], seed: ['STORM_SEED', ''] },
  },
  // CI: all kinds of disks, and so many states times `effort`.
  crash: { test: 'test/crash', options: { effort: ['CRASH_EFFORT', '5'] }, env: { CI: 'true' } },
  // One order of steps, as a violation tells it.
  interleave: {
    test: 'test/crash/interleavings.test.ts',
    options: {
      program: ['INTERLEAVE_PROGRAM', 'two writers'],
      schedule: ['INTERLEAVE_SCHEDULE', ''],
    },
  },
  simulate: {
    test: 'test/crash/simulation.test.ts',
    options: {
      seed: ['SIMULATE_SEED', '1'],
      seeds: ['SIMULATE_COUNT', '1'],
      minutes: ['SIMULATE_MINUTES', '0'],
    },
  },
};

const [, , name = '', ...rest] = process.argv;
const { test, options, env: fixed } = LONG[name];
const { values } = parseArgs({
  args: rest,
  options: Object.fromEntries(Object.keys(options).map((option) => [option, { type: 'string' }])),
});
const told = Object.entries(options).map(([option, [variable, usual]]) => [
  variable,
  values[option] ?? usual,
]);
const env = { ...process.env, ...fixed, ...Object.fromEntries(told) };
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const steps = [
  ['npm', ['run', '--silent', 'build']],
  [process.execPath, ['node_modules/vitest/vitest.mjs', 'run', test]],
];
for (const [command, args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}
