import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drovebank, succeed, temporaryFolder } from './run-cli.js';

describe('demo', () => {
  it('books the example, finds every balance as expected, and says what to try next', () => {
    const folder = temporaryFolder();
    const ran = drovebank(folder, ['demo'], { env: { TMPDIR: folder } });
    expect(ran.code, ran.stderr).toBe(0);
    const { stdout } = ran;
    expect(stdout).toContain('1,201 accounts and 47,527 transactions');
    expect(stdout).toContain('1,201 of 1,201 are exactly');
    expect(stdout).toMatch(/CZK +1201 +38221177\.70 +-38221177\.70 +0\.00/);
    expect(stdout).toContain('"Client","8463"');
    const [, bank = ''] = /^Its folder: (.*)$/m.exec(stdout) ?? [];
    expect(stdout).toContain(`The demo bank stays in ${bank}; remove that folder`);
    const tried = stdout.split('\n').filter((line) => line.endsWith(`--dir ${bank}`));
    expect(tried.length).toBeGreaterThan(3);
    expect(succeed(folder, ['balance', '2', '--plain', '-d', bank])).toBe('31041.60\n');
    rmSync(dirname(bank), { recursive: true });
  });
});
