/** A copy of the project in which mutants live: the one that somebody works on is never touched. */
import { fork, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { transformSync } from 'rolldown/utils';
import { MARKS_MODULE, MUTANT_MODULE, withMutants } from './mutant-schemata.js';
import { applied } from './mutant-source.js';
import { packCommands } from './pack-commands.js';

/** Behind so many trials a process is followed by a fresh one. */
const TRIALS_MAX = 300;
// As vitest tells it: by the message, or by the place that it noted beforehand.
const OUT_OF_TIME = /(?:Test|Hook) timed out in|STACK_TRACE_ERROR/;

export class Scratch {
  #root;
  #folder;
  #sources;
  #mutants;
  #trials;
  #count = 0;
  #running = new Set();

  constructor(root, folder, sources, mutants) {
    this.#root = root;
    this.#folder = folder;
    this.#sources = sources;
    this.#mutants = mutants;
  }

  /** Copies the project, with all mutants in it, each asleep. */
  async build() {
    const [root, folder] = [this.#root, this.#folder];
    const left = new Set(
      ['.git', 'node_modules', 'coverage', 'results'].map((name) => join(root, name)),
    );
    const filter = (path) => !left.has(path);
    fs.cpSync(root, folder, { recursive: true, filter });
    // Links one by one: what a test runner caches beside them is this copy's own.
    fs.mkdirSync(join(folder, 'node_modules'));
    for (const name of fs.readdirSync(join(root, 'node_modules'))) {
      if (name.startsWith('.')) continue;
      fs.symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    }
    const crash = join(folder, 'test', 'crash');
    for (const name of fs.readdirSync(crash)) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
      const code = plain(name, fs.readFileSync(join(crash, name), 'utf8'));
      fs.writeFileSync(join(crash, name.replace(/\.ts$/, '.js')), code);
    }
    fs.writeFileSync(join(folder, 'dist', 'lib', 'mutant.js'), MUTANT_MODULE);
    fs.writeFileSync(join(folder, 'scripts', 'mutant-marks.js'), MARKS_MODULE);
    const config = join(folder, 'vitest.config.ts');
    const marked = "setupFiles: ['scripts/mutant-marks.js'], include: [";
    fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace('include: [', marked));
    for (const [file, source] of this.#sources) {
      const mutants = this.#mutants.filter((mutant) => mutant.file === file);
      fs.writeFileSync(this.#compiled(file), plain(file, withMutants(source, mutants)));
    }
    const bin = join(folder, 'dist', 'bin');
    fs.rmSync(bin, { recursive: true });
    fs.mkdirSync(bin);
    for (const name of fs.readdirSync(join(root, 'bin'))) {
      const code = plain(name, fs.readFileSync(join(root, 'bin', name), 'utf8'));
      fs.writeFileSync(join(bin, name.replace(/\.ts$/, '.js')), code);
    }
    await packCommands(join(folder, 'dist'));
  }

  get #seen() {
    return join(this.#folder, 'seen');
  }

  #compiled(file) {
    return join(this.#folder, 'dist', file.replace(/\.ts$/, '.js'));
  }

  /**
   * Runs a suite without any mutant.
   * @returns how long it and its longest test took, the mutants it got to, and the same of each test
   */
  async reach(suite) {
    const notes = join(this.#folder, 'reached');
    for (let tries = 0; ; tries++) {
      fs.writeFileSync(notes, '');
      const start = performance.now();
      const env = { MUTANT_HITS: notes };
      const bounds = { whole: 3_600_000, test: 3_600_000 };
      const { failure, took } = suite.file
        ? await this.#test([suite.file], env, bounds)
        : await this.#alone(suite, env, bounds);
      const ms = Math.round(performance.now() - start);
      if (!failure) {
        const [hits, hitsOf] = hitsIn(notes);
        const tests = [...(took ?? [])].map(([name, took]) => ({
          ...{ name, ms: took, hits: hitsOf.get(name) ?? [] },
        }));
        return { ms, longest: Math.max(0, ...tests.map((test) => test.ms)), hits, tests };
      }
      if (tries === 2) throw new Error(`${suite.name} is red without any mutant: ${failure}`);
    }
  }

  /**
   * @returns `{ failure, file }` or `{ late: true }`; nothing of it when all is green. `seen`: the numbers
   * of those that it got to before it ended, in their order.
   */
  async try(mutants, step, bounds) {
    fs.writeFileSync(this.#seen, '');
    const outcome = await this.#try(mutants, step, bounds);
    return { ...outcome, seen: numbersIn(this.#seen) };
  }

  async #try(mutants, step, bounds) {
    const [mutant] = mutants;
    if (!ownBuild(mutant)) {
      const numbers = mutants.map(({ number }) => number).join();
      return this.#awake(numbers, step, bounds);
    }
    // It can't be asleep: a build of its own.
    const place = this.#compiled(mutant.file);
    const sound = fs.readFileSync(place);
    const source = this.#sources.get(mutant.file);
    fs.writeFileSync(place, plain(mutant.file, applied(source, mutant)));
    try {
      return step.files
        ? await this.#tests(step.files, {}, bounds)
        : await this.#alone(step, {}, bounds);
    } finally {
      fs.writeFileSync(place, sound);
    }
  }

  async #awake(numbers, step, bounds) {
    const env = { MUTANT: numbers, MUTANT_SEEN: this.#seen };
    // Who of several fails is asked alone anyway.
    if (step.files && numbers.includes(',')) return this.#test(step.files, env, bounds);
    if (step.files) return this.#tests(step.files, env, bounds, step.only);
    const outcome = await this.#inTrials({ numbers, trial: step.trial, much: step.much }, bounds);
    if (outcome.late) this.#endTrials();
    if (!outcome.spoilt) return outcome;
    // It has spoilt what comes behind it in that process; perhaps it was spoilt itself.
    this.#endTrials();
    return this.#alone(step, env, bounds);
  }

  #inTrials(message, bounds) {
    if (this.#count++ > TRIALS_MAX) this.#endTrials();
    this.#trials ??= this.#startTrials();
    const trials = this.#trials;
    return new Promise((resolve) => {
      // Processor time, not time: on a busy machine it may wait for its turn.
      const start = processorMs(trials.pid);
      const bound = setInterval(() => {
        if (processorMs(trials.pid) - start > bounds.whole) end({ late: true });
      }, 500);
      const end = (outcome) => {
        clearInterval(bound);
        trials.removeListener('message', hear);
        trials.removeListener('exit', died);
        resolve(outcome);
      };
      const hear = (answer) => {
        if (answer.ready) trials.send(message);
        else end(answer);
      };
      const died = (code, signal) => {
        this.#endTrials();
        end({ failure: `the process ended with ${signal ?? code}` });
      };
      trials.on('message', hear);
      trials.once('exit', died);
      if (trials.isReady) trials.send(message);
      trials.isReady = true;
    });
  }

  /** Whether tests are green without any mutant. */
  async isSound(step, bounds) {
    const { failure, late } = await this.#test(step.files, {}, bounds, step.only);
    return !failure && !late;
  }

  #startTrials() {
    this.#count = 0;
    const trials = fork(join(this.#folder, 'scripts', 'mutant-trial.js'), {
      ...{ cwd: this.#folder, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
      env: surroundings({ MUTANT_SEEN: this.#seen }),
    });
    this.#running.add(trials);
    trials.once('exit', () => this.#running.delete(trials));
    return trials;
  }

  #endTrials() {
    this.#trials?.kill('SIGKILL');
    this.#trials = undefined;
  }

  /** On a real disk, among real clocks, a test may fail by itself: it has to fail twice. */
  async #tests(files, env, bounds, only) {
    const first = await this.#test(files, env, bounds, only);
    if (!first.failure) return first;
    return this.#test(first.file ? [first.file] : files, env, bounds, only);
  }

  async #test(files, env, bounds, only) {
    const report = join(this.#folder, 'report.json');
    fs.rmSync(report, { force: true });
    const args = ['run', ...files, '--bail=1', '--maxWorkers=1', '--reporter=json'];
    if (only) args.push('-t', only);
    args.push(`--testTimeout=${bounds.test}`, `--hookTimeout=${bounds.whole}`);
    const { code, said, late } = await this.#node(
      ['node_modules/vitest/vitest.mjs', ...args, `--outputFile=${report}`],
      env,
      bounds.whole,
    );
    if (late) return { late };
    if (!fs.existsSync(report)) return { failure: said };
    const { testResults } = JSON.parse(fs.readFileSync(report, 'utf8'));
    return code === 0 ? { took: tookIn(testResults) } : failureIn(testResults, this.#folder);
  }

  /** A trial in a process of its own. */
  async #alone({ trial, much }, env, bounds) {
    const { code, said, late } = await this.#node(
      ['scripts/mutant-trial.js', trial, `${much}`],
      env,
      bounds.whole,
    );
    if (late) return { late };
    return code === 0 ? {} : { failure: said.trim().split('\n')[0] || `it ended with ${code}` };
  }

  async #node(args, env, boundMs) {
    const child = spawn(process.execPath, args, {
      ...{ cwd: this.#folder, env: surroundings(env), detached: true },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (text) => (said += text));
    child.stderr.on('data', (text) => (said += text));
    let late = false;
    const bound = setTimeout(() => {
      late = true;
      stop(child);
    }, boundMs);
    this.#running.add(child);
    const code = await new Promise((resolve) => child.once('close', resolve));
    this.#running.delete(child);
    clearTimeout(bound);
    return { code, said, late };
  }

  /** Nobody outlives this process. */
  end() {
    this.#endTrials();
    for (const child of this.#running) stop(child);
  }
}

function processorMs(pid) {
  try {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0; // It ended: that is heard.
  }
}

/** It can't be asleep beside the sound code. */
export const ownBuild = ({ kind, move }) => kind === 'swap' && !move;

/** Numbers, a line each, every one once. */
const numbersIn = (path) => [
  ...new Set(fs.readFileSync(path, 'utf8').split('\n').filter(Boolean).map(Number)),
];

const surroundings = (env) => ({
  ...{ ...process.env, CI: '', TRY_ALL: '1', CRASH_EFFORT: '0.1', SIMULATE_COUNT: '4', ...env },
});

function stop(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // It leads no group of its own, or is gone already.
  }
}

/** Without its types. @throws Error when it is no TypeScript */
function plain(file, source) {
  const options = { lang: 'ts', typescript: { onlyRemoveTypeImports: true } };
  const { code, errors } = transformSync(file, source, options);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  return code;
}

/** How long each test took that ran, by its name. */
const tookIn = (testResults) =>
  new Map(
    testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === 'passed')
      .map(({ fullName, duration }) => [fullName, Math.ceil(duration ?? 0)]),
  );

/** All numbers of a suite, and those of each test: before the first test it is everybody's work. */
function hitsIn(path) {
  const all = new Set();
  const common = new Set();
  const hitsOf = new Map();
  let current = common;
  for (const line of fs.readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
    if (line.startsWith('=')) {
      const name = JSON.parse(line.slice(1));
      current = hitsOf.get(name) ?? new Set();
      hitsOf.set(name, current);
    } else {
      current.add(Number(line));
      all.add(Number(line));
    }
  }
  return [[...all], new Map([...hitsOf].map(([name, hits]) => [name, [...common, ...hits]]))];
}

function failureIn(testResults, folder) {
  const failures = testResults.flatMap(({ assertionResults, message, status, name }) => {
    const file = name.replace(`${folder}/`, '');
    const texts = assertionResults.flatMap(({ failureMessages, title }) =>
      (failureMessages ?? []).map((text) => `${title}: ${text.split('\n')[0]}`),
    );
    if (status === 'failed' && assertionResults.length === 0) texts.push(message.split('\n')[0]);
    return texts.map((failure) => ({ failure, file }));
  });
  const late = failures.length > 0 && failures.every(({ failure }) => OUT_OF_TIME.test(failure));
  return late ? { late } : (failures[0] ?? { failure: 'an error that nobody caught' });
}
