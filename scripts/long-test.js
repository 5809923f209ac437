// One test for longer than `npm test` gives it: `npm run test:power-cuts -- --cuts 200`.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** The test, what its length is counted in, where it reads that, and how long it is unless told. */
const LONG = {
  kills: {
    test: 'test/kernel/kill-points.test.ts',
    unit: 'points',
    variable: 'POINTS',
    usual: 1_000,
  },
  'power-cuts': {
    test: 'test/kernel/power-cuts.test.ts',
    unit: 'cuts',
    variable: 'CUTS',
    usual: 200,
  },
  storm: { test: 'test/storm', unit: 'minutes', variable: 'MINUTES', usual: 10 },
};

const [, , name = '', ...rest] = process.argv;
const { test, unit, variable, usual } = LONG[name];
const { values } = parseArgs({ args: rest, options: { [unit]: { type: 'string' } } });
const env = { ...process.env, [variable]: values[unit] ?? `${usual}` };
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const steps = [
  ['npm', ['run', '--silent', 'build']],
  [process.execPath, ['node_modules/vitest/vitest.mjs', 'run', test]],
];
for (const [command, args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}
