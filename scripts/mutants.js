/**
 * Proof H: do the tests fail when they should? Each mutant of lib/store and lib/format
 * (mutant-source.js) is tried against everything that gets to where it is broken, cheapest first; the
 * first red one has caught it.
 *
 *   npm run test:mutants -- --list              what there is
 *   npm run test:mutants                        all whose fate is not known; goes on where it was stopped
 *   npm run test:mutants -- --only 'file-log|:swap:'
 *   npm run test:mutants -- --kinds call,check  only such
 *   npm run test:mutants -- --again             those that were not caught, from the beginning
 *   npm run test:mutants -- --afresh            whatever is known
 *   npm run test:mutants -- --near              only against what is nearest
 *   npm run test:mutants -- --confirm           those that were caught, against what caught them; keeps nothing
 *   npm run test:mutants -- --confirm --sample 40
 *
 * Caught means: a promise or a claim did not hold. A run that takes too long is no proof, and listed
 * apart. What is known stands in test/crash/mutants.json: by what each was caught, or, where it provably
 * changes nothing that anybody was promised, why (`because`).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ownBuild, Scratch } from './mutant-scratch.js';
import { mutantsOf } from './mutant-source.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const FATES = 'test/crash/mutants.json';
const REACH = join(root, 'node_modules', '.cache', 'mutant-reach.json');
const FOLDERS = ['lib/store', 'lib/format'];
/** How much longer than without a mutant a suite may take, and how long anyway: the machine may be busy. */
const [SLOWER, PATIENCE_MS] = [4, 10_000];
/** How much quicker a trial is in a process that has tried others before. */
const WARM = 4;
/** Test files are run together up to so long: a test runner takes a second to start. */
const TOGETHER_MS = 6_000;
/** What so few suites get to is tried against all of them first that don't take longer than this. */
const [RARE, NEAR_MS] = [8, 5_000];
/** Single tests are tried up to so long, and so many. */
const [PROBE_MS, PROBE_TESTS] = [3_000, 30];
/** So many mutants at most are awake together. */
const GROUP_MAX = 24;

/** What has caught a mutant before is given so long, and each test of it. */
const CONFIRM_BOUNDS = { whole: 180_000, test: 60_000 };

/** In the simulation: what, and how much of it. */
const TRIALS = [
  ['simulation', 2],
  ['crashes', 16],
  ['simulation', 15],
  ['crashes', 4],
  ['other errors', 13],
  ['more simulation', 100],
  ['crashes', 1],
  ['errors', 11],
  ['other crashes', 2],
];
/** These are tried first. */
const FIRST = new Set(['simulation 2', 'crashes 16']);
const TEST_FOLDERS = ['test/format', 'test/store', 'test/bank', 'test/crash'];
const MORE_TESTS = ['test/cli/recover-program.test.ts'];
/** What the trials do, done by a test runner; what is left to chance; what copies node_modules. */
const LEFT_OUT =
  /crash\/(crash-points|second-crash|errors|simulation)\.test|random-kills|shared-bank|read-only/;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    kinds: { type: 'string' },
    list: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    afresh: { type: 'boolean', default: false },
    near: { type: 'boolean', default: false },
    confirm: { type: 'boolean', default: false },
    sample: { type: 'string' },
    built: { type: 'boolean', default: false },
    jobs: { type: 'string', default: `${Math.min(2, availableParallelism())}` },
  },
});

const textOf = (file) => fs.readFileSync(join(root, file), 'utf8');
const filesIn = (folder, end) =>
  fs
    .readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, `${name}`))
    .filter((name) => name.endsWith(end))
    .sort();

const sources = new Map(
  FOLDERS.flatMap((folder) => filesIn(folder, '.ts')).map((file) => [file, textOf(file)]),
);
const all = [...sources]
  .flatMap(([file, source]) => mutantsOf(file, source))
  .map((mutant, number) => ({ ...mutant, number }));

/** What is known of each, by its key: it stays while the code that it breaks does. */
const fates = fs.existsSync(join(root, FATES)) ? JSON.parse(textOf(FATES)) : {};

function keep({ key }, fate) {
  if (!fate.because && fates[key]?.because) return;
  fates[key] = fate;
  const known = all.filter((mutant) => fates[mutant.key]).map((mutant) => mutant.key);
  const lines = known.map((name) => `${JSON.stringify(name)}: ${JSON.stringify(fates[name])}`);
  fs.writeFileSync(join(root, `${FATES}.new`), `{\n${lines.join(',\n')}\n}\n`);
  fs.renameSync(join(root, `${FATES}.new`), join(root, FATES));
}

const wanted = new RegExp(options.only ?? '');
const kinds = options.kinds?.split(',');
const chosen = all.filter(
  ({ id, kind, text }) => wanted.test(`${id} ${text}`) && (!kinds || kinds.includes(kind)),
);
if (options.list) {
  const lines = chosen.map(({ id, text }) => `${id}  ${text}\n`).join('');
  await new Promise((resolve) => process.stdout.write(lines, resolve));
  process.exit(0);
}

const isOpen = ({ key }) => {
  const fate = fates[key];
  if (fate?.because) return false;
  if (options.afresh || !fate) return true;
  // What has passed all there is says so in a word.
  return !fate.caught && (options.again || Array.isArray(fate.passed));
};

/** What it passed before the run was stopped. */
function passedBy(fate) {
  return !options.again && Array.isArray(fate?.passed) ? fate.passed : [];
}

/** Suites, each with how long it takes and which mutants it gets to. */
async function measure(scratches) {
  const suites = [
    ...TRIALS.map(([trial, much]) => ({ name: `${trial} ${much}`, trial, much })),
    ...[...TEST_FOLDERS.flatMap((folder) => filesIn(folder, '.test.ts')), ...MORE_TESTS]
      .filter((file) => !LEFT_OUT.test(file))
      .map((file) => ({ name: file, file })),
  ];
  const code = hashOf([...sources.values()].join());
  const simulated = hashOf(filesIn('test/crash', '.ts').map(textOf).join());
  const known = fs.existsSync(REACH) ? JSON.parse(fs.readFileSync(REACH, 'utf8')) : {};
  const todo = suites.filter((suite) => {
    suite.hash = `${code} ${suite.file ? hashOf(textOf(suite.file)) : simulated}`;
    return known[suite.name]?.hash !== suite.hash;
  });
  console.log(`${suites.length} suites, ${todo.length} to be looked at without any mutant`);
  await Promise.all(
    scratches.map(async (scratch) => {
      for (let suite = todo.shift(); suite; suite = todo.shift()) {
        known[suite.name] = { hash: suite.hash, ...(await scratch.reach(suite)) };
        fs.mkdirSync(dirname(REACH), { recursive: true });
        fs.writeFileSync(REACH, JSON.stringify(known));
      }
    }),
  );
  return suites
    .map((suite) => {
      const { ms, longest, hits, tests } = known[suite.name];
      const each = tests.map((test) => ({ ...test, file: suite.file, hits: new Set(test.hits) }));
      const cost = suite.file ? ms : ms / WARM;
      return { ...suite, ms: cost, longest, hits: new Set(hits), tests: each };
    })
    .sort((a, b) => a.ms - b.ms);
}

const hashOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** The mutant's file by another name: the test that is named for it, or names it. */
function isOwn(test, file) {
  if (test === file.replace(/^lib/, 'test').replace(/\.ts$/, '.test.ts')) return true;
  return textOf(test).includes(`'#${file.replace(/\.ts$/, '.js')}'`);
}

/** What is nearest to it, cheapest first: test files that follow each other are run together. */
function ladderFor(suites, { number, file }) {
  const reaching = suites.filter(({ hits }) => hits.has(number));
  const rare = reaching.filter((suite) => suite.file).length <= RARE;
  const near = reaching.filter((suite) => {
    if (!suite.file) return FIRST.has(suite.name);
    return suite.ms <= NEAR_MS && (rare || isOwn(suite.file, file));
  });
  const steps = [];
  for (const suite of near) {
    const last = steps.at(-1);
    if (suite.file && last?.files && last.ms + suite.ms <= TOGETHER_MS) {
      steps[steps.length - 1] = together([last, suite]);
    } else {
      steps.push(suite.file ? together([suite]) : suite);
    }
  }
  return { steps, near };
}

/** Test files, run by one test runner. */
function together(parts) {
  return {
    files: parts.flatMap(({ file, files }) => files ?? [file]),
    ms: parts.reduce((sum, { ms }) => sum + ms, 0),
    longest: Math.max(...parts.map(({ longest }) => longest)),
  };
}

const nameOf = (step) => step.name ?? step.files.join();
const namesOf = (step) => step.files ?? [step.name];
const boundsOf = (step) => ({
  whole: Math.max(PATIENCE_MS, SLOWER * step.ms),
  // A test that waits for ever costs so much of everybody's time, and a group's at each of its halvings.
  test: Math.max(PATIENCE_MS / 2, SLOWER * (step.longest ?? 0)),
});
const caughtBy = (step, { failure, file }) => ({
  caught: step.name && step.trial ? step.name : (file ?? nameOf(step)),
  by: failure.replace(/\s+/g, ' ').slice(0, 120),
});

/** Alone, against what is nearest. */
async function tryAlone(scratch, suites, mutant) {
  const passed = passedBy(fates[mutant.key]);
  const rest = suites.filter(({ name }) => !passed.includes(name));
  const { steps, near } = ladderFor(rest, mutant);
  let late = (!options.again && fates[mutant.key]?.late) || '';
  for (const step of steps) {
    const outcome = await scratch.try([mutant], step, boundsOf(step));
    if (outcome.late) late ||= nameOf(step);
    if (outcome.failure) return caughtBy(step, outcome);
  }
  const probed = !options.again && fates[mutant.key]?.probed;
  for (const step of probed ? [] : probesFor(rest, mutant)) {
    const outcome = await scratch.try([mutant], step, boundsOf(step));
    if (outcome.late) late ||= nameOf(step);
    // A test may need others before it: then it is red by itself.
    if (outcome.failure && (await scratch.isSound(step, boundsOf(step))))
      return caughtBy(step, outcome);
  }
  const names = near.map(({ name }) => name);
  return { passed: [...passed, ...names], probed: true, ...(late && { late }) };
}

/**
 * Single tests that get to it: first those that get to little else, then the quickest of each file. Whom
 * they do not catch may still be caught by the others.
 */
function probesFor(suites, { number }) {
  const tests = suites
    .flatMap((suite) => suite.tests)
    .filter(({ hits, ms }) => hits.has(number) && ms <= PROBE_MS / 2);
  const special = [...tests].sort((a, b) => a.hits.size - b.hits.size);
  const quick = [...tests].sort((a, b) => a.ms - b.ms);
  const firsts = quick.filter(
    ({ file }, index) => quick.findIndex((other) => other.file === file) === index,
  );
  return [special, firsts].map(probeOf).filter(({ files }) => files.length > 0);
}

function probeOf(tests) {
  const chosen = [];
  let ms = 0;
  for (const test of tests) {
    if (ms + test.ms > PROBE_MS || chosen.length === PROBE_TESTS) break;
    chosen.push(test);
    ms += test.ms;
  }
  const names = chosen.map(({ name }) => name.replace(/[^\w ]/g, '.'));
  return {
    files: [...new Set(chosen.map(({ file }) => file))],
    ...{
      ms,
      only: `^(${names.join('|')})$`,
      longest: Math.max(0, ...chosen.map((test) => test.ms)),
    },
  };
}

/**
 * Together, against one suite, until it is known who is caught: the last that it got to is the likeliest,
 * and whom it did not get to, it was not.
 */
async function tryTogether(scratch, step, mutants) {
  if (mutants.length === 0) return;
  const outcome = await scratch.try(mutants, step, boundsOf(step));
  if (!outcome.failure && !outcome.late) return;
  const red = (mutant, { late, ...rest }) =>
    tell(mutant, late ? { ...fates[mutant.key], late: nameOf(step) } : caughtBy(step, rest));
  if (mutants.length === 1) return red(mutants[0], outcome);
  const seen = outcome.seen.map((number) => mutants.find((mutant) => mutant.number === number));
  const rest = mutants.filter((mutant) => !seen.includes(mutant));
  const last = seen.pop();
  if (last) {
    const alone = await scratch.try([last], step, boundsOf(step));
    if (alone.failure || alone.late) {
      red(last, alone);
      return tryTogether(scratch, step, [...seen, ...rest]);
    }
    await tryTogether(scratch, step, rest);
  }
  const suspects = last ? seen : rest;
  const half = suspects.length >> 1;
  await tryTogether(scratch, step, suspects.slice(half));
  await tryTogether(scratch, step, suspects.slice(0, half));
}

/** The fewer of them are caught by a suite, the more are tried together: each that is red costs a run more. */
function* groupsOf(mutants) {
  const others = mutants.filter((mutant) => !ownBuild(mutant));
  let caught = 0;
  for (let at = 0; at < others.length; ) {
    const share = (caught + 1) / (at + 2);
    const group = others.slice(at, at + Math.min(GROUP_MAX, Math.max(1, Math.floor(2 / share))));
    yield group;
    at += group.length;
    caught += group.filter((mutant) => !isLeft(mutant)).length;
  }
  for (const one of mutants.filter(ownBuild)) yield [one];
}

/** Those that a suite gets to and that it has not tried. */
const untriedBy = ({ hits, name }, mutants) =>
  mutants.filter(({ number, key }) => hits.has(number) && !fates[key].passed?.includes(name));

/**
 * Takes from `rest` what most likely catches most of them in a second: where few suites get to, each of
 * them matters more. Test files that are as likely are run with it while that is short.
 */
function takeLikeliest(suites, rest, tried) {
  const left = tried.filter((mutant) => isLeft(mutant) && !fates[mutant.key].late);
  const lonely = new Map();
  for (const { hits } of suites) {
    for (const { number } of left) {
      if (hits.has(number)) lonely.set(number, (lonely.get(number) ?? 0) + 1);
    }
  }
  const worth = new Map();
  for (const suite of rest) {
    const sum = untriedBy(suite, left).reduce(
      (total, { number }) => total + 1 / lonely.get(number),
      0,
    );
    worth.set(suite, sum / suite.ms);
  }
  const order = rest.filter((suite) => worth.get(suite) > 0);
  order.sort((a, b) => worth.get(b) - worth.get(a));
  if (order.length === 0) return undefined;
  const parts = [order[0]];
  let ms = order[0].ms;
  for (const suite of order.slice(1)) {
    if (!order[0].file || !suite.file || ms + suite.ms > TOGETHER_MS) break;
    parts.push(suite);
    ms += suite.ms;
  }
  for (const part of parts) rest.splice(rest.indexOf(part), 1);
  const reached = new Set(parts.flatMap((part) => untriedBy(part, left)));
  return {
    step: order[0].file ? together(parts) : order[0],
    reached: left.filter((mutant) => reached.has(mutant)),
  };
}

const isLeft = ({ key }) => !fates[key]?.caught && !fates[key]?.because;

let done = 0;
function tell(mutant, fate) {
  keep(mutant, fate);
  const said = fate.caught ? `caught by ${fate.caught}: ${fate.by}` : JSON.stringify(fate);
  console.log(`${++done} ${mutant.id}  ${mutant.text}\n    ${said}`.slice(0, 400));
}

/** So many of them, evenly; other ones whenever the code is another. */
function sampled(mutants, count) {
  const step = mutants.length / Math.min(count, mutants.length);
  const first =
    (Number.parseInt(hashOf([...sources.values()].join()).slice(0, 8), 16) / 2 ** 32) * step;
  return Array.from(
    { length: Math.min(count, mutants.length) },
    (_, at) => mutants[Math.floor(first + at * step)],
  );
}

/** Of a test file the test alone that was red, if it is red without the others, too. */
function stepsThatCaught({ key }) {
  const { caught, by } = fates[key];
  const trial = TRIALS.find(([name, much]) => `${name} ${much}` === caught);
  if (trial) return [{ name: caught, trial: trial[0], much: trial[1] }];
  const files = caught.split(',');
  return [{ files, only: by.split(': ')[0].replace(/[^\w ]/g, '.') }, { files }];
}

/** Does that which caught them still do so? @returns those that it does not */
async function confirm(scratches, mutants) {
  const left = [...mutants];
  const missed = [];
  await Promise.all(
    scratches.map(async (scratch) => {
      for (let mutant = left.shift(); mutant; mutant = left.shift()) {
        let outcome = {};
        for (const step of stepsThatCaught(mutant)) {
          if (!outcome.failure) outcome = await scratch.try([mutant], step, CONFIRM_BOUNDS);
        }
        const { caught, failure } = { ...fates[mutant.key], ...outcome };
        if (!failure) missed.push(mutant);
        if (!failure) console.log(`NOT CAUGHT by ${caught}: ${mutant.id}  ${mutant.text}`);
        if (++done % 20 === 0)
          console.log(`${done} of ${mutants.length}, ${missed.length} not caught`);
      }
    }),
  );
  return missed;
}

async function tryAll(scratches, mutants) {
  const suites = await measure(scratches);
  const todo = [...mutants];
  await Promise.all(
    scratches.map(async (scratch) => {
      for (let mutant = todo.shift(); mutant; mutant = todo.shift()) {
        tell(mutant, await tryAlone(scratch, suites, mutant));
      }
    }),
  );
  const rest = options.near ? [] : [...suites];
  console.log(`${mutants.filter(isLeft).length} left, tried together against the other suites`);
  await Promise.all(
    scratches.map(async (scratch) => {
      for (
        let next = takeLikeliest(suites, rest, mutants);
        next;
        next = takeLikeliest(suites, rest, mutants)
      ) {
        const { step, reached } = next;
        console.log(`${reached.length} against ${nameOf(step)}`);
        for (const group of groupsOf(reached)) {
          await tryTogether(scratch, step, group.filter(isLeft));
          for (const mutant of group.filter(isLeft)) {
            const fate = fates[mutant.key];
            keep(mutant, { ...fate, passed: [...(fate.passed ?? []), ...namesOf(step)] });
          }
        }
      }
    }),
  );
  for (const mutant of mutants.filter(isLeft))
    keep(mutant, {
      passed: 'all',
      ...(fates[mutant.key].late && { late: fates[mutant.key].late }),
    });
}

/** Copies of the project with all mutants in them, while `work` needs them. */
async function withScratches(work) {
  if (!options.built) {
    const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
      cwd: root,
      stdio: 'inherit',
    });
    if (status !== 0) process.exit(1);
  }
  const place = fs.mkdtempSync(join(tmpdir(), 'drovebank-mutants-'));
  const scratches = Array.from(
    { length: Number(options.jobs) },
    (_, job) => new Scratch(root, join(place, `${job}`), sources, all),
  );
  const end = () => {
    for (const scratch of scratches) scratch.end();
    fs.rmSync(place, { recursive: true, force: true });
  };
  process.once('exit', end);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  for (const scratch of scratches) await scratch.build();
  const result = await work(scratches);
  for (const scratch of scratches) scratch.end();
  return result;
}

if (options.confirm) {
  const caught = chosen.filter(({ key }) => fates[key]?.caught);
  // What a seed plays is another thing with every step that is new: a sample is of those that tests catch.
  const byTests = caught.filter(({ key }) => fates[key].caught.endsWith('.test.ts'));
  const some = options.sample ? sampled(byTests, Number(options.sample)) : caught;
  const missed = await withScratches((scratches) => confirm(scratches, some));
  console.log(
    `${some.length} mutants tried again, ${missed.length} not caught by what caught them`,
  );
  process.exit(missed.length > 0 ? 1 : 0);
}
const todo = chosen.filter(isOpen);
if (todo.length > 0) await withScratches((scratches) => tryAll(scratches, todo));

/** One line a file, and all of them together. */
function fateOf({ key }) {
  const fate = fates[key];
  if (!fate) return 'not tried';
  if (fate.because) return 'equivalent';
  if (fate.late) return 'TIMED OUT';
  return fate.caught ? 'caught' : 'SURVIVED';
}

const COLUMNS = ['generated', 'caught', 'equivalent', 'SURVIVED', 'TIMED OUT', 'not tried'];
function tableOf(rowOf) {
  const rows = {};
  for (const mutant of chosen) {
    for (const row of [rowOf(mutant), 'all']) {
      rows[row] ??= Object.fromEntries(COLUMNS.map((column) => [column, 0]));
      rows[row].generated++;
      rows[row][fateOf(mutant)]++;
    }
  }
  return rows;
}
console.table(tableOf(({ file }) => file));
console.table(tableOf(({ kind }) => kind));
const left = chosen.filter((mutant) => COLUMNS.slice(3).includes(fateOf(mutant)));
for (const mutant of left) console.log(`${fateOf(mutant)}: ${mutant.id}  ${mutant.text}`);
if (left.length > 0) process.exitCode = 1;
