/** Proof H, a part of it: `npm run test:mutants` tries whatever is new, and all of them in hours. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from '../docs/pages.js';

it.runIf(process.env.CI)(
  'mutants, other ones whenever the code is another, are caught by what caught them before',
  { timeout: 1_200_000 },
  async () => {
    const args = ['scripts/mutants.js', '--built', '--jobs', '1', '--confirm', '--sample', '40'];
    // Where some are not caught it ends with 1: what it said names them.
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT }).catch(
      (error: { stdout: string }) => error,
    );
    console.log(stdout);
    expect(stdout).toContain('40 mutants tried again, 0 not caught');
  },
);
