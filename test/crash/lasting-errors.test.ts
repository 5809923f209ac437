/** An error that does not go away is told: nobody tries it for ever. */
import { describe, expect, it } from 'vitest';
import { BankError } from '#lib/ledger/errors.js';
import { hooked, type Step, systemError } from '#lib/testing/hooked-disk.js';
import { ADA, OPERATIONS } from './operations.js';
import { BANK } from './oracle.js';
import { ready } from './scenario.js';

const takeOver = OPERATIONS.find(({ name }) => name === 'take-over from somebody killed');

describe('an error that stays, while the desk of somebody killed is taken over', () => {
  it.each<[string, Step['name'], RegExp]>([
    ['T2 the desk can’t be listed', 'list', /\/desks\/writer\/[^/]+$/],
    ['T3 the mark can’t be read', 'read', /\/answered-/],
    ['T4 the journal can’t be read', 'open', /\/journal\/0/],
    ['T5 no segment can be staged', 'create', /\/segment-/],
    ['T5 the segment can’t be published', 'rename', /\/journal\/0/],
    ['T5 its name can’t be made durable', 'syncFolder', /\/journal$/],
    ['T7 no mark can be made', 'create', /\/answered-/],
  ])('is told: %s', async (_, name, path) => {
    if (!takeOver) throw new Error('there is no such operation');
    const [machine] = await ready(takeOver);
    let struck = 0;
    const process = machine.start((disk) =>
      hooked(disk, async (step, go) => {
        if (step.name !== name || !path.test(step.path)) return go();
        struck++;
        throw systemError('EIO', step.path);
      }),
    );
    const asked = machine.run(async () => {
      const bank = await process.openBank(BANK);
      await bank.deposit(ADA, '1.00');
    });
    await expect(asked).rejects.toBeInstanceOf(BankError);
    expect(struck).toBeGreaterThan(0);
    process.kill();
  });
});
