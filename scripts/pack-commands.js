// The commands, and what they load, in few files.
import { chmodSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const COMMANDS = ['drovebank', 'drovebank-recover'];

/**
 * Loaded from where npm has put them. All else is packed: a file less to find and to load for each of commander's own,
 * and some of the others are modules, which `require` does not load on each Node that we run on.
 */
const NOT_PACKED = /^(node:|csv-parse|proper-lockfile|write-file-atomic)/;

/** What most commands need, in one file: compiled.cjs has it compiled once. What that is needs goes with it. */
const CORE = /lib.cli.(print-receipt|program|table|with-bank)\.js$/;

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

/** @param {string} dist where the compiled files lie */
export async function packCommands(dist) {
  const bin = join(dist, 'bin');
  const bundle = await rolldown({
    input: {
      ...Object.fromEntries(COMMANDS.map((name) => [name, join(bin, `${name}.js`)])),
      // Found beside whoever starts it, so it must lie beside the packed commands as well.
      'poster-worker': join(dist, 'lib', 'store', 'poster-worker.js'),
    },
    platform: 'node',
    plugins: [loadedLater],
    external: (id, from) => NOT_PACKED.test(id) && !isLater(id, from),
  });
  const { output } = await bundle.write({
    dir: bin,
    // Node finds and loads these files in less time than modules.
    format: 'cjs',
    chunkFileNames: ({ name }) => (name === 'core' ? 'core.js' : '[name]-[hash].js'),
    codeSplitting: { groups: [{ name: 'core', test: CORE }] },
    banner,
    footer: ({ name }) => (name === 'core' ? '})' : ''),
    comments: false,
    // One letter that is not ASCII, and the engine holds a whole file with two bytes a letter.
    minify: {
      compress: false,
      mangle: false,
      codegen: { removeWhitespace: false, asciiOnly: true },
    },
  });
  await bundle.close();
  writeFileSync(join(bin, 'package.json'), '{ "type": "commonjs" }\n');
  writeFileSync(join(bin, 'LICENSES'), licensesOf(output));
  copyFileSync(new URL('compiled.cjs', import.meta.url), join(bin, 'compiled.js'));
  for (const name of COMMANDS) chmodSync(join(bin, `${name}.js`), 0o755);
}

/** Each entry has the core compiled before it asks for it. */
function banner({ name }) {
  if (name === 'core') return '(function (exports, require, module, __filename, __dirname) {';
  if (COMMANDS.includes(name)) return "require('./compiled.js').keepAtExit();";
  return name === 'poster-worker' ? "require('./compiled.js');" : '';
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
