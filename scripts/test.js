// `npm test`: build, types, lint, tests. With CI set the long proofs run as well.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const steps = ['build', 'types', 'lint'].map((name) => ['npm', ['run', '--silent', name]]);
steps.push([process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)]]);
for (const [command, args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
