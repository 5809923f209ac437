import { afterAll, describe, expect, it } from 'vitest';
import { type Bounds, type Counts, explore, replay } from './interleavings.js';
import { PROGRAMS } from './programs.js';
import { effort } from './scenario.js';

type Name = keyof typeof PROGRAMS;
const NAMES = Object.keys(PROGRAMS) as Name[];
const NOTHING: Bounds = { preemptions: 0, kills: 0, failedSyncs: 0, cuts: 0 };
/** How far `npm run test:crash -- --effort N` goes beyond what CI does. */
const MORE = Math.floor(effort(0, 1) / 20);

const CUTS_MAX = 24;
const BOTH = 'power cuts, stand back';

/** What is played of each program: nothing but what is named befalls them. */
const ROUNDS: Readonly<Record<string, Partial<Bounds>>> = {
  'power cuts': { cuts: Math.min(CUTS_MAX, effort(2, 8)) },
  'stand back': { preemptions: 1 + MORE },
  ...(process.env.CI
    ? {
        'kill, stand back': { preemptions: MORE, kills: 1 },
        'failed sync': { preemptions: MORE, failedSyncs: 1 },
        [BOTH]: { preemptions: 1 + MORE, cuts: 2 },
      }
    : {}),
};
/** Played while somebody works. */
const QUICK: readonly Name[] = ['reader', 'stale', 'damaged'];
/** Where taking over and power cuts meet: as much as there is time for. */
const CUT: readonly Name[] = ['writers', 'dead', 'reader', 'posters'];
/** With a third process everything takes ten times as long. */
const LARGE: readonly Name[] = ['three', 'watched'];

const isLeftOut = (name: Name, round: string) =>
  MORE === 0 &&
  ((LARGE.includes(name) && round !== 'power cuts') || (round === BOTH && !CUT.includes(name)));

/** `INTERLEAVE_PROGRAM` and `INTERLEAVE_SCHEDULE` play one schedule again, step by step. */
const { INTERLEAVE_PROGRAM, INTERLEAVE_SCHEDULE } = process.env;

const table: Record<string, Counts & { violations: number }> = {};

describe.runIf(INTERLEAVE_SCHEDULE === undefined)('every order of the steps of few', () => {
  it.each(process.env.CI ? NAMES : QUICK)(
    'keeps every promise: %s',
    async (name) => {
      const total = { schedules: 0, steps: 0, states: 0, ends: 0, 'power cuts': 0 };
      for (const [round, bounds] of Object.entries(ROUNDS)) {
        if (isLeftOut(name, round)) continue;
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
    const isWanted = ([key, { name }]: [string, { name: string }]) =>
      [key, name].includes(INTERLEAVE_PROGRAM ?? '');
    const [, program = PROGRAMS.writers] = Object.entries(PROGRAMS).find(isWanted) ?? [];
    const failedSyncs = / (syncs|forgotten)/.test(INTERLEAVE_SCHEDULE ?? '') ? 1 : 0;
    const bounds = { preemptions: 99, kills: 9, failedSyncs, cuts: 16 };
    const trace = (line: string) => console.log(line);
    await replay(program, bounds, INTERLEAVE_SCHEDULE ?? '', trace);
    expect(program).toBeDefined();
  });
});

afterAll(() => console.table(table));
