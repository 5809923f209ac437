// Stands beside the packed commands, and loads what they share as the engine compiled it once: to compile it anew takes
// longer than all the rest of a look. Source: https://nodejs.org/api/vm.html#scriptcreatecacheddata
const { createHash } = require('node:crypto');
const { accessSync, constants, readFileSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { Script } = require('node:vm');

const DIGEST_BYTES = 32;

const file = require.resolve('./core.js');
const kept = `${file}-${process.version}-${process.arch}.code`;
const isOff = Boolean(process.env.NODE_DISABLE_COMPILE_CACHE);

const source = readFileSync(file);
const cachedData = isOff ? undefined : readCode();
const script = new Script(source.toString('utf8'), { filename: file, cachedData });
const core = { id: file, filename: file, loaded: true, exports: {}, children: [], paths: [] };
require.cache[file] = core;
script.runInThisContext()(core.exports, createRequire(file), core, file, __dirname);

/** The engine runs what it is given: it looks whether it made that itself, and at the length of the source, no further. */
function digestOf(code) {
  return createHash('sha256').update(source).update(code).digest();
}

function readCode() {
  try {
    const bytes = readFileSync(kept);
    const code = bytes.subarray(DIGEST_BYTES);
    return digestOf(code).equals(bytes.subarray(0, DIGEST_BYTES)) ? code : undefined;
  } catch {
    return undefined; // Nothing is kept yet, or it is not for us.
  }
}

function keep() {
  try {
    accessSync(__dirname, constants.W_OK);
    const code = script.createCachedData();
    // In its place at once: what is torn or mixed does not fit its digest, and is written anew by the next one.
    writeFileSync(kept, Buffer.concat([digestOf(code), code]));
  } catch {
    // Somebody else's folder, or a full disk: the next one compiles anew.
  }
}

/** Keeps what is compiled by then, functions included that were called: it is not known before. */
exports.keepAtExit = () => {
  const isKept = cachedData !== undefined && !script.cachedDataRejected;
  if (!isOff && !isKept) process.once('exit', keep);
};
