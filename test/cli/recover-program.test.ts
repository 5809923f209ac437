import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pagePath } from '../store/books.js';
import {
  BANK,
  declareDamage,
  documents,
  drovebank,
  leaveUnverified,
  PROGRAM,
  succeed,
  temporaryBank,
  temporaryFolder,
} from './run-cli.js';

/** A word of a file becomes another one. */
function change(path: string, from: string, to: string): void {
  writeFileSync(path, readFileSync(path, 'latin1').replace(from, to), 'latin1');
}

function recover(folder: string, args: readonly string[], node: readonly string[] = []) {
  const program = PROGRAM.replace(/drovebank\.js$/, 'drovebank-recover.js');
  const options = { cwd: folder, encoding: 'utf8' } as const;
  const all = [...node, program, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, options);
  return { code: status, stdout, stderr };
}

describe('drovebank-recover', () => {
  it('ends with 0 for a clean bank', async () => {
    const folder = await temporaryBank();
    expect(recover(folder, [])).toMatchObject({ code: 0, stderr: '' });
    expect(documents(recover(folder, ['--json', '-d', BANK]).stdout)).toMatchObject([
      { v: 1, kind: 'bank.recovery', state: 'clean', problems: [] },
    ]);
  });

  it('explains a bank that was declared damaged, and with --apply sets it going again', async () => {
    const folder = await temporaryBank();
    leaveUnverified(folder);
    declareDamage(join(folder, BANK));
    const told = recover(folder, []);
    expect(told.code, told.stdout + told.stderr).toBe(4);
    expect(told.stdout).toContain('PAIN.csv: the bank was stopped: ');
    expect(told.stdout).toContain('\n    with --apply: moved to lost+found\n');
    expect(told.stdout).toContain('\n    with --apply: put back\n');
    const applied = recover(folder, ['--apply']);
    expect(applied.code, applied.stdout + applied.stderr).toBe(1);
    expect(applied.stdout).toContain('\n    moved to lost+found\n');
    expect(succeed(folder, ['balance', 'a10017', '--plain'])).toBe('100.00\n');
  });

  it.each([
    [
      'what waits',
      (bank: string) => change(pagePath(bank, 'a10017'), 'Ada', 'Eve'),
      'Nothing was changed. The bank is still in use: end the programs that use it, and run again with --apply.',
      'Nothing was changed. Run again with --apply to do it.',
    ],
    [
      'what neither book settles',
      (bank: string) => {
        change(pagePath(bank, 'a10017'), 'Ada', 'Eve');
        change(join(bank, 'journal/000001-1.csv'), 'Ada', 'Eve');
      },
      'One problem is left that neither book settles; nothing was guessed. The bank is still in use: end the programs that use it, before they book on.',
      'One problem is left that neither book settles; nothing was guessed. The bank stays stopped.',
    ],
  ])('says of %s whether the bank is stopped', async (_, harm, inUse, stopped) => {
    const folder = await temporaryBank();
    leaveUnverified(folder);
    harm(join(folder, BANK));
    expect(recover(folder, []).stdout).toContain(`${BANK}: ${inUse}\n`);
    declareDamage(join(folder, BANK));
    expect(recover(folder, []).stdout).toContain(`${BANK}: ${stopped}\n`);
    expect(documents(recover(folder, ['--json']).stdout)).toMatchObject([{ stopped: true }]);
  });

  it('shows how far it is, one pass after the other, where the work is long; never with --json', async () => {
    const folder = await temporaryBank();
    leaveUnverified(folder);
    writeFileSync(pagePath(join(folder, BANK), 'a10017'), '');
    // A clock on which everything takes more than half a second.
    const clock = 'let at = 0; performance.now = () => (at += 600);';
    const slow = ['--import', `data:text/javascript,${encodeURIComponent(clock)}`];
    const pass = (label: string) =>
      [20, 40, 60, 80, 100].map((share) => `${label}: ${share}% (${share / 20} of 5)`);
    const told = ({ stderr }: { stderr: string }) => stderr.split('\n').slice(0, -1);
    const [verifying, looking] = [pass('Verifying'), pass('Looking into it')];
    expect(told(recover(folder, [], slow))).toEqual([...verifying, ...looking]);
    expect(recover(folder, ['--json'], slow).stderr).toBe('');
    const applied = recover(folder, ['--apply'], slow);
    expect(applied.code, applied.stdout).toBe(1);
    expect(told(applied)).toEqual([...verifying, ...looking, ...verifying, ...verifying]);
  });

  it.runIf(process.platform === 'linux')('names the file that the disk does not give', async () => {
    const folder = await temporaryBank();
    leaveUnverified(folder);
    const path = pagePath(join(folder, BANK), 'a10017');
    rmSync(path);
    symlinkSync('/proc/self/mem', path); // What no process may read: EIO, as of a failing disk.
    for (const args of [[], ['--apply']]) {
      const ran = recover(folder, args);
      expect(ran.code).toBe(8);
      expect(ran.stderr).toContain(`(${path})`);
    }
  });

  it('ends with 8 where there is no bank, and with 16 for what it does not know', () => {
    const folder = temporaryFolder();
    expect(recover(folder, ['-d', 'absent'])).toMatchObject({ code: 8, stdout: '' });
    expect(recover(folder, ['--nonsense'])).toMatchObject({ code: 16, stdout: '' });
    expect(recover(folder, ['--help'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('says where the directory belongs when it stands there without --dir', async () => {
    const folder = await temporaryBank();
    const ran = recover(folder, [BANK]);
    expect(ran).toMatchObject({ code: 16, stdout: '' });
    expect(ran.stderr).toContain(`Unexpected argument '${BANK}'`);
    expect(ran.stderr).toContain('next: Name the directory with --dir');
    expect(recover(folder, ['--nonsense']).stderr).toContain(
      'next: See `drovebank-recover --help`.',
    );
  });

  it('tells its version, which is that of drovebank', () => {
    const folder = temporaryFolder();
    for (const flag of ['-V', '--version'])
      expect(recover(folder, [flag])).toEqual({ ...drovebank(folder, ['-V']), stderr: '' });
  });
});
