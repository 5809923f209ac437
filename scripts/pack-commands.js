// The commands, and what they load, in few files.
import { chmodSync, copyFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

const COMMANDS = ['drovebank', 'drovebank-recover'];

/** What is loaded together lies together: each file that a command opens costs it about a millisecond. */
const GROUPS = [
  // What every command needs, be it only to say what is wrong with its options.
  {
    name: 'command',
    test: /lib.cli.(command-table|context|error-report|exit-codes|flags|output|package-root|progress|signals)\.js$|node_modules.commander./,
  },
  { name: 'bank', test: /lib.bank.open-bank\.js$/ },
  { name: 'words', test: /lib.cli.(json|say|with-bank|read-options|print-receipt|table)\.js$/ },
];

/** Packed too: seven files less to find and to load, each time. */
const PACKED = 'commander';

/** Commander loads this to start programs beside it, as nobody asks it to here. To load it takes 2 to 4 ms. */
const CHILD_PROCESS = 'node:child_process';
const LATER = `module.exports = {
  spawn: (...given) => process.getBuiltinModule('${CHILD_PROCESS}').spawn(...given),
};`;
/** @param {string} [from] */
const isLater = (id, from) =>
  id === CHILD_PROCESS && from !== undefined && /node_modules.commander./.test(from);
const loadedLater = {
  name: 'loaded-later',
  resolveId: (id, from) => (isLater(id, from) ? `${PACKED}/${id}` : undefined),
  load: (id) =>
    id === `${PACKED}/${CHILD_PROCESS}` ? { code: LATER, moduleType: 'js' } : undefined,
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
    external: (id, from) =>
      !id.startsWith('.') && !id.startsWith('/') && !id.startsWith(PACKED) && !isLater(id, from),
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
