// The commands, and what they load, in few files.
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const COMMANDS = ['drovebank', 'drovebank-recover'];

/**
 * Loaded from where npm has put them. All else is packed: a file less to find and to load for each of commander's own,
 * and some of the others are modules, which `require` does not load on each Node that we run on.
 */
const NOT_PACKED = /^(node:|csv-parse|proper-lockfile|write-file-atomic)/;

/** What most commands need, in one file. What that is needs goes with it. */
const CORE = /lib.cli.(print-receipt|program|table|with-bank)\.js$/;
/** What a Tab needs, in one file of its own: a shell waits for it while somebody types. */
const TAB = 'tab';
const LOADS_TAB = /^(\.\/compiled|tab\.body)\.js$/;
const IMPORTS_TAB = /import\('[^']*\/completion\.js'\)/;
/** The table of commands names them, and a Tab runs none. */
const A_COMMAND = /[\\/]commands[\\/]/;
/** Files that compiled.cjs loads. */
const COMPILED = ['core', TAB];
/**
 * The engine keeps a text of more than 128 KiB apart from young objects, and has no room for a shorter one among them: it
 * would collect them, which takes longer than to read all of it.
 */
const APART_LETTERS = 132_000;
const bodyOf = (name) => `${name}.body.js`;
const loadedBody = (name) => `require('./compiled.js').load('${bodyOf(name)}', require)`;

/**
 * What packages load of Node's own for what nobody asks of them here, to start programs and to complain of themselves: 2 to
 * 4 ms each. It is loaded when it is called.
 */
const later = (name) => `process.getBuiltinModule('${name}')`;
const LATER = {
  'node:child_process': `exports.spawn = (...given) => ${later('child_process')}.spawn(...given);`,
  'node:assert': `module.exports = (...given) => ${later('assert')}(...given);`,
};
const LATER_PREFIX = 'later/';
const isLater = (id, from = '') => id in LATER && from.includes('node_modules');
const loadedLater = {
  name: 'loaded-later',
  resolveId: (id, from) => (isLater(id, from) ? LATER_PREFIX + id : undefined),
  load: (id) => {
    const code = id.startsWith(LATER_PREFIX) && LATER[id.slice(LATER_PREFIX.length)];
    return code ? { code, moduleType: 'js' } : undefined;
  },
};

/** Left to the bundler it would be loaded by a helper, in a file of its own. */
const tabElsewhere = {
  name: 'tab-elsewhere',
  resolveId: (id) => (LOADS_TAB.test(id) ? { id, external: true } : undefined),
  transform: (code) => code.replace(IMPORTS_TAB, `Promise.resolve(${loadedBody(TAB)})`),
};

/** @param {string} dist where the compiled files lie */
export async function packCommands(dist) {
  const bin = join(dist, 'bin');
  const commands = {
    ...Object.fromEntries(COMMANDS.map((name) => [name, join(bin, `${name}.js`)])),
    // Found beside whoever starts it, so it must lie beside the packed commands as well.
    'poster-worker': join(dist, 'lib', 'store', 'poster-worker.js'),
  };
  const core = { groups: [{ name: 'core', test: CORE }] };
  const output = [
    ...(await pack(bin, { input: commands, plugins: [tabElsewhere] }, { codeSplitting: core })),
    ...(await pack(bin, { input: { [TAB]: join(dist, 'lib', 'cli', 'completion.js') } })),
  ];
  writeFileSync(join(bin, 'package.json'), '{ "type": "commonjs" }\n');
  writeFileSync(join(bin, 'LICENSES'), licensesOf(output));
  copyFileSync(new URL('compiled.cjs', import.meta.url), join(bin, 'compiled.js'));
  for (const name of COMPILED) {
    const packed = join(bin, `${name}.js`);
    writeFileSync(join(bin, bodyOf(name)), readFileSync(packed, 'latin1').padEnd(APART_LETTERS));
    rmSync(packed);
  }
  // Many files ask for it, and it is loaded once.
  writeFileSync(join(bin, 'core.js'), `module.exports = ${loadedBody('core')};\n`);
  for (const name of COMMANDS) chmodSync(join(bin, `${name}.js`), 0o755);
}

/** Packs what is asked for into files in `bin`, and answers what they are made of. */
async function pack(bin, { input, plugins = [] }, split = {}) {
  const bundle = await rolldown({
    input,
    platform: 'node',
    plugins: [loadedLater, ...plugins],
    external: (id, from) =>
      (NOT_PACKED.test(id) && !isLater(id, from)) || (TAB in input && A_COMMAND.test(id)),
  });
  const { output } = await bundle.write({
    dir: bin,
    // Node finds and loads these files in less time than modules.
    format: 'cjs',
    chunkFileNames: ({ name }) => (COMPILED.includes(name) ? '[name].js' : '[name]-[hash].js'),
    ...split,
    banner,
    footer: ({ name }) => (COMPILED.includes(name) ? '})' : ''),
    comments: false,
    // One letter that is not ASCII, and the engine holds a whole file with two bytes a letter.
    minify: {
      compress: false,
      mangle: false,
      codegen: { removeWhitespace: false, asciiOnly: true },
    },
  });
  await bundle.close();
  return output;
}

function banner({ name }) {
  if (COMPILED.includes(name)) {
    return '(function (exports, require, module, __filename, __dirname) {';
  }
  return COMMANDS.includes(name) ? "require('./compiled.js').keepAtExit();" : '';
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
