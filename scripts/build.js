// Compiles lib/ and bin/ to dist/. A fresh dist each time: a file that was renamed must not live on.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [join(dirname(tsc), 'bin', 'tsc'), '-p', root], {
  stdio: ['ignore', process.stderr, 'inherit'],
});
for (const command of ['drovebank.js', 'drovebank-recover.js']) {
  chmodSync(join(root, 'dist', 'bin', command), 0o755);
}
