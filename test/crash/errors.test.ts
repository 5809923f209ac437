/**
 * Proof B: an error at every step of every operation, looks as well as changes: once or until its cause
 * is gone, before the step or behind it, and then the process goes on, leaves, is killed, or the power
 * goes. It is told by a code that says what it is, nothing is half done, and everything goes on.
 */
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '#lib/testing/random.js';
import { CODES, type Fault, faultsAt, type Scene, sceneOf, textOf, tryFault } from './errors.js';
import { OPERATIONS } from './operations.js';
import { effort } from './scenario.js';

/** Faults tried at each operation: at all its steps in turn, drawn among those that may strike there. */
const FAULTS = effort(2, 120);
const SEED = Number(process.env.CRASH_SEED ?? 1);

/** Those without a fault of their own. */
const PLAIN = OPERATIONS.filter(({ stops, failed }) => !stops || failed);

type Counts = Record<(typeof CODES)[number], number>;
/** By step, and where the long proofs run by operation and step. */
const report = new Map<string, Counts>();

function* drawn(scene: Scene): Generator<Fault> {
  const random = seededRandom(SEED);
  const draw = (count: number) => Math.floor(random() * count);
  const first = draw(scene.steps.length);
  // A stride that has no divisor in common visits every step before it comes back.
  const count = scene.steps.length;
  let stride = Math.max(1, Math.floor(count * 0.618));
  while (gcd(stride, count) > 1) stride++;
  for (let tries = 0; tries < FAULTS; tries++) {
    const faults = faultsAt(scene, (first + tries * stride) % count);
    yield faults[draw(faults.length)] as Fault;
  }
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

describe(`an error of the disk (seed ${SEED}) at`, () => {
  it.each(PLAIN.map((operation) => [operation.name, operation] as const))(
    '%s',
    { timeout: 3_600_000 },
    async (name, operation) => {
      const scene = await sceneOf(operation);
      let under: Fault | undefined;
      const unheard: string[] = [];
      const hear = (error: unknown) =>
        unheard.push(`${under ? textOf(scene, under) : ''}: ${error}`);
      process.on('unhandledRejection', hear);
      onTestFinished(() => void process.off('unhandledRejection', hear));
      for (const fault of drawn(scene)) {
        under = fault;
        for (const { name: step } of await tryFault(scene, fault)) {
          const row = process.env.CI ? `${name}: ${step}` : step;
          const counts =
            report.get(row) ?? (Object.fromEntries(CODES.map((code) => [code, 0])) as Counts);
          counts[fault.code]++;
          report.set(row, counts);
        }
        expect(unheard).toEqual([]);
      }
    },
  );
});

afterAll(() => {
  const rows = [...report].sort().map(([at, counts]) => ({ 'struck at': at, ...counts }));
  console.table(rows);
});
