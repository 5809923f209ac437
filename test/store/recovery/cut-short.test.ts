import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { recoverBank } from '#lib/store/recover.js';
import { KillSwitch, Sleeper } from '../../machine/hooked-disk.js';
import { Machine } from '../../machine/processes.js';
import { expectTidy, namesIn, pagePath } from '../books.js';
import {
  ADA,
  booksOf,
  closedBank,
  closedBooks,
  cut,
  flip,
  remove,
  SHOP,
  segmentsIn,
  some,
  treeOf,
} from './harm.js';

const APPLY = { apply: true } as const;
/** Every step where there is time for it; on the simulated disk `damage-cut-short.test.ts` has more of them. */
const STRIDE = process.env.CI ? 1 : 48;
const PAUSED_STRIDE = process.env.CI ? 3 : 32;

/** What is broken in a way that asks for another repair. */
const BROKEN: Record<string, (directory: string) => void> = {
  'a sealed page and an open one': (directory) => {
    flip(pagePath(directory, ADA, 2), 900);
    remove(pagePath(directory, SHOP));
  },
  'a stretch of the journal, mended exactly': (directory) =>
    flip(join(directory, 'journal', segmentsIn(directory)[1] ?? ''), 2_000),
  'a segment in the middle, gone on from under new seals': (directory) =>
    remove(join(directory, 'journal', segmentsIn(directory)[1] ?? '')),
  'the end of the journal': (directory) =>
    cut(join(directory, 'journal', segmentsIn(directory)[2] ?? ''), 600),
  'the checkpoint': (directory) => remove(join(directory, 'journal/checkpoint.csv')),
  'both desks, and a stray file': (directory) => {
    remove(join(directory, 'desks/writer'));
    for (const name of namesIn(directory, 'desks/poster'))
      remove(join(directory, 'desks/poster', name));
    writeFileSync(join(directory, 'journal/notes.txt'), 'mine');
  },
  'nothing but the notice': (directory) =>
    writeFileSync(join(directory, 'PAIN.csv'), 'when,what,where,do\n"now","x","y","z"\n'),
};

async function broken(harm: (directory: string) => void) {
  const directory = await closedBank();
  const before = await closedBooks();
  harm(directory);
  return { machine: Machine.on(directory), before };
}

/** Every byte that lay in the bank before lies there still, in its place or in lost+found. */
function textsIn(directory: string): Set<string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  // An index is made anew from the journal.
  const kept = names.filter((name) => !name.startsWith('index/'));
  const files = kept.filter((name) => name.endsWith('.csv') || name.endsWith('.txt'));
  return new Set(files.map((name) => readFileSync(join(directory, name), 'latin1')));
}

describe('a recovery that is killed', () => {
  it.each(Object.keys(BROKEN))(
    'at any step, and run again, ends in the same bank: %s',
    async (name) => {
      const { machine: first, before } = await broken(BROKEN[name] ?? (() => {}));
      const counting = new KillSwitch();
      const host = first.fork();
      counting.arm(Number.POSITIVE_INFINITY);
      const once = await recoverBank(host.host(counting.on), host.directory, APPLY);
      expect(once).toMatchObject({ state: 'repaired', problems: [] });
      const steps = counting.steps.length;
      expect(steps).toBeGreaterThan(8);
      const pages = pagesOf(host.directory);
      for (let at = 0; at < steps; at += STRIDE) {
        const machine = first.fork();
        const lay = checkpointsApart(textsIn(machine.directory));
        const kill = new KillSwitch();
        const killed = machine.host(kill.on);
        kill.arm(at, at % 4 < 2);
        const run = recoverBank(killed, machine.directory, APPLY);
        expect(await Promise.race([run, kill.struck]), `step ${at}`).toBe('killed');
        machine.kill(killed);
        // In between nobody reads a wrong balance: the bank is stopped, or not yet, or whole again.
        if (at % 2 === 0) {
          const seen = await balanceOrRefusal(machine);
          expect(['197.00 USD', 'BANK_DAMAGED'], `step ${at}: ${seen}`).toContain(seen);
        }
        const again = await recoverBank(machine.host(), machine.directory, APPLY);
        const told = `step ${at} of ${steps}: ${JSON.stringify(again)}`;
        expect(again.problems, told).toEqual([]);
        expect(existsSync(join(machine.directory, 'PAIN.csv')), told).toBe(false);
        expect(pagesOf(machine.directory), told).toEqual(pages);
        if (at % 8 === 0) expect(await booksOf(machine.directory), told).toEqual(before);
        const lies = [...textsIn(machine.directory)];
        // The last segment goes on: what it was is how it begins.
        const lost = lay.filter((text) => !lies.some((one) => one.startsWith(text)));
        expect(lost, told).toEqual([]);
        expectTidy(machine.directory);
      }
    },
    240_000,
  );
});

const pagesOf = (directory: string) =>
  Object.fromEntries(
    Object.entries(treeOf(directory)).filter(([name]) => name.startsWith('accounts/')),
  );

/** A whole checkpoint is written over by every posting, and a mark says nothing of the books. */
function checkpointsApart(texts: Set<string>): string[] {
  return [...texts].filter((text) => !text.startsWith('segment,offset'));
}

async function balanceOrRefusal(machine: Machine): Promise<string> {
  const host = machine.host();
  try {
    const bank = await machine.open(host);
    try {
      const { ledger } = await bank.balance(ADA);
      return `${ledger.amount} ${ledger.currency}`;
    } finally {
      await bank.close().catch(() => {});
    }
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe('a recovery that was paused and overtaken', () => {
  it.each(some(Object.keys(BROKEN)))('harms nothing when it wakes up: %s', async (name) => {
    const { machine: first, before } = await broken(BROKEN[name] ?? (() => {}));
    const counting = new KillSwitch();
    const whole = first.fork();
    counting.arm(Number.POSITIVE_INFINITY);
    await recoverBank(whole.host(counting.on), whole.directory, APPLY);
    for (let at = 0; at < counting.steps.length; at += PAUSED_STRIDE) {
      const machine = first.fork();
      const sleeper = new Sleeper();
      const asleep = machine.host(sleeper.on);
      sleeper.arm(at, 'before');
      const run = recoverBank(asleep, machine.directory, APPLY).catch((error) => error.code);
      await Promise.race([sleeper.asleep, run]);
      machine.kill(asleep); // As all others see it: its lock goes stale.
      const other = await recoverBank(machine.host(), machine.directory, APPLY);
      expect(other.problems, `step ${at}`).toEqual([]);
      const after = treeOf(machine.directory);
      sleeper.wake();
      await run;
      expect(pagesOf(machine.directory), `step ${at}`).toEqual(
        Object.fromEntries(Object.entries(after).filter(([file]) => file.startsWith('accounts/'))),
      );
      // Whatever it said of the bank since then is settled by the next run.
      await recoverBank(machine.host(), machine.directory, APPLY);
      expect(await booksOf(machine.directory), `step ${at}`).toEqual(before);
    }
  });
});

it('waits for a living process to hand the bank over, and is refused while it does not', async () => {
  const directory = await closedBank();
  const bank = await openBank(directory);
  await bank.deposit(ADA, '1.00');
  flip(pagePath(directory, SHOP, 1), 900);
  const machine = Machine.on(directory);
  const { recover } = await import('#lib/recover.js');
  const recovery = await recover(directory, APPLY);
  expect(recovery).toMatchObject({ state: 'repaired', problems: [] });
  expect(machine.directory).toBe(directory);
  // Who had it open goes on.
  expect((await bank.deposit(ADA, '1.00')).to.after.amount).toBe('199.00');
  expect((await bank.verify()).ok).toBe(true);
  await bank.close();
});
