import { spawnSync } from 'node:child_process';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pagePath } from '../store/books.js';
import {
  BANK,
  declareDamage,
  documents,
  leaveUnverified,
  PROGRAM,
  succeed,
  temporaryBank,
  temporaryFolder,
} from './run-cli.js';

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
    expect(told.stdout).toContain('PAIN.csv');
    const applied = recover(folder, ['--apply']);
    expect(applied.code, applied.stdout + applied.stderr).toBe(1);
    expect(succeed(folder, ['balance', 'a10017', '--plain'])).toBe('100.00\n');
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
});
