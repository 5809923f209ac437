import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { Machine, newDirectory } from '../machine/processes.js';
import { expectClean, fund } from '../store/books.js';
import { copyPackage } from '../store/package-copy.js';
import { openFunded } from './new-bank.js';

const NOBODY = 65_534;
const mayPlayUsers = process.getuid?.() === 0;
if (!mayPlayUsers)
  console.error('SKIPPED: a bank that may only be read: only root can play nobody');

/** `chmod -R a+rX` */
function openToReaders(path: string): void {
  const facts = statSync(path);
  chmodSync(path, facts.mode | (facts.isDirectory() ? 0o555 : 0o444));
  if (!facts.isDirectory()) return;
  for (const name of readdirSync(path)) openToReaders(join(path, name));
}

function everything(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => statSync(join(directory, name)).isFile());
  return Object.fromEntries(
    files.map((name) => [name, readFileSync(join(directory, name), 'latin1')]),
  );
}

/** What somebody gets to see who may read the bank and not write to it. */
function look(directory: string, id: string): unknown {
  const copy = newDirectory(tmpdir());
  copyPackage(copy);
  openToReaders(dirname(copy));
  openToReaders(dirname(directory));
  const program = join(copy, 'test/programs/look-and-deposit.js');
  const out = execFileSync(process.execPath, [program, directory, id], {
    uid: NOBODY,
    gid: NOBODY,
    cwd: '/',
    encoding: 'utf8',
  });
  return JSON.parse(out);
}

const SEEN = { accounts: 2, sum: '0.00', ok: true, deposit: 'NO_PERMISSION false' };

describe.skipIf(!mayPlayUsers)('somebody who may read a bank and not write to it', () => {
  it('sees all of a bank that was closed, and changes nothing', async () => {
    const directory = newDirectory();
    const bank = await openBank(directory, { create: true });
    const [a = ''] = await openFunded(bank, '10.00', '0.00');
    await bank.close();
    const before = everything(directory);
    expect(look(directory, a)).toEqual({ ...SEEN, balance: '10.00', rows: 2, again: '10.00' });
    expect(everything(directory)).toEqual(before);
    const again = await openBank(directory);
    await expectClean(again);
    await again.close();
  });

  it('sees what was answered and not posted, of a bank that is open or was killed', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    await first.bank.posted();
    await first.bank.deposit(ada, '5.00');
    const before = everything(machine.directory);
    const seen = { ...SEEN, balance: '105.00', rows: 3, again: '105.00' };
    expect(look(machine.directory, ada)).toEqual(seen);
    expect(everything(machine.directory)).toEqual(before);
    machine.kill(first);
    expect(look(machine.directory, ada)).toEqual(seen);
    const second = await machine.start();
    await second.bank.deposit(ada, '1.00');
    await expectClean(second.bank);
    await second.bank.close();
  });
});
