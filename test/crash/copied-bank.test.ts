/**
 * A copy that nobody made durable, as `cp -r` leaves it: once somebody has it open, no power cut takes away
 * what it stands on.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Disk } from '#lib/disk/disk.js';
import { crashesAt, recordCrashPoints } from '#lib/testing/crashes.js';
import { sample } from '../sample.js';
import { ADA, BOB, OPERATIONS, type Operation } from './operations.js';
import { ask, BANK, expectPromises } from './oracle.js';
import { effort, ready } from './scenario.js';

const ORIGINAL = '/home/banks/original';
const ASKED = [{ key: 'copied', from: BOB, to: ADA, amount: 3_00n }];
const BUSY = OPERATIONS.filter(
  ({ killed, stops, failed }) => killed?.length && !stops && !failed,
).slice(0, effort(1, 20));

async function copyTree(disk: Disk, from: string, to: string): Promise<void> {
  await disk.makeFolder(to);
  for (const name of await disk.list(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if ((await disk.facts(source))?.folder) await copyTree(disk, source, target);
    else {
      const file = await disk.open(target, 'create');
      const bytes = await disk.read(source);
      if (bytes.length > 0) await file.write(bytes, 0);
      await file.close();
    }
  }
}

/** The bank as it was while somebody was at it, and in its place a copy. */
async function copied(operation: Operation) {
  const [machine, balances] = await ready(operation);
  const somebody = machine.start();
  const disk = somebody.host.disk({ shared: false });
  await disk.rename(BANK, ORIGINAL);
  machine.disk.settle();
  await copyTree(disk, ORIGINAL, BANK);
  somebody.kill();
  return { machine, balances };
}

it.each(sample([true, false], 2))(
  'stays whole behind its first answer (a barrier: %s)',
  async (barrier) => {
    let states = 0;
    for (const operation of BUSY) {
      const { machine, balances } = await copied(operation);
      const points = await recordCrashPoints(machine, async (_, answered, start) => {
        const without = (disk: Disk) => ({ ...disk, flushFileSystem: () => false });
        const process = start(barrier ? undefined : without);
        const bank = await process.openBank(BANK);
        answered('opened');
        for (const one of ASKED) {
          await ask(bank, one);
          answered(one.key);
        }
        await bank.close();
      });
      const seen = new Set<string>();
      for (const point of points) {
        for (const crash of crashesAt(machine, point, { limit: effort(1, 4), seen })) {
          // Before, it is no more than what `cp` had left in the kernel's memory.
          if (crash.how === 'power cut' && !crash.answered.includes('opened')) continue;
          const asked = [...(operation.killed ?? []), ...ASKED];
          const keys = (operation.killed ?? []).map(({ key }) => key);
          const answered = [...keys, ...crash.answered.filter((what) => what !== 'opened')];
          await expectPromises(crash.machine, { before: balances, asked, answered }).catch(
            (error) => {
              throw new Error(`${operation.name}, ${crash.text}: ${error.message}`, {
                cause: error,
              });
            },
          );
          states++;
        }
      }
    }
    expect(states).toBeGreaterThan(0);
  },
);
