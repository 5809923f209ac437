/** `npm run bench`: drovebank beside its rivals, turn by turn in one run. `--help` tells the options. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { absentContestants, CONTESTANTS } from './contestants.js';
import { NAME } from './figures.js';
import { installRivals } from './install.js';
import { describeCode, describeMachine } from './machine.js';
import { readOptions, USAGE, WrongOption } from './options.js';
import { writePage } from './page.js';
import { endAll } from './processes.js';
import { createProgress } from './progress.js';
import { formatTable } from './report.js';
import { findUnfinished, newResultFile, writeResults } from './results.js';
import { createSharedBanks } from './shared-banks.js';
import { undoAll } from './undo.js';
import { WORKLOADS } from './workloads/index.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const RESULTS = join(here, 'results');
let stopping = false;

function listAll() {
  const workloads = Object.entries(WORKLOADS).map(
    ([name, { about, quick }]) =>
      `  ${name.padEnd(10)} ${about}${quick ? '' : ' (not in --quick)'}`,
  );
  return `Workloads:\n${workloads.join('\n')}\nContestants:\n  ${Object.keys(CONTESTANTS).join(', ')}`;
}

function planOf({ only, quick }) {
  const chosen = ([name, workload]) => only?.includes(name) ?? (!quick || workload.quick);
  return Object.entries(WORKLOADS)
    .filter(chosen)
    .map(([name]) => name);
}

/** The run that is begun, or gone on with: { file, results }. */
function beginRun({ resume, options }, folder) {
  const ground = { ...describeCode(), machine: describeMachine(folder) };
  if (resume) {
    const unfinished = findUnfinished(RESULTS, ground);
    if (unfinished) return unfinished;
    throw new WrongOption(`There is no unfinished run of this machine and commit in ${RESULTS}.`);
  }
  const date = new Date().toISOString();
  const planned = planOf(options);
  const results = { date, ...ground, options, planned, finished: false, workloads: [] };
  return { file: newResultFile(RESULTS, results), results };
}

function tellHead({ date, drovebank, commit, machine, options, workloads }, absent) {
  const again = workloads.length > 0 ? `, going on behind ${workloads.at(-1).workload}` : '';
  console.log(`drovebank ${drovebank}, ${date}${again}`);
  console.log(`commit: ${commit}`);
  for (const [what, fact] of Object.entries(machine)) console.log(`${what}: ${fact}`);
  for (const [name, reason] of absent) {
    if (options.contestants?.includes(name) ?? true)
      console.log(`NOT MEASURED, ${name}: ${reason}`);
  }
}

/** Who takes part: all that a workload names, unless --contestants does; `more` is left out of a quick run. */
function fieldOf({ contestants, quick }, absent) {
  const takesPart = (name) => !absent.has(name) && (contestants?.includes(name) ?? true);
  const choose = (names, more = []) =>
    (quick && !contestants ? names : [...names, ...more]).filter(takesPart);
  return { takesPart, choose };
}

/** One that cannot be carried out is told in its place, and the others go on. */
async function runOne(name, given) {
  const { run, about } = WORKLOADS[name];
  try {
    return await run(given);
  } catch (error) {
    if (stopping) throw error;
    const rows = [{ name: 'everybody', failure: error.message }];
    return { title: `${name}: ${about}`, columns: [NAME], rows };
  }
}

async function runAll({ file, results }, folder) {
  const { options, planned, workloads } = results;
  const absent = absentContestants();
  tellHead(results, absent);
  const left = planned.filter((name) => !workloads.some(({ workload }) => workload === name));
  const planOfOne = (name) => [name, WORKLOADS[name].seconds[options.quick ? 0 : 1]];
  const progress = createProgress(left.map(planOfOne));
  const shared = createSharedBanks(join(folder, 'shared'), progress.say);
  for (const name of left) {
    progress.next(name);
    const began = performance.now();
    const home = join(folder, name);
    const workload = await runOne(name, {
      quick: options.quick,
      accounts: options.accounts ?? (options.quick ? 1_000 : 10_000),
      folder: home,
      shared,
      say: progress.say,
      ...fieldOf(options, absent),
    });
    await rm(home, { recursive: true, force: true });
    if (stopping) return;
    progress.clear();
    console.log(formatTable(workload));
    const tookSeconds = Math.round((performance.now() - began) / 100) / 10;
    workloads.push({ workload: name, tookSeconds, ...workload });
    writeResults(file, results);
    writePage(file, results);
  }
  results.finished = true;
  writeResults(file, results);
  const page = writePage(file, results);
  progress.end();
  tellLeftOut(options, planned);
  const seconds = workloads.reduce((sum, { tookSeconds }) => sum + tookSeconds, 0);
  console.log(`\nIt took ${Math.round(seconds)} s. Written to ${file}\n       and ${page}`);
}

function tellLeftOut({ quick, only }, planned) {
  if (!quick || only) return;
  const others = Object.keys(WORKLOADS).filter((name) => !planned.includes(name));
  console.log(`\nonly in the full run, or by --only: ${others.join(', ')}`);
}

function tidy(folder) {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[KTidying up …');
  undoAll();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

/** @throws WrongOption */
function makeFolder() {
  const base = process.env.BENCH_DIR ?? tmpdir();
  try {
    if (!existsSync(base)) mkdirSync(base);
    const folder = mkdtempSync(join(base, 'drovebank-bench-'));
    chmodSync(folder, 0o711); // PostgreSQL runs as somebody else.
    return folder;
  } catch (error) {
    throw new WrongOption(`BENCH_DIR is no folder for the databases: ${error.message}`);
  }
}

async function stop(folder, text, exitCode) {
  stopping = true;
  console.error(`\n${text} Tidying up …`);
  await endAll();
  tidy(folder);
  console.error('What was finished is kept; npm run bench -- --resume goes on from there.');
  process.exit(exitCode);
}

async function main() {
  const asked = readOptions(
    process.argv.slice(2),
    Object.keys(WORKLOADS),
    Object.keys(CONTESTANTS),
  );
  if (asked.help) return console.log(USAGE);
  if (asked.list) return console.log(listAll());
  installRivals(here);
  const folder = makeFolder();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => stop(folder, 'Stopped.', 130));
  }
  // A pipe that nobody reads any more, say.
  process.once('uncaughtException', (error) => stop(folder, error.stack, 1));
  try {
    await runAll(beginRun(asked, folder), folder);
    tidy(folder);
  } catch (error) {
    // Who was stopped is tidied up after already, and its contestants fail because they were ended.
    if (stopping) return;
    if (!(error instanceof WrongOption)) await stop(folder, error.stack, 1);
    tidy(folder);
    throw error;
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof WrongOption)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
