/**
 * One mutant's trial, in the copy of the project that it lives in: `simulation <seeds>`, `crashes
 * <power cuts at a moment>`, or `errors <every so many steps>`. The same as the suites of these names, without
 * a test runner that takes longer to start than most mutants live.
 */
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Operations that between them go every step of writing, taking over and posting. */
const CHOSEN = [
  'opening an account and using it',
  'take-over from somebody killed',
  'posting for somebody killed',
  'segment turn',
  'room made ahead',
  'handing over between two processes',
  'making a bank',
  'taking over from somebody who is stopped, and goes on',
  'posting that is asked of another process',
  'page turn',
];

const folder = fileURLToPath(new URL('../test/crash/', import.meta.url));
const load = (name) => import(join(folder, `${name}.js`));
const { OPERATIONS } = await load('operations');
const chosen = CHOSEN.map((wanted) => OPERATIONS.find(({ name }) => name === wanted));

async function simulation(seeds) {
  const { Episode } = await load('simulation');
  for (let seed = 1; seed <= seeds; seed++) {
    await new Episode(seed).run().catch((error) => {
      throw new Error(`seed ${seed}: ${error.message}`);
    });
  }
}

async function crashes(limit) {
  const { crashPointsOf, expectKept, ready } = await load('scenario');
  const { crashesAt } = await import('#lib/testing/crashes.js');
  for (const operation of chosen) {
    const [machine, balances] = await ready(operation, 'posix');
    const seen = new Set();
    for (const point of await crashPointsOf(machine, operation)) {
      for (const left of crashesAt(machine, point, { limit, seen })) {
        await expectKept(left, operation, balances);
      }
    }
  }
}

async function errors(stride) {
  const { faultsAt, sceneOf, textOf, tryFault } = await load('errors');
  for (const operation of chosen.filter(({ stops, failed }) => !stops || failed)) {
    const scene = await sceneOf(operation);
    for (let at = 0; at < scene.steps.length; at += stride) {
      const faults = faultsAt(scene, at);
      const fault = faults[at % faults.length]; // Another one at each step, the same each time.
      await tryFault(scene, fault).catch((error) => {
        throw new Error(`${textOf(scene, fault)}: ${error.message}`);
      });
    }
  }
}

const TRIALS = { simulation, crashes, errors };
const [, , trial = '', much] = process.argv;
try {
  await TRIALS[trial](Number(much));
} catch (error) {
  process.stdout.write(`${error?.message ?? error}\n`);
  process.exit(1);
}
