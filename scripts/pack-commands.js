// The commands, each with all that it loads in two files.
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const COMMANDS = ['drovebank', 'drovebank-recover'];

/** @param {string} dist where the compiled files lie */
export async function packCommands(dist) {
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
}
