// The commands, and what they load, in few files.
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const COMMANDS = ['drovebank', 'drovebank-recover'];

/** What is loaded together lies together: each file that a command opens costs it about a millisecond. */
const GROUPS = [
  // What every command needs, be it only to say what is wrong with its options.
  {
    name: 'command',
    test: /lib.cli.(command-table|context|error-report|exit-codes|flags|output|progress|signals)\.js$/,
  },
  { name: 'bank', test: /lib.bank.open-bank\.js$/ },
  { name: 'words', test: /lib.cli.(json|say|with-bank|read-options|print-receipt|table)\.js$/ },
];

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
    codeSplitting: { groups: GROUPS },
  });
  await bundle.close();
  for (const name of readdirSync(join(dist, 'bin'))) {
    if (COMMANDS.includes(name.replace(/\.js$/, ''))) chmodSync(join(dist, 'bin', name), 0o755);
  }
}
