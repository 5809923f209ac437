import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { formatOwner, parseOwner } from '#lib/format/owner-name.js';
import { programOf } from '../kernel/branch.js';
import { newDirectory } from '../machine/processes.js';
import { expectClean, expectTidy } from './books.js';

const ROLES = ['writer', 'poster'] as const;
const lockOf = (directory: string, role: string) => join(directory, 'desks', `${role}.lock`);

async function bankOfAda(): Promise<[directory: string, ada: string]> {
  const directory = newDirectory();
  const bank = await openBank(directory, { create: true });
  const { id } = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
  await bank.deposit(id, '100.00');
  await bank.close();
  return [directory, id];
}

/** Locks as they look when the wall clock was set back by hours behind the last touch. */
function touchAhead(directory: string, roles: readonly string[] = ROLES): void {
  const ahead = new Date(Date.now() + 5 * 3_600_000);
  for (const role of roles) {
    if (!existsSync(lockOf(directory, role))) mkdirSync(lockOf(directory, role));
    utimesSync(lockOf(directory, role), ahead, ahead);
  }
}

async function expectWorking(directory: string, id: string, amount: string): Promise<void> {
  const bank = await openBank(directory);
  await bank.deposit(id, '1.00');
  await bank.posted();
  expect((await bank.balance(id)).ledger.amount).toBe(amount);
  expect((await bank.totals()).map(({ sum }) => sum.minor)).toEqual([0n]);
  await expectClean(bank);
  await bank.close();
  expectTidy(directory);
  for (const role of ROLES) expect(existsSync(lockOf(directory, role))).toBe(false);
}

describe('a lock that was touched hours ahead of the wall clock', () => {
  // These two wait until the lock is stale, for real.
  it.runIf(process.env.CI)(
    'of somebody killed between lock and desk keeps nobody out for ever',
    async () => {
      const [directory, ada] = await bankOfAda();
      touchAhead(directory);
      await expectWorking(directory, ada, '101.00');
    },
  );

  it('of somebody killed with the desk in hand is broken', async () => {
    const [directory, ada] = await bankOfAda();
    const args = [programOf('deposit-and-exit.js'), directory, ada, 'kill'];
    expect(() => execFileSync(process.execPath, args, { stdio: 'ignore' })).toThrow();
    expect(existsSync(lockOf(directory, 'writer'))).toBe(true);
    touchAhead(directory, ['writer']);
    await expectWorking(directory, ada, '102.00');
  });

  it.runIf(process.env.CI)('of an owner of before a reboot keeps nobody out for ever', async () => {
    const [directory, ada] = await bankOfAda();
    const args = [programOf('deposit-and-exit.js'), directory, ada, 'kill'];
    expect(() => execFileSync(process.execPath, args, { stdio: 'ignore' })).toThrow();
    for (const role of ROLES) {
      const desks = join(directory, 'desks', role);
      for (const name of readdirSync(desks)) {
        const owner = parseOwner(name);
        if (!owner) throw new Error(`${name} is no desk`);
        renameSync(join(desks, name), join(desks, formatOwner({ ...owner, boot: 'before' })));
      }
    }
    touchAhead(directory);
    await expectWorking(directory, ada, '102.00');
  });
});
