import { openBank, type Verification } from 'drovebank';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRawBank, toCents } from '../crash/raw-bank.js';
import { checkHistory, type Violations } from './check-history.js';
import { Model } from './model.js';
import type { Note } from './notes.js';
import { Storm } from './storm.js';

/** `npm run test:storm -- --minutes 10`: one storm after the other, each in a bank of its own. */
const MINUTES = Number(process.env.MINUTES ?? 0);
/** The long storm runs in CI, a short one everywhere. */
const SECONDS = 20;
/** It keeps all processors busy: not whenever somebody runs the tests. */
const RAGES = Boolean(process.env.CI) || MINUTES > 0;
const STORMS = Math.max(1, Math.ceil((MINUTES * 60) / SECONDS));
/** The first storm's; told by the title of whatever fails. */
const SEED = Number(process.env.STORM_SEED || Math.floor(Math.random() * 1e6));

interface Counts {
  [name: string]: number;
}
const table: Record<string, Counts> = {};

/** What became of the requests and looks of one storm. */
function countsOf(storm: Storm, notes: readonly Note[]): Counts {
  const keys = (of: (note: Note) => string | undefined) =>
    new Set(notes.flatMap((note) => of(note) ?? [])).size;
  const requests = keys((note) => ('asked' in note ? note.asked : undefined));
  const answered = keys((note) => ('answered' in note ? note.answered : undefined));
  const refused = keys((note) => ('refused' in note ? note.refused : undefined));
  const unknown = requests - answered - refused;
  const snapshots = keys((note) => ('saw' in note ? note.saw : undefined));
  return { requests, answered, refused, unknown, snapshots, ...storm.struck };
}

const SEEDS = Array.from({ length: STORMS }, (_, index) => SEED + index);

describe.runIf(RAGES).each(SEEDS)(
  'Real processes, killed, stopped and going on: storm of seed %i',
  (seed) => {
    let storm: Storm;
    let found: Violations;
    let verified: Verification;
    let tickets: string[];
    let counts: Counts;
    let isSound = false;

    beforeAll(async () => {
      storm = new Storm(seed);
      await storm.rage(SECONDS);
      const notes = storm.notes();
      const bank = await openBank(storm.directory);
      const balances = new Map<string, bigint>();
      for await (const { id, ledger } of bank.accounts({ world: true })) {
        balances.set(id, toCents(ledger.amount));
      }
      verified = await bank.verify();
      await bank.close();
      tickets = storm.tickets();
      const entries = readRawBank(storm.files(), storm.directory, balances);
      found = checkHistory(notes, new Model(entries), storm.opening);
      counts = countsOf(storm, notes);
      table[`seed ${seed}`] = counts;
      const wrong = [...Object.values(found).flat(), ...storm.ends(), ...tickets];
      isSound = verified.ok && wrong.length === 0;
    }, 180_000);

    // The same seed brings the same faults, and never the same order of steps: what failed is kept.
    afterAll(() => (isSound ? storm.remove() : storm.keep()));

    it('ends every process that was not killed without an error', () => {
      expect(storm.ends()).toEqual([]);
    });

    it('books every answered transfer exactly once, with the number that was answered', () => {
      expect(found.answers).toEqual([]);
    });

    it('tells the balances before and after that the entries before it give', () => {
      expect(found.balances).toEqual([]);
    });

    it('books what was asked for behind an answer under a higher number', () => {
      expect(found.order).toEqual([]);
    });

    it('shows everybody who looks one moment, and none from before what was told', () => {
      expect(found.looks).toEqual([]);
    });

    it('leaves both books whole, and nothing lying about', () => {
      expect(verified.steps.flatMap(({ problems }) => problems)).toEqual([]);
      expect(verified.ok).toBe(true);
      expect(tickets).toEqual([]);
    });

    it('was a storm', () => {
      expect(counts.kills).toBeGreaterThan(2);
      expect(counts.stops).toBeGreaterThan(0);
      expect(counts.answered).toBeGreaterThan(0);
      expect(counts.snapshots).toBeGreaterThan(0);
    });
  },
);

afterAll(() => {
  const all: Counts = {};
  for (const counts of Object.values(table))
    for (const [name, count] of Object.entries(counts)) all[name] = (all[name] ?? 0) + count;
  console.table(STORMS > 1 ? { ...table, all } : table);
});
