import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './pages.js';

const read = (name: string) => JSON.parse(readFileSync(join(ROOT, name), 'utf8'));

describe('The package', () => {
  it('has what the card lists at the top', () => {
    const card = ['package.json', 'tsconfig.json', 'lib', 'bin', 'test', 'data', 'README.md'];
    expect(card.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });

  it('is built with what the card lists', () => {
    const { dependencies, devDependencies, bin } = read('package.json');
    const needed = ['proper-lockfile', 'write-file-atomic', 'commander', 'vitest'];
    const there = Object.keys({ ...dependencies, ...devDependencies });
    expect(needed.filter((name) => !there.includes(name))).toEqual([]);
    expect(Object.keys(bin)).toEqual(['drovebank', 'drovebank-recover']);
  });

  it('brings few packages along, and runs no script when it is installed', () => {
    const { packages } = read('package-lock.json') as {
      packages: Record<string, { dev?: boolean; hasInstallScript?: boolean }>;
    };
    const brought = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev);
    expect(brought.length).toBeLessThanOrEqual(14);
    expect(brought.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  });
});
