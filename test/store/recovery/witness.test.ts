import { copyFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { nodeSystem } from '#lib/disk/node-system.js';
import { hearPassbooks } from '#lib/store/witness.js';
import { Machine } from '../../machine/processes.js';
import { pagePath } from '../books.js';

/** A bank whose clock stands still: `opened` are opened, then each gives the next one `amount`. */
async function bankWith(opened: readonly string[], amount: string) {
  const machine = await Machine.withBank();
  machine.now = () => Date.parse('2026-11-20T09:00:00Z');
  const { bank, files } = await machine.start();
  for (const id of opened) {
    await bank.openAccount({ id, firstName: 'Ada', lastName: 'L', overdraftLimit: '9.00' });
  }
  for (const [at, from] of opened.entries()) {
    await bank.transfer({ from, to: opened[(at + 1) % opened.length] as string, amount });
  }
  await bank.close();
  return { directory: machine.directory, files };
}

it('Passbooks that tell an entry differently tell nothing of it', async () => {
  const spans = [{ first: 1, last: 9 }];
  const told = async ({ files: { passbooks, digitsOf } }: Awaited<ReturnType<typeof bankWith>>) =>
    hearPassbooks(passbooks, nodeSystem(), digitsOf, spans, 0);
  const one = await bankWith(['ada', 'bob'], '1.00');
  const whole = await told(one);
  for (const transfer of [1, 2, 3, 4]) expect(whole.entry(transfer)).toMatchObject({ transfer });

  // A page of another bank in the place of a sealed one: entry 3 stands on both of them.
  const torn = await bankWith(['ada', 'bob'], '1.00');
  const other = await bankWith(['ada', 'bob'], '2.00');
  copyFileSync(pagePath(other.directory, 'ada'), pagePath(torn.directory, 'ada', 1));
  const twice = await told(torn);
  expect([twice.entry(3), twice.whyNot(3)]).toEqual([
    undefined,
    'two pages tell entry 3 differently',
  ]);

  // In the place of the open one: the two sides of entry 3 do not agree.
  copyFileSync(pagePath(other.directory, 'bob'), pagePath(one.directory, 'bob'));
  const apart = await told(one);
  expect(apart.entry(3)).toBeUndefined();
  expect(apart.whyNot(3)).toBe('bob and ada tell entry 3 differently');

  // Two accounts that were both opened by entry 1.
  const first = await bankWith(['ada', 'bob'], '1.00');
  const swapped = await bankWith(['bob', 'ada'], '1.00');
  copyFileSync(pagePath(swapped.directory, 'bob'), pagePath(first.directory, 'bob'));
  expect((await told(first)).entry(1)).toBeUndefined();
});
