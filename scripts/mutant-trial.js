/**
 * One mutant's trial, in the copy of the project that it lives in: `simulation <seeds>`, or `crashes
 * <power cuts at a moment>`. The same as the suites of these names, without a test runner to be
 * started each time.
 */
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const CRASH = fileURLToPath(new URL('../test/crash/', import.meta.url));

/** Operations that between them go every step of writing, taking over and posting. */
const CRASHED = [
  'opening an account and using it',
  'take-over from somebody killed',
  'posting for somebody killed',
  'segment turn',
  'page turn',
];

const load = (name) => import(join(CRASH, `${name}.js`));

async function simulate(seeds) {
  const { Episode } = await load('simulation');
  for (let seed = 1; seed <= seeds; seed++) {
    await new Episode(seed).run().catch((error) => {
      throw new Error(`seed ${seed}: ${error.message}`);
    });
  }
}

async function crash(limit) {
  const { OPERATIONS } = await load('operations');
  const { expectKept, ready } = await load('scenario');
  const { crashesAt, recordCrashPoints } = await import('#lib/testing/crashes.js');
  for (const wanted of CRASHED) {
    const operation = OPERATIONS.find(({ name }) => name === wanted);
    const [machine, balances] = await ready(operation, 'posix');
    const points = await recordCrashPoints(machine, (process, answered) =>
      operation.work(process, { machine, answered }),
    );
    const seen = new Set();
    for (const point of points) {
      for (const left of crashesAt(machine, point, { limit, seen })) {
        await expectKept(left, operation, balances);
      }
    }
  }
}

const [, , trial, much] = process.argv;
try {
  await (trial === 'simulation' ? simulate(Number(much)) : crash(Number(much)));
} catch (error) {
  process.stdout.write(`${error?.message ?? error}\n`);
  process.exit(1);
}
