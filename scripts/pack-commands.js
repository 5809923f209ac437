// The commands, and what they load, in few files.
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const COMMANDS = ['drovebank', 'drovebank-recover'];

/**
 * Loaded from where npm has put them. All else is packed: a file less to find and to load for each of commander's own,
 * and some of the others are modules, which `require` does not load on each Node that we run on.
 */
const NOT_PACKED = /^(node:|csv-parse|proper-lockfile|write-file-atomic)/;
const OF_COMMANDER = /node_modules.commander./;

/** What is loaded together lies together: each file that a command opens costs it about a millisecond. */
const GROUPS = [
  // What every command needs, be it only to say what is wrong with its options.
  {
    name: 'command',
    test: (id) =>
      OF_COMMANDER.test(id) ||
      /lib.cli.(command-table|context|error-report|exit-codes|flags|output|package-root|progress|signals)\.js$/.test(
        id,
      ),
  },
  { name: 'bank', test: /lib.bank.open-bank\.js$/ },
  { name: 'words', test: /lib.cli.(json|say|with-bank|read-options|print-receipt|table)\.js$/ },
];

/**
 * What a look has no use for, to be read and compiled: as much again as what it needs. It lies in files of its own, each
 * loaded by whoever first asks for something of it; for the rest it is as if it lay with the bank.
 */
const LOADED_LATER = {
  booking: [
    ...['booking', 'decide', 'replayed'].map((name) => `ledger/${name}`),
    ...['index-keeper', 'index-writer', 'page-desk'].map((name) => `store/${name}`),
  ],
  // Nor has a plain booking.
  rarely: [
    ...['account-run', 'book-many', 'entries', 'exchange', 'fee'].map((name) => `bank/${name}`),
    ...['interest', 'lost-hold', 'orders', 'past', 'totals'].map((name) => `bank/${name}`),
    ...['decide-change', 'decide-hold', 'decide-reverse'].map((name) => `ledger/${name}`),
    ...['exchange', 'interest', 'schedule'].map((name) => `ledger/${name}`),
    ...['create', 'health', 'journal-seek', 'past', 'replay'].map((name) => `store/${name}`),
    'store/verify',
  ],
};
const STAND_IN = 'stand-in for ';
const OUTSIDE = 'file of ';

/** Puts a stand-in in the place of each module that is loaded later: it has all that the module exports. */
function loadedWhenAsked(lib) {
  const fileOf = new Map();
  for (const [file, names] of Object.entries(LOADED_LATER)) {
    for (const name of names) fileOf.set(join(lib, `${name}.js`), file);
  }
  const partOf = (path) => relative(lib, path).replace(/\W/g, '_');
  const isFile = (id) => id in LOADED_LATER;
  return {
    name: 'loaded-when-asked',
    resolveId: (id, from = '') => {
      if (isFile(id)) return id;
      const path = id.startsWith('.') ? join(dirname(from), id) : id;
      const file = fileOf.get(path);
      const together = file === undefined || file === fileOf.get(from) || isFile(from);
      return together ? undefined : STAND_IN + relative(lib, path);
    },
    load: async (id) => {
      if (isFile(id)) {
        const parts = [...fileOf].filter(([, file]) => file === id);
        const code = parts.map(([path]) => `export * as ${partOf(path)} from '${path}';`);
        return { code: code.join('\n'), moduleType: 'js' };
      }
      if (!id.startsWith(STAND_IN)) return undefined;
      const path = join(lib, id.slice(STAND_IN.length));
      const part = `(file ??= require('${OUTSIDE}${fileOf.get(path)}')).${partOf(path)}`;
      const exported = Object.keys(await import(pathToFileURL(path))).map(
        (name) => `get ${name}() { return ${part}.${name}; },`,
      );
      const code = `let file; module.exports = { __esModule: true, ${exported.join(' ')} };`;
      return { code, moduleType: 'js' };
    },
  };
}

/** To start programs beside it, which nobody asks it to here, commander loads a module that takes 2 to 4 ms. */
const CHILD_PROCESS = 'node:child_process';
const LATER = 'commander/child-process-later';
const isLater = (id, from = '') => id === CHILD_PROCESS && OF_COMMANDER.test(from);
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
  const bin = join(dist, 'bin');
  const bundle = await rolldown({
    input: {
      ...Object.fromEntries(COMMANDS.map((name) => [name, join(bin, `${name}.js`)])),
      // Found beside whoever starts it, so it must lie beside the packed commands as well.
      ...Object.fromEntries(Object.keys(LOADED_LATER).map((file) => [file, file])),
      'poster-worker': join(dist, 'lib', 'store', 'poster-worker.js'),
    },
    platform: 'node',
    plugins: [loadedLater, loadedWhenAsked(join(dist, 'lib'))],
    external: (id, from) => id.startsWith(OUTSIDE) || (NOT_PACKED.test(id) && !isLater(id, from)),
  });
  const { output } = await bundle.write({
    dir: bin,
    // Node finds and compiles these files in less time than modules; whole names keep its traces readable.
    format: 'cjs',
    paths: (id) => (id.startsWith(OUTSIDE) ? `./${id.slice(OUTSIDE.length)}.js` : id),
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { groups: GROUPS },
    comments: false,
    // One letter that is not ASCII, and Node holds a whole file with two bytes a letter.
    minify: {
      compress: false,
      // Names that a trace shows stay as they are.
      mangle: { toplevel: false, keepNames: true },
      codegen: { removeWhitespace: false, asciiOnly: true },
    },
  });
  await bundle.close();
  writeFileSync(join(bin, 'package.json'), '{ "type": "commonjs" }\n');
  writeFileSync(join(bin, 'LICENSES'), licensesOf(output));
  for (const name of COMMANDS) chmodSync(join(bin, `${name}.js`), 0o755);
}

/** What others wrote of what was packed, and on which terms. */
function licensesOf(output) {
  const ids = output.flatMap(({ moduleIds = [] }) => moduleIds);
  const roots = ids.flatMap((id) => /^.*node_modules.(@[^/\\]+.)?[^/\\]+/.exec(id)?.[0] ?? []);
  return [...new Set(roots)].sort().map(licenseAt).join('\n');
}

function licenseAt(root) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const file = readdirSync(root).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(root, file), 'utf8').trim() : '';
  return `${name} ${version}, ${license}\n\n${text}\n`;
}
