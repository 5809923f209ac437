// Stands beside the packed commands, and loads what they share as the engine compiled it once: to compile it anew takes
// longer than all the rest of a look. Source: https://nodejs.org/api/vm.html#scriptcreatecacheddata
const { accessSync, constants, readFileSync, statSync } = require('node:fs');
const { createRequire } = require('node:module');
const { Script } = require('node:vm');

const file = require.resolve('./core.js');
const kept = `${file}-${process.version}-${process.arch}.code`;

const isOff = Boolean(process.env.NODE_DISABLE_COMPILE_CACHE);
const cachedData = isOff ? undefined : readCode();
const script = new Script(readFileSync(file, 'utf8'), { filename: file, cachedData });
const core = { id: file, filename: file, loaded: true, exports: {}, children: [], paths: [] };
require.cache[file] = core;
script.runInThisContext()(core.exports, createRequire(file), core, file, __dirname);

function readCode() {
  try {
    // Older than the file, it is of what the file was before somebody changed it.
    return statSync(kept).mtimeMs < statSync(file).mtimeMs ? undefined : readFileSync(kept);
  } catch {
    return undefined;
  }
}

function keep() {
  try {
    accessSync(__dirname, constants.W_OK);
    require('write-file-atomic').sync(kept, script.createCachedData());
  } catch {
    // Somebody else's folder, or a full disk: the next one compiles anew.
  }
}

/** Keeps what is compiled by then, functions included that were called: it is not known before. */
exports.keepAtExit = () => {
  // The engine takes none that was made with other flags.
  const flags = process.execArgv.length > 0 || process.env.NODE_OPTIONS;
  const isKept = cachedData !== undefined && !script.cachedDataRejected;
  if (!isOff && !isKept && !flags) process.once('exit', keep);
};
