/**
 * Is each rule needed? Takes the rules of test/crash/rules.ts out of a copy of the project, one after the
 * other, and plays the program that must then break a promise. Of a second line of defence nothing breaks
 * without it alone, and something without both.
 *
 *   npm run test:rules                       all
 *   npm run test:rules -- --only leave       those whose name has this in it
 *   npm run test:rules -- --quick            those that take a second or two
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { transformSync } from 'rolldown/utils';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const TRIAL_MS_MAX = 300_000;
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    trial: { type: 'string' },
  },
});

/** Without its types. @throws Error when it is no TypeScript */
function plain(file, source) {
  const kept = { lang: 'ts', typescript: { onlyRemoveTypeImports: true } };
  const { code, errors } = transformSync(file, source, kept);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  return code;
}

/** In the copy: plays the program of a rule, and tells the promise that was broken. */
async function tryHere(name) {
  const load = (module) => import(pathToFileURL(join(root, 'test', 'crash', module)).href);
  const { explore } = await load('interleavings.js');
  const { PROGRAMS } = await load('programs.js');
  const { program, bounds } = (await load('rules.js')).RULES.find((rule) => rule.name === name);
  const nothing = { preemptions: 0, kills: 0, failedSyncs: 0, cuts: 0 };
  try {
    const counts = await explore(PROGRAMS[program], { ...nothing, ...bounds });
    console.log(JSON.stringify({ schedules: counts.schedules }));
  } catch (error) {
    if (error?.violation === undefined) throw error; // No promise, but the exploration, is broken.
    const { violation, schedule } = error;
    console.log(JSON.stringify({ violation, schedule, program: PROGRAMS[program].name }));
  }
}

/** A copy with what a trial needs: the library, and the crash suite as plain JavaScript. */
function copyTo(folder) {
  fs.cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  fs.copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  fs.symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const name of ['scripts', 'test/crash'])
    fs.mkdirSync(join(folder, name), { recursive: true });
  fs.copyFileSync(fileURLToPath(import.meta.url), join(folder, 'scripts', 'rules.js'));
  for (const name of fs.readdirSync(join(root, 'test', 'crash'))) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const code = plain(name, fs.readFileSync(join(root, 'test', 'crash', name), 'utf8'));
    fs.writeFileSync(join(folder, 'test', 'crash', name.replace(/\.ts$/, '.js')), code);
  }
}

/** The sources without these rules. @throws Error where one is not found exactly once */
function without(rules) {
  const sources = new Map();
  for (const { name, changes } of rules) {
    for (const { file, before, after } of changes) {
      const source = sources.get(file) ?? fs.readFileSync(join(root, file), 'utf8');
      const parts = source.split(before);
      if (parts.length !== 2) {
        throw new Error(`${name}: ${file} has this ${parts.length - 1} times: ${before}`);
      }
      sources.set(file, parts.join(after));
    }
  }
  return sources;
}

/** Plays what `played` names in the copy, with `rules` taken out of it. */
function play(folder, rules, played) {
  const sound = [];
  for (const [file, source] of without(rules)) {
    const place = join(folder, 'dist', file.replace(/\.ts$/, '.js'));
    sound.push([place, fs.readFileSync(place)]);
    fs.writeFileSync(place, plain(file, source));
  }
  const args = [join(folder, 'scripts', 'rules.js'), '--trial', played.name];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    ...{ encoding: 'utf8', timeout: TRIAL_MS_MAX },
  });
  for (const [place, bytes] of sound) fs.writeFileSync(place, bytes);
  if (status !== 0) throw new Error(`${played.name}: no promise was tried: ${stderr.trim()}`);
  return JSON.parse(stdout);
}

/** Steps of a schedule as it is told: `A*3, B` has four. */
function lengthOf(schedule) {
  const counts = schedule.replace(/, power cut.*/, '').split(', ');
  return counts.reduce((sum, part) => sum + Number(part.split('*')[1] ?? 1), 0);
}

const isQuick = ({ bounds: { preemptions = 0, kills = 0, cuts = 0 } }) =>
  kills === 0 && (preemptions === 0 || cuts === 0);

async function tryAll() {
  const folder = fs.mkdtempSync(join(tmpdir(), 'drovebank-rules-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  copyTo(folder);
  const { RULES } = await import(pathToFileURL(join(folder, 'test', 'crash', 'rules.js')).href);
  const needed = [];
  const second = [];
  const wrong = [];
  for (const rule of RULES) {
    if (options.only && !rule.name.includes(options.only)) continue;
    if (options.quick && (!isQuick(rule) || rule.behind !== undefined)) continue;
    const { name, step, behind } = rule;
    const alone = play(folder, [rule], rule);
    if (behind === undefined) {
      const { violation = '', schedule = '', program = '' } = alone;
      if (violation === '') wrong.push(`${name}: nothing breaks without it`);
      const told = violation.replace(/\/home\/banks\/ours\//g, '').slice(0, 90);
      needed.push({ rule: name, step, program, steps: lengthOf(schedule), violation: told });
      console.log(`${name} (${step}): ${violation || 'NOTHING BREAKS'}\n  ${program}: ${schedule}`);
      continue;
    }
    if (alone.violation) wrong.push(`${name} is no second line: ${alone.violation}`);
    const other = RULES.find((one) => one.name === behind);
    const first = play(folder, [other], other);
    const both = play(folder, [other, rule], other);
    if (!both.violation) wrong.push(`${name}: nothing breaks without it and ${behind}`);
    const shown = ({ violation }) => (violation ? 'red' : 'green');
    const trials = { 'it alone': shown(alone), 'first alone': shown(first), both: shown(both) };
    second.push({ 'second line': name, step, behind: behind, ...trials });
    console.log(`${name} (${step}): ${alone.violation ?? 'green'} without it alone`);
  }
  console.table(needed);
  if (second.length > 0) console.table(second);
  for (const line of wrong) console.error(line);
  if (wrong.length > 0 || needed.length + second.length === 0) process.exitCode = 1;
}

if (options.trial === undefined) await tryAll();
else await tryHere(options.trial);
