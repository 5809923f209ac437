/** Proofs C and G: recovery from damage, cut short at each of its steps, and run again. */
import { afterAll, describe, expect, it } from 'vitest';
import { recoverBank } from '#lib/store/recover.js';
import { crashesAt, recordCrashPoints } from '#lib/testing/crashes.js';
import type { SimulatedMachine } from '#lib/testing/simulated-machine.js';
import { sample } from '../sample.js';
import { type DamageBank, damageBank, type Left } from './damage-bank.js';
import { Trial } from './damage-sweep.js';
import { damagesOf } from './damages.js';
import { BANK } from './oracle.js';
import { effort } from './scenario.js';

/** One repair of each kind: how the bank was left, and what befell it then. */
const DAMAGES: readonly [name: string, left: Left, text: RegExp][] = [
  ['a sealed page', 'closed', /world-usd\.0001\.csv: it is a10017\.0001\.csv/],
  ['an open page that is gone', 'closed', /kiosk\.csv: gone/],
  ['an older page', 'closed', /corner-shop\.csv: version 1 of/],
  ['a bit of the journal', 'at work', /000002-3\.csv: byte 900,/],
  ['a segment that is gone', 'closed', /000003-4\.csv: gone/],
  ['the end of the journal', 'closed', /000005-6\.csv: to 400 bytes/],
  ['the checkpoint', 'at work', /checkpoint\.csv: gone/],
  ['all desks', 'closed', /^desks: gone/],
  ['a notice, and nothing else', 'stopped', /^$/],
];

/** One of so many steps is tried, and power cuts at each. */
const EVERY = Math.max(1, Math.round(64 / effort(1, 16)));
const CUTS = effort(1, 2);
const report: { damage: string; steps: number; states: number; violations: number }[] = [];

async function struckBank(left: Left, text: RegExp) {
  const bank = await damageBank(left);
  const trial = await Trial.of(bank);
  const disk = bank.machine.disk.clone();
  // What is harmed here may be harmed in another bank by the sweep: any will do.
  const all = [...damagesOf({ ...bank, left: 'at work' }, 1)];
  const damage = all.find((one) => text.test(one.text));
  expect(damage === undefined).toBe(left === 'stopped');
  damage?.strike(disk);
  return { trial, machine: bank.machine.killed(disk), older: damage?.older === true };
}

const recover = (machine: SimulatedMachine) => {
  const process = machine.start();
  return machine
    .run(() => recoverBank(process.host, BANK, { apply: true }))
    .finally(() => process.kill());
};

/** Bytes that lay in a book lie there still, or in lost+found: a checkpoint says nothing that is not told elsewhere. */
function expectNothingLost(machine: SimulatedMachine, before: DamageBank['bytes'], text: string) {
  const lie = [...machine.disk.tree().values()].map((bytes) => bytes.toString('latin1'));
  for (const [path, bytes] of before) {
    if (!/\/(?:accounts|journal)\/.*\d?\.csv$/.test(path) || path.endsWith('checkpoint.csv'))
      continue;
    // Zeros of the room that was made ahead are taken off, and pages go on.
    const lay = bytes.toString('latin1').replace(/\0+$|\.\n$/, '');
    expect(
      lie.some((one) => one.startsWith(lay)),
      `${text}: ${path}`,
    ).toBe(true);
  }
}

describe('recovery that is cut short, and run again, ends in the same bank', () => {
  it.each(sample(DAMAGES, 3))('%s', { timeout: 3_600_000 }, async (name, left, text) => {
    const { trial, machine, older } = await struckBank(left, text);
    const before = machine.disk.tree();
    const points = await recordCrashPoints(machine, async (process) => {
      const { state } = await recoverBank(process.host, BANK, { apply: true });
      expect(state).toBe('repaired');
    });
    const seen = new Set<string>();
    let states = 0;
    for (const [index, point] of points.entries()) {
      if (index % EVERY !== points.length % EVERY) continue;
      for (const crash of crashesAt(machine, point, { limit: CUTS, seen })) {
        states++;
        const between = await trial.look(crash.machine.killed(crash.machine.disk));
        if (!older) expect(between.wrong, crash.text).toEqual([]);
        const { problems } = await recover(crash.machine);
        expect(problems, crash.text).toEqual([]);
        expectNothingLost(crash.machine, before, crash.text);
        expect(await recover(crash.machine), crash.text).toMatchObject({ state: 'clean' });
        expect(await trial.look(crash.machine), crash.text).toEqual({ wrong: [], stopped: false });
      }
    }
    expect(states).toBeGreaterThan(0);
    report.push({ damage: name, steps: points.length, states, violations: 0 });
  });
});

afterAll(() => {
  console.table(report);
});
