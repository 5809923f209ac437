/**
 * Proof H: do the tests fail when they should? Each mutant of lib/store and lib/format
 * (mutant-source.js) is tried against one suite after the other; the first red one has caught it.
 *
 *   npm run test:mutants -- --list                what there is
 *   npm run test:mutants -- --changed origin/main those of files that changed since then
 *   npm run test:mutants -- --only 'file-log|:swap:'
 *   npm run test:mutants                          all; goes on where it was stopped
 *   npm run test:mutants -- --only … --again      those that were not caught, from the beginning
 *   npm run test:mutants -- --until crashes       only as far as this suite
 *
 * Caught means: a promise or a claim did not hold. A run that takes too long is no proof, and listed
 * apart. What proves equivalent stands in test/crash/equivalent-mutants.json with its reason.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { transformSync } from 'rolldown/utils';
import { applied, mutantsOf } from './mutant-source.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const RESULTS = join(root, 'node_modules', '.cache', 'mutants.json');
const EQUIVALENT = 'test/crash/equivalent-mutants.json';
const FOLDERS = ['lib/store', 'lib/format'];
/** How much longer than without a mutant a suite may take, and how long anyway: the machine may be busy. */
const [SLOWER, PATIENCE_MS] = [10, 90_000];

/** Tests of the store in which nobody waits for long. */
const QUICK = ['segment-turn', 'take-over', 'failed-sync', 'full-disk', 'damaged-files', 'new-bank']
  .concat('posting', 'poster-role', 'ledger-state', 'copied-bank', 'verify')
  .map((name) => `test/store/${name}.test.ts`);
/** Cheapest first, for store and for format. `own`: the tests of the file itself. */
const LADDERS = {
  'lib/store': [
    { name: 'simulation', trial: ['simulation', '15'] },
    { name: 'crashes', trial: ['crashes', '1'] },
    { name: 'own tests', own: true },
    { name: 'errors', trial: ['errors', '11'] },
    { name: 'quick tests', tests: QUICK },
    { name: 'long simulation', trial: ['simulation', '150'] },
    { name: 'all crashes', tests: ['test/crash'] },
    { name: 'all of store', tests: ['test/store', 'test/format', 'test/bank'] },
  ],
  'lib/format': [
    { name: 'own tests', own: true },
    { name: 'all of format', tests: ['test/format'] },
    { name: 'simulation', trial: ['simulation', '15'] },
    { name: 'crashes', trial: ['crashes', '1'] },
    { name: 'all of store', tests: ['test/store', 'test/bank', 'test/interchange', 'test/docs'] },
  ],
};

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    changed: { type: 'string' },
    until: { type: 'string' },
    list: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    jobs: { type: 'string', default: `${Math.min(2, availableParallelism())}` },
  },
});

const textOf = (file) => fs.readFileSync(join(root, file), 'utf8');
const hashOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);

const files = FOLDERS.flatMap((folder) =>
  fs.readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, `${name}`)),
).filter((file) => file.endsWith('.ts'));
const sources = new Map(files.sort().map((file) => [file, textOf(file)]));
const all = files.flatMap((file) => mutantsOf(file, sources.get(file) ?? ''));
const equivalent = new Map(JSON.parse(textOf(EQUIVALENT)).map((entry) => [entry.mutant, entry]));
const stale = [...equivalent.keys()].filter((key) => !all.some((mutant) => mutant.key === key));
if (stale.length > 0) {
  console.error(`${EQUIVALENT} names mutants that do not exist any more:\n${stale.join('\n')}`);
  process.exit(1);
}

const wanted = new RegExp(options.only ?? '');
const changed = options.changed && changedSince(options.changed);
const chosen = all.filter(
  ({ id, file, text }) => wanted.test(`${id} ${text}`) && (!changed || changed.includes(file)),
);
if (options.list) {
  const lines = chosen.map(({ id, text }) => `${id}  ${text}\n`).join('');
  await new Promise((resolve) => process.stdout.write(lines, resolve));
  process.exit(0);
}

function changedSince(ref) {
  const { stdout, status } = spawnSync('git', ['diff', '--name-only', ref], { cwd: root });
  if (status !== 0) process.exit(1);
  return `${stdout}`.split('\n');
}

/** What is known by now: by mutant and the text of its file. */
const results = fs.existsSync(RESULTS) ? JSON.parse(fs.readFileSync(RESULTS, 'utf8')) : {};
const resultOf = ({ id, file }) => results[`${id} ${hashOf(sources.get(file) ?? '')}`];

function keep({ id, file }, result) {
  results[`${id} ${hashOf(sources.get(file) ?? '')}`] = result;
  fs.mkdirSync(dirname(RESULTS), { recursive: true });
  fs.writeFileSync(`${RESULTS}.new`, JSON.stringify(results, undefined, 1));
  fs.renameSync(`${RESULTS}.new`, RESULTS);
}

/** A copy of the project in which mutants live: the one that somebody works on is never touched. */
function scratchAt(folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  const left = new Set(
    ['.git', 'node_modules', 'coverage', 'results'].map((name) => join(root, name)),
  );
  fs.cpSync(root, folder, {
    recursive: true,
    mode: fs.constants.COPYFILE_FICLONE,
    filter: (path) => !left.has(path),
  });
  // Links one by one: what a test runner caches beside them is this copy's own.
  fs.mkdirSync(join(folder, 'node_modules'));
  for (const name of fs.readdirSync(join(root, 'node_modules'))) {
    if (name.startsWith('.')) continue;
    fs.symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  prepareTrials(folder);
  return folder;
}

/** Makes what the trials need of test/crash plain JavaScript. */
function prepareTrials(scratch) {
  const folder = join(scratch, 'test', 'crash');
  for (const name of fs.readdirSync(folder)) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const code = plain(name, fs.readFileSync(join(folder, name), 'utf8'));
    fs.writeFileSync(join(folder, name.replace(/\.ts$/, '.js')), code);
  }
}

/** Without its types. @throws Error when it is no TypeScript */
function plain(file, source) {
  const options = { lang: 'ts', typescript: { onlyRemoveTypeImports: true } };
  const { code, errors } = transformSync(file, source, options);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  return code;
}

/** Tests that name the module, or are named for it. */
function testsOf(file) {
  const module = `#${file.replace(/\.ts$/, '.js')}`;
  const mirror = file.replace(/^lib/, 'test').replace(/\.ts$/, '.test.ts');
  const tests = ['test/format', 'test/store', 'test/crash'].flatMap((folder) =>
    fs
      .readdirSync(join(root, folder), { recursive: true })
      .map((name) => join(folder, `${name}`))
      .filter((name) => name.endsWith('.test.ts')),
  );
  return tests.filter((test) => test === mirror || textOf(test).includes(`'${module}'`));
}

function ladderOf(file) {
  const ladder = LADDERS[FOLDERS.find((folder) => file.startsWith(folder)) ?? ''] ?? [];
  const rungs = ladder.map((rung) => ({ ...rung, tests: rung.own ? testsOf(file) : rung.tests }));
  const last = options.until ? rungs.findIndex(({ name }) => name === options.until) : rungs.length;
  return rungs.slice(0, last + 1).filter(({ trial, tests }) => trial || tests.length > 0);
}

/** Runs a suite up to its first failure. @returns what failed; '' when all is green */
async function failureOf(scratch, { trial, tests }, boundMs) {
  const report = join(scratch, 'report.json');
  fs.rmSync(report, { force: true });
  const args = trial
    ? ['scripts/mutant-trial.js', ...trial]
    : ['node_modules/vitest/vitest.mjs', 'run', ...tests, '--bail=1', ...reportTo(report)];
  const env = { ...process.env, CI: '', CRASH_EFFORT: '0.1', SIMULATE_COUNT: '4' };
  const child = spawn(process.execPath, args, {
    ...{ cwd: scratch, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  });
  const said = ['', ''];
  child.stdout.on('data', (text) => (said[0] += text));
  child.stderr.on('data', (text) => (said[1] += text));
  let late = false;
  const bound = setTimeout(() => {
    late = true;
    stop(child);
  }, boundMs);
  running.add(child);
  const code = await new Promise((resolve) => child.once('close', resolve));
  running.delete(child);
  clearTimeout(bound);
  if (late) return TOO_LONG;
  if (code === 0) return '';
  if (trial) return said.join('').trim().split('\n')[0] || `it ended with ${code}`;
  return fs.existsSync(report) ? failureIn(JSON.parse(fs.readFileSync(report, 'utf8'))) : said[1];
}

const reportTo = (report) => ['--reporter=json', `--outputFile=${report}`];

function failureIn({ testResults }) {
  const failures = testResults.flatMap(({ assertionResults, message, status }) => [
    ...assertionResults.flatMap(({ failureMessages, title }) =>
      (failureMessages ?? []).map((text) => `${title}: ${text.split('\n')[0]}`),
    ),
    ...(status === 'failed' && assertionResults.length === 0 ? [message.split('\n')[0]] : []),
  ]);
  const [first = 'an error that nobody caught'] = failures;
  return failures.length > 0 && failures.every((text) => OUT_OF_TIME.test(text)) ? TOO_LONG : first;
}

const TOO_LONG = 'it took too long';
const OUT_OF_TIME = /(?:Test|Hook) timed out in/;

/** Who is at it now: nobody outlives this process. */
const running = new Set();

function stop(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const child of running) stop(child);
    process.exit(130);
  });
}

/** How long each suite takes without a mutant. One that is red then catches nothing. */
const usual = new Map();

function boundOf(scratch, rung) {
  const name = (rung.trial ?? rung.tests).join(' ');
  if (!usual.has(name)) usual.set(name, measure(scratch, rung));
  return usual.get(name);
}

async function measure(scratch, rung) {
  for (let tries = 0; ; tries++) {
    const start = performance.now();
    const failure = await failureOf(scratch, rung, 3_600_000);
    if (failure === '') return Math.max(PATIENCE_MS, SLOWER * (performance.now() - start));
    if (tries === 2) throw new Error(`${rung.name} is red without any mutant: ${failure}`);
  }
}

async function tryOut(scratch, mutant) {
  const { file } = mutant;
  const source = sources.get(file) ?? '';
  const place = join(scratch, 'dist', file.replace(/\.ts$/, '.js'));
  const sound = fs.readFileSync(place);
  const known = options.again ? undefined : resultOf(mutant);
  const passed = known?.passed ?? [];
  const code = plain(file, applied(source, mutant));
  for (const rung of ladderOf(file)) {
    if (passed.includes(rung.name)) continue;
    const bound = await boundOf(scratch, rung);
    fs.writeFileSync(place, code);
    let failure = await failureOf(scratch, rung, bound);
    // On a real disk, among real clocks, a test may fail by itself: once more.
    if (failure && !rung.trial) failure &&= await failureOf(scratch, rung, bound);
    fs.writeFileSync(place, sound);
    if (failure === TOO_LONG) return keep(mutant, { late: rung.name, passed: [...passed] });
    if (failure) return keep(mutant, { caught: rung.name, by: failure });
    passed.push(rung.name);
    keep(mutant, { passed: [...passed] });
  }
}

const isOpen = (mutant) => {
  if (equivalent.has(mutant.key)) return false;
  const result = resultOf(mutant);
  if (result?.caught) return false;
  if (options.again || !result) return true;
  return !result.late && ladderOf(mutant.file).some(({ name }) => !result.passed.includes(name));
};

const todo = chosen.filter(isOpen);
let done = 0;
async function work(scratch) {
  for (let mutant = todo.shift(); mutant; mutant = todo.shift()) {
    await tryOut(scratch, mutant);
    const { caught, by, late } = resultOf(mutant) ?? {};
    const outcome = caught
      ? `caught by ${caught}: ${by}`
      : late
        ? `TIMED OUT: ${late}`
        : 'SURVIVED';
    console.log(
      `${++done}/${done + todo.length} ${mutant.id}  ${mutant.text}\n    ${outcome}`.slice(0, 400),
    );
  }
}

if (todo.length > 0) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
  const place = fs.mkdtempSync(join(tmpdir(), 'drovebank-mutants-'));
  process.once('exit', () => fs.rmSync(place, { recursive: true, force: true }));
  const jobs = Array.from({ length: Number(options.jobs) }, (_, job) =>
    scratchAt(join(place, `${job}`)),
  );
  await Promise.all(jobs.map(work));
}

/** One line a file, and all of them together. */
const table = new Map();
const count = (row, column) => {
  const counts = table.get(row) ?? {};
  table.set(row, { ...counts, [column]: (counts[column] ?? 0) + 1 });
};
/** What has become of a mutant: the suite that caught it, or why there is none. */
function fateOf(mutant) {
  if (equivalent.has(mutant.key)) return 'equivalent';
  const result = resultOf(mutant);
  if (result?.caught) return result.caught;
  if (result?.late) return 'TIMED OUT';
  const open = ladderOf(mutant.file).some(({ name }) => !result?.passed?.includes(name));
  return open ? 'not tried to the end' : 'SURVIVED';
}

const UNCAUGHT = ['SURVIVED', 'TIMED OUT', 'not tried to the end'];
const left = [];
for (const mutant of chosen) {
  const fate = fateOf(mutant);
  if (UNCAUGHT.includes(fate)) left.push(`${fate}: ${mutant.id}  ${mutant.text}`);
  for (const row of [mutant.file, 'all']) {
    count(row, 'generated');
    count(row, fate);
  }
}
const columns = new Set(['generated', ...[...table.values()].flatMap(Object.keys)]);
const wholeRow = (counts) =>
  Object.fromEntries([...columns].map((column) => [column, counts[column] ?? 0]));
console.table(Object.fromEntries([...table].map(([row, counts]) => [row, wholeRow(counts)])));
for (const line of left.sort()) console.log(line);
if (left.length > 0) process.exitCode = 1;
