/** The file of a run: written anew after each workload, so that whoever stops keeps what there is. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const RESULT = /^\d{4}-\d\d-\d\d-\d{6}(-quick)?\.json$/;

/** `2026-11-26-074800.json` */
export function newResultFile(folder, { date, options }) {
  const name = date.slice(0, 19).replace('T', '-').replaceAll(':', '');
  return join(folder, `${name}${options.quick ? '-quick' : ''}.json`);
}

export function writeResults(file, results) {
  mkdirSync(join(file, '..'), { recursive: true });
  const staged = `${file}.new`;
  writeFileSync(staged, `${JSON.stringify(results, undefined, 1)}\n`);
  renameSync(staged, file);
}

/** Same machine, same code: figures may stand in one table. */
const isSameGround = (one, other) =>
  ['drovebank', 'commit'].every((key) => one[key] === other[key]) &&
  ['processor', 'memory', 'system', 'file system'].every(
    (key) => one.machine[key] === other.machine[key],
  );

/** The newest run that did not get to its end on the same ground. */
export function findUnfinished(folder, ground) {
  for (const name of listResults(folder)) {
    const file = join(folder, name);
    const results = readResults(file);
    if (results && !results.finished && isSameGround(results, ground)) return { file, results };
  }
  return undefined;
}

function listResults(folder) {
  try {
    return readdirSync(folder)
      .filter((name) => RESULT.test(name))
      .sort()
      .reverse();
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** `undefined` for what another version of the benchmark has written. */
function readResults(file) {
  try {
    const results = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(results.planned) ? results : undefined;
  } catch {
    return undefined;
  }
}
