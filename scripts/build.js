// Compiles lib/ and bin/ to dist/, then packs the commands: a process that answers one question spends
// most of its time loading files, and a handful is loaded faster than eighty.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeManPage } from './man-page.js';
import { packCommands } from './pack-commands.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
// A fresh dist each time: a file that was renamed must not live on.
rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [join(dirname(tsc), 'bin', 'tsc'), '-p', root], {
  stdio: ['ignore', process.stderr, 'inherit'],
});

await writeManPage(dist, dist);
await packCommands(dist);
