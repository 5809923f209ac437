// Stands beside the packed commands, and loads what they share as the engine compiled it once: to compile it anew takes
// longer than all the rest of a look. Source: https://nodejs.org/api/vm.html#scriptcreatecacheddata
const { createHash } = require('node:crypto');
const { accessSync, constants, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const DIGEST_BYTES = 32;
const isOff = Boolean(process.env.NODE_DISABLE_COMPILE_CACHE);
/** What was loaded, and may be kept. */
const loaded = [];

/** The exports of the file `name` in this folder: a function around a module, in ASCII, that loads others by `require`. */
exports.load = (name, require) => {
  const file = join(__dirname, name);
  const kept = `${file}-${process.version}-${process.arch}.code`;
  const source = readFileSync(file);
  const cachedData = isOff ? undefined : readCode(kept, source);
  const script = new Script(source.toString('latin1'), { filename: file, cachedData });
  const isKept = cachedData !== undefined && !script.cachedDataRejected;
  if (!isKept) loaded.push({ script, kept, source });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, file, __dirname);
  return module.exports;
};

/** The engine runs what it is given: it looks whether it made that itself, and at the length of the source, no further. */
function digestOf(source, code) {
  return createHash('sha256').update(source).update(code).digest();
}

function readCode(kept, source) {
  try {
    const bytes = readFileSync(kept);
    const code = bytes.subarray(DIGEST_BYTES);
    return digestOf(source, code).equals(bytes.subarray(0, DIGEST_BYTES)) ? code : undefined;
  } catch {
    return undefined; // Nothing is kept yet, or it is not for us.
  }
}

function keep({ script, kept, source }) {
  try {
    accessSync(__dirname, constants.W_OK);
    const code = script.createCachedData();
    // In its place at once: what is torn or mixed does not fit its digest, and is written anew by the next one.
    writeFileSync(kept, Buffer.concat([digestOf(source, code), code]));
  } catch {
    // Somebody else's folder, or a full disk: the next one compiles anew.
  }
}

/** Keeps what is compiled by then, functions included that were called: it is not known before. */
exports.keepAtExit = () => {
  if (!isOff) process.once('exit', () => loaded.forEach(keep));
};
