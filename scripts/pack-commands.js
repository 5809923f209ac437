// The commands, and what they load, in few files.
import { chmodSync, copyFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

const COMMANDS = ['drovebank', 'drovebank-recover'];

/** Packed too: a file less to find and to load for each of its own. */
const PACKED = 'commander';
const OF_PACKED = /node_modules.commander./;

/** What is loaded together lies together: each file that a command opens costs it about a millisecond. */
const GROUPS = [
  // What every command needs, be it only to say what is wrong with its options.
  {
    name: 'command',
    test: (id) =>
      OF_PACKED.test(id) ||
      /lib.cli.(command-table|context|error-report|exit-codes|flags|output|package-root|progress|signals)\.js$/.test(
        id,
      ),
  },
  { name: 'bank', test: /lib.bank.open-bank\.js$/ },
  { name: 'words', test: /lib.cli.(json|say|with-bank|read-options|print-receipt|table)\.js$/ },
];

/** To start programs beside it, which nobody asks it to here, commander loads a module that takes 2 to 4 ms. */
const CHILD_PROCESS = 'node:child_process';
const LATER = `${PACKED}/child-process-later`;
const isLater = (id, from = '') => id === CHILD_PROCESS && OF_PACKED.test(from);
const loadedLater = {
  name: 'loaded-later',
  resolveId: (id, from) => (isLater(id, from) ? LATER : undefined),
  load: (id) =>
    id === LATER
      ? {
          code: `exports.spawn = (...given) => process.getBuiltinModule('${CHILD_PROCESS}').spawn(...given);`,
          moduleType: 'js',
        }
      : undefined,
};

/** @param {string} dist where the compiled files lie */
export async function packCommands(dist) {
  const bundle = await rolldown({
    input: {
      ...Object.fromEntries(COMMANDS.map((name) => [name, join(dist, 'bin', `${name}.js`)])),
      // Found beside whoever starts it, so it must lie beside the packed commands as well.
      'poster-worker': join(dist, 'lib', 'store', 'poster-worker.js'),
    },
    platform: 'node',
    plugins: [loadedLater],
    external: (id, from) => !/^[./]/.test(id) && !id.startsWith(PACKED) && !isLater(id, from),
  });
  await bundle.write({
    dir: join(dist, 'bin'),
    format: 'esm',
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { groups: GROUPS },
  });
  await bundle.close();
  const { resolve } = createRequire(import.meta.url);
  const license = join(dirname(resolve(PACKED)), 'LICENSE');
  copyFileSync(license, join(dist, 'bin', `LICENSE.${PACKED}`));
  for (const name of readdirSync(join(dist, 'bin'))) {
    if (COMMANDS.includes(name.replace(/\.js$/, ''))) chmodSync(join(dist, 'bin', name), 0o755);
  }
}
