/** Proof C: a crash in the middle of what puts right what a crash left. */
import { afterAll, describe, expect, it } from 'vitest';
import { openOrInitAt } from '#lib/bank/open-bank.js';
import { recoverBank } from '#lib/store/recover.js';
import { type Crash, crashesAt, recordCrashPoints } from '#lib/testing/crashes.js';
import { OPERATIONS, type Operation } from './operations.js';
import { ask, BANK } from './oracle.js';
import { crashPointsOf, effort, expectKept, ready } from './scenario.js';

/**
 * First crashes of each operation that are followed by a second one, and power cuts at each moment. None in the
 * quick suite.
 */
const FIRST = effort(0, 2);
const SECOND = effort(0, 4);
const report: { operation: string; first: number; second: number; violations: number }[] = [];

/** What a crash of the operation may leave: some of all there are, evenly. */
async function someCrashes(operation: Operation) {
  const [machine, balances] = await ready(operation);
  const points = await crashPointsOf(machine, operation);
  const seen = new Set<string>();
  const all = points.flatMap((point) => [...crashesAt(machine, point, { limit: 3, seen })]);
  const every = Math.max(1, Math.floor(all.length / FIRST));
  const offset = Math.floor(machine.random() * every);
  return { balances, crashes: all.filter((_, index) => index % every === offset) };
}

/** The bank is opened again; what was asked for is asked again. */
function recover(operation: Operation, { machine }: Crash) {
  const { killed = [], asked, again, stops, nothing } = operation;
  const wanted = [...killed, ...asked].filter(({ refused, group }) => !refused && !group);
  return recordCrashPoints(machine, async (process, answered) => {
    if (stops) await recoverBank(process.host, BANK, { apply: true });
    const bank = nothing
      ? await openOrInitAt(process.host, BANK, {})
      : await process.openBank(BANK);
    if (again) await again(bank);
    for (const one of wanted) {
      if (!again) await ask(bank, one);
      answered(one.key);
    }
    await bank.close();
  });
}

describe.runIf(FIRST > 0)('a crash in the middle of recovering from a crash of', () => {
  it.each(OPERATIONS.map((operation) => [operation.name, operation] as const))(
    '%s',
    { timeout: 3_600_000 },
    async (name, operation) => {
      const { balances, crashes } = await someCrashes(operation);
      let second = 0;
      for (const crash of crashes) {
        const seen = new Set<string>();
        const limit = operation.many ? 1 : SECOND;
        const points = await recover(operation, crash);
        for (const point of points) {
          for (const again of crashesAt(crash.machine, point, { limit, seen })) {
            const text = `${crash.text}; then ${again.text}`;
            await expectKept({ ...again, text }, operation, balances, crash.answered);
            second++;
          }
        }
      }
      expect(crashes.length).toBeGreaterThan(0);
      report.push({ operation: name, first: crashes.length, second, violations: 0 });
    },
  );
});

afterAll(() => {
  if (report.length > 0) console.table(report);
});
