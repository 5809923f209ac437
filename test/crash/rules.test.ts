import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../docs/pages.js';
import { RULES } from './rules.js';

describe('the rules by which processes share a bank', () => {
  it.each(RULES)('$name: what takes it out is found in the source once', ({ changes }) => {
    for (const { file, before } of changes) {
      expect(readFileSync(join(ROOT, file), 'utf8').split(before)).toHaveLength(2);
    }
  });

  it('are behind rules that there are', () => {
    const names = RULES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { behind } of RULES) expect(['', undefined, ...names]).toContain(behind);
  });

  it.runIf(process.env.CI)('are needed, each: the quick ones', { timeout: 600_000 }, () => {
    const args = ['scripts/rules.js', '--quick'];
    const options = { cwd: ROOT, encoding: 'utf8' } as const;
    const { stdout, stderr, status } = spawnSync(process.execPath, args, options);
    console.log(stdout);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
