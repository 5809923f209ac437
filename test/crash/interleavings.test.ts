import { afterAll, describe, expect, it } from 'vitest';
import { type Bounds, type Counts, explore, replay } from './interleavings.js';
import { PROGRAMS } from './programs.js';
import { effort } from './scenario.js';

type Name = keyof typeof PROGRAMS;
const NAMES = Object.keys(PROGRAMS) as Name[];
const NOTHING: Bounds = { preemptions: 0, kills: 0, failedSyncs: 0, cuts: 0 };
/** How far `npm run test:crash -- --effort N` goes beyond what CI does. */
const MORE = Math.floor(effort(0, 1) / 20);

/** What is played of each program: nothing but what is named befalls them. */
const ROUNDS: Readonly<Record<string, Partial<Bounds>>> = {
  'power cuts': { cuts: effort(2, 8) },
  'stand back': { preemptions: 1 + MORE },
  ...(process.env.CI
    ? {
        'kill, stand back': { preemptions: MORE, kills: 1 },
        'failed sync': { preemptions: MORE, failedSyncs: 1 },
        'power cuts, stand back': { preemptions: 1 + MORE, cuts: 2 },
      }
    : {}),
};
/** With a third process everything takes ten times as long. */
const QUICK: readonly Name[] = ['writers', 'reader', 'stale', 'damaged'];
const LARGE: readonly Name[] = ['three', 'watched'];

/** `INTERLEAVE_PROGRAM` and `INTERLEAVE_SCHEDULE` play one schedule again, step by step. */
const { INTERLEAVE_PROGRAM, INTERLEAVE_SCHEDULE } = process.env;

const table: Record<string, Counts & { violations: number }> = {};

describe.runIf(INTERLEAVE_SCHEDULE === undefined)('every order of the steps of few', () => {
  it.each(process.env.CI ? NAMES : QUICK)(
    'keeps every promise: %s',
    async (name) => {
      const total = { schedules: 0, steps: 0, states: 0, ends: 0, 'power cuts': 0 };
      for (const [round, bounds] of Object.entries(ROUNDS)) {
        if (LARGE.includes(name) && round !== 'power cuts' && MORE === 0) continue;
        const counts = await explore(PROGRAMS[name], { ...NOTHING, ...bounds });
        for (const key of Object.keys(counts) as (keyof Counts)[]) total[key] += counts[key];
      }
      table[PROGRAMS[name].name] = { ...total, violations: 0 };
      expect(total.schedules).toBeGreaterThan(0);
    },
    24 * 3_600_000,
  );
});

describe.runIf(INTERLEAVE_SCHEDULE !== undefined)('one order', () => {
  it('keeps every promise', async () => {
    const program = PROGRAMS[INTERLEAVE_PROGRAM as Name];
    const bounds = { preemptions: 99, kills: 9, failedSyncs: 0, cuts: 16 };
    const trace = (line: string) => console.log(line);
    await replay(program, bounds, INTERLEAVE_SCHEDULE ?? '', trace);
    expect(program).toBeDefined();
  });
});

afterAll(() => console.table(table));
