import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROGRAM, temporaryBank } from '../cli/run-cli.js';
import { canRun } from '../kernel/needs.js';

const ran = canRun('completion in zsh and fish', { test: 'test/terminal/shells.test.ts' });

/** A folder with a bank, and `drovebank` as a command in it. */
async function withCommand(): Promise<string> {
  const folder = await temporaryBank();
  const bin = join(folder, 'drovebank');
  writeFileSync(bin, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`);
  chmodSync(bin, 0o755);
  return folder;
}

function run(folder: string, shell: string, script: string): string {
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HOME: folder };
  const { stdout, stderr } = spawnSync(shell, ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  expect(stderr).toBe('');
  return stdout;
}

describe.runIf(ran)('Completion', () => {
  it('in zsh offers accounts with their names, and runs nothing that is typed', async () => {
    const folder = await withCommand();
    const shown = run(
      folder,
      'zsh',
      `compdef() {}
       _describe() { eval "print -l -- \\"\\\${$2[@]}\\"" }
       source <(drovebank complete zsh)
       words=(drovebank deposit a1); CURRENT=3; _drovebank
       words=(drovebank '$(touch ran)' a1); CURRENT=3; _drovebank`,
    );
    expect(shown.trim()).toBe('a10017:Ada Lovelace\na10025:Bob Smith');
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  it('in fish offers accounts with their names, commands and flags', async () => {
    const folder = await withCommand();
    const asked = [
      'drovebank deposit a1',
      'drovebank dep',
      'drovebank list --sea',
      'drovebank list --sort ',
    ];
    const completions = asked.map((line) => `complete -C '${line}'`).join('; ');
    const shown = run(folder, 'fish', `drovebank complete fish | source; ${completions}`);
    expect(shown).toContain('a10017\tAda Lovelace\na10025\tBob Smith\n');
    expect(shown).toContain('deposit\tpay money in\n');
    expect(shown).toContain('--search\t');
    expect(shown).toMatch(/^id$/m);
  });
});
