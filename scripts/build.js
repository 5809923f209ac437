// Compiles lib/ and bin/ to dist/, then packs the commands: a process that answers one question spends
// most of its time loading files, and two are loaded faster than eighty.
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
// A fresh dist each time: a file that was renamed must not live on.
rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [join(dirname(tsc), 'bin', 'tsc'), '-p', root], {
  stdio: ['ignore', process.stderr, 'inherit'],
});

const COMMANDS = ['drovebank', 'drovebank-recover'];
const bundle = await rolldown({
  input: {
    ...Object.fromEntries(COMMANDS.map((name) => [name, join(dist, 'bin', `${name}.js`)])),
    // Found beside whoever starts it, so it must lie beside the packed commands as well.
    'poster-worker': join(dist, 'lib', 'store', 'poster-worker.js'),
  },
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
});
await bundle.write({
  dir: join(dist, 'bin'),
  format: 'esm',
  chunkFileNames: '[name]-[hash].js',
});
await bundle.close();
for (const name of readdirSync(join(dist, 'bin'))) {
  if (COMMANDS.includes(name.replace(/\.js$/, ''))) chmodSync(join(dist, 'bin', name), 0o755);
}
