import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { blocksOf, ROOT, readPages } from './pages.js';

const SHOWN = [
  /^\d+ moments, \d+ disks, nothing lost\n$/,
  /^DISK_FULL false 5\.00\n$/,
  /^OUTCOME_UNKNOWN repaired 5\.00\n$/,
  /^(\S+-14) (\S+-15) \2\n$/,
  /^5\.00\n$/,
];
const BLOCKS = blocksOf(readPages().get('docs/testing.md') ?? '').filter(
  ({ language }) => language === 'js',
);

describe('docs/testing.md', () => {
  it.each(SHOWN.map((shown, index) => [index, shown] as const))(
    'example %i runs',
    (index, shown) => {
      const folder = mkdtempSync(join(tmpdir(), 'drovebank-testing-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(ROOT, join(folder, 'node_modules', 'drovebank'));
      writeFileSync(join(folder, 'example.mjs'), BLOCKS[index]?.text ?? '');
      const { stdout, stderr } = spawnSync(process.execPath, ['example.mjs'], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(stdout).toMatch(shown);
    },
  );

  it('has no other example', () => {
    expect(BLOCKS).toHaveLength(SHOWN.length);
  });
});
