/**
 * Tries mutants, one after the other, in the copy of the project that they live in: is told numbers, a
 * trial and how much of it, and answers what failed. The same as the suites of these names, without a test
 * runner that takes longer to start than most mutants live.
 *
 * By hand: `node scripts/mutant-trial.js simulation 15`.
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

async function simulation(seeds, first = 1) {
  const { Episode } = await load('simulation');
  for (let seed = first; seed < first + seeds; seed++) {
    await new Episode(seed).run().catch((error) => {
      throw new Error(`seed ${seed}: ${error.message}`);
    });
  }
}

async function crashes(limit, operations = chosen, stride = 1) {
  const { crashPointsOf, expectKept, ready } = await load('scenario');
  const { crashesAt } = await import('#lib/testing/crashes.js');
  for (const operation of operations) {
    const [machine, balances] = await ready(operation, 'posix');
    const seen = new Set();
    const points = await crashPointsOf(machine, operation);
    for (const point of points.filter((_, index) => index % stride === 0)) {
      for (const left of crashesAt(machine, point, { limit, seen })) {
        await expectKept(left, operation, balances);
      }
    }
  }
}

async function errors(stride, operations = chosen) {
  const { faultsAt, sceneOf, textOf, tryFault } = await load('errors');
  for (const operation of operations.filter(({ stops, failed }) => !stops || failed)) {
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

const others = OPERATIONS.filter((operation) => !chosen.includes(operation));
const TRIALS = {
  simulation,
  'more simulation': (seeds) => simulation(seeds, 1_000),
  crashes: (stride) => crashes(1, chosen, stride),
  'other crashes': (stride) => crashes(1, others, stride),
  'more crashes': (limit) => crashes(limit, OPERATIONS),
  errors,
  'other errors': (stride) => errors(stride, others),
  'more errors': (stride) => errors(stride, OPERATIONS),
};

let astray;
process.on('unhandledRejection', (error) => {
  astray ??= error;
});

/** @returns what failed; '' when nothing did */
async function failureOf(trial, much) {
  astray = undefined;
  try {
    await TRIALS[trial](much);
    if (astray === undefined) return '';
    return `an error that nobody caught: ${astray?.message ?? astray}`;
  } catch (error) {
    return `${error?.message || error}`.split('\n')[0] || 'an error without a word';
  }
}

const [, , named, much] = process.argv;
if (named) {
  const failure = await failureOf(named, Number(much));
  if (failure) console.log(failure);
  process.exit(failure ? 1 : 0);
}

const { wake } = await import('#lib/mutant.js');
process.on('message', async ({ numbers, trial, much: amount }) => {
  wake(numbers);
  const failure = await failureOf(trial, amount);
  wake('');
  // What is sound is sound still: else this process has caught something, not the trial.
  const spoilt = failure && (await failureOf('simulation', 1));
  process.send({ failure, spoilt: Boolean(spoilt) });
});
process.send({ ready: true });
