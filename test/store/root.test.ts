import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { initBank, openBank } from 'drovebank';
import { recover } from 'drovebank/recover';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newDirectory } from '../machine/processes.js';
import { expectClean, namesIn, pagePath } from './books.js';
import { copyPackage } from './package-copy.js';

const [OWNER, GROUP] = [54_301, 54_302];
const ADA = 'a10017';
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.error("SKIPPED: root in somebody else's bank: only root can play it");
/** Root that may do all but give files away. */
const BOUND = ['--bounding-set', '-chown'];
const mayBind = isRoot && spawnSync('setpriv', [...BOUND, 'true']).status === 0;
if (!mayBind) console.error('SKIPPED: root that may give nothing away: only root with setpriv can');

/** What lies in the bank, the folder itself too, as it may be seen: without locks, which are nobody's. */
function everythingIn(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return ['.', ...names].filter((name) => !name.endsWith('.lock')).map((n) => join(directory, n));
}

/** Whatever is not its owner's alone: by path, with whose it is. */
function notOnlyOf(uid: number, gid: number, directory: string): string[] {
  return everythingIn(directory).flatMap((path) => {
    const facts = lstatSync(path);
    const mode = facts.mode & 0o7777;
    const fits = facts.uid === uid && facts.gid === gid;
    if (fits && mode === (facts.isDirectory() ? 0o700 : 0o600)) return [];
    return [`${facts.uid}:${facts.gid} ${mode.toString(8)} ${path}`];
  });
}

/** A private bank of the owner's, with ada and bob. */
async function othersBank(): Promise<string> {
  const directory = newDirectory();
  chmodSync(dirname(directory), 0o755);
  const bank = await openBank(directory, { create: true });
  await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
  await bank.openAccount({ firstName: 'Bob', lastName: 'Smith' });
  await bank.close();
  for (const path of everythingIn(directory)) chownSync(path, OWNER, GROUP);
  expect(notOnlyOf(OWNER, GROUP, directory)).toEqual([]);
  return directory;
}

describe.skipIf(!isRoot)("root in somebody else's private bank", () => {
  const copy = isRoot ? mkdtempSync(join(tmpdir(), 'drovebank-root-')) : '';

  beforeAll(() => {
    copyPackage(copy);
    chmodSync(copy, 0o755);
  });

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  /** What the command says to the owner. */
  function asOwner(...args: string[]): string {
    const program = join(copy, 'dist', 'bin', 'drovebank.js');
    const options = { uid: OWNER, gid: GROUP, cwd: '/', encoding: 'utf8' } as const;
    return execFileSync(process.execPath, [program, ...args], options);
  }

  it('leaves all that it makes there to the owner of the bank, and to nobody else', async () => {
    const directory = await othersBank();
    const bank = await openBank(directory);
    const { id } = await bank.openAccount({ firstName: 'Cat', lastName: 'Stevens' });
    const rows = Array.from({ length: 200 }, () => ({ to: ADA, amount: '0.01' }));
    await bank.transferMany([...rows, { to: id, amount: '5.00' }]);
    await bank.posted();
    expect(namesIn('', dirname(pagePath(directory, ADA)))).toContain(`${ADA}.0001.csv`);
    expect(notOnlyOf(OWNER, GROUP, directory)).toEqual([]);
    await bank.close();
    expect(notOnlyOf(OWNER, GROUP, directory)).toEqual([]);
    expect(asOwner('deposit', ADA, '1.00', '--dir', directory)).toContain('Balance 3.00');
    await expectVerified(directory);
  });

  it('leaves the notice of damage, the repair and what was put aside to the owner', async () => {
    const directory = await othersBank();
    appendFileSync(pagePath(directory, ADA), 'x');
    const bank = await openBank(directory);
    await expect(bank.balance(ADA)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    await bank.close().catch(() => {});
    expect(namesIn(directory, '.')).toContain('PAIN.csv');
    expect(notOnlyOf(OWNER, GROUP, directory)).toEqual([]);
    expect(await recover(directory, { apply: true })).toMatchObject({ state: 'repaired' });
    expect(namesIn(directory, '.')).toContain('lost+found');
    expect(notOnlyOf(OWNER, GROUP, directory)).toEqual([]);
    expect(asOwner('deposit', ADA, '1.00', '--dir', directory)).toContain('Balance 1.00');
    await expectVerified(directory);
  });

  it('keeps the owner out of nothing when it is killed', async () => {
    const directory = await othersBank();
    const program = join(copy, 'test', 'programs', 'depositor.js');
    const root = spawn(process.execPath, [program, directory, ADA]);
    await once(root.stdout, 'data');
    root.kill('SIGKILL');
    await once(root, 'exit');
    expect(asOwner('deposit', ADA, '1.00', '--dir', directory)).toContain('Deposited 1.00');
    await expectVerified(directory);
  });

  it.skipIf(!mayBind)('that may not give it away books nothing, and leaves nothing', async () => {
    const directory = await othersBank();
    const before = everythingIn(directory);
    const program = join(copy, 'dist', 'bin', 'drovebank.js');
    const command = [process.execPath, program, 'deposit', ADA, '1.00', '--dir', directory];
    const { status, stderr } = spawnSync('setpriv', [...BOUND, ...command], { encoding: 'utf8' });
    expect(status, stderr).toBe(8);
    expect(stderr).toMatch(/No permission for the bank's files \(.*\/desks\/.*NO_PERMISSION/);
    expect(everythingIn(directory)).toHaveLength(before.length);
    expect(notOnlyOf(OWNER, GROUP, directory)).toEqual([]);
    expect(asOwner('deposit', ADA, '1.00', '--dir', directory)).toContain('Balance 1.00');
    await expectVerified(directory);
  });

  it("has its own bank for itself, also in somebody else's folder", async () => {
    const directory = newDirectory();
    chownSync(dirname(directory), OWNER, GROUP);
    await initBank(directory);
    chownSync(directory, OWNER, GROUP); // Who owns the folder may not read what lies in it.
    const bank = await openBank(directory);
    await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    await bank.close();
    chownSync(directory, 0, 0);
    expect(notOnlyOf(0, 0, directory)).toEqual([]);
    await expectVerified(directory);
  });
});

async function expectVerified(directory: string): Promise<void> {
  const bank = await openBank(directory);
  await expectClean(bank);
  await bank.close();
}
