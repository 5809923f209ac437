import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Puts the package and the tests' programs where every user may read them: the checkout may lie in somebody's home. */
export function copyPackage(to: string): void {
  for (const name of ['package.json', 'dist', 'test/programs']) {
    cpSync(join(root, name), join(to, name), { recursive: true });
  }
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const [path, { dev }] of Object.entries<{ dev?: boolean }>(lock.packages)) {
    if (path === '' || dev) continue;
    mkdirSync(join(to, dirname(path)), { recursive: true });
    cpSync(join(root, path), join(to, path), { recursive: true });
  }
}
