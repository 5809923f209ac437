/** What scripts/compiled.cjs keeps beside the packed commands: never of use when it does not fit. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { newDirectory } from '../machine/processes.js';
import { PROGRAM } from './run-cli.js';

/** Tells whether the engine was given what is kept, and took it. */
const TELL = `const vm = require('node:vm');
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    const given = options.cachedData !== undefined;
    require('node:fs').writeFileSync(process.env.TOLD, JSON.stringify({ given, taken: given && !this.cachedDataRejected }));
  }
};`;
const TAKEN = { given: true, taken: true };
const REFUSED = { given: true, taken: false };
const NOT_THERE = { given: false, taken: false };

interface Run {
  readonly uid?: number;
  readonly args?: readonly string[];
}

/** The packed commands, as installed and never run. */
function install() {
  const root = newDirectory();
  const bin = join(root, 'dist', 'bin');
  const project = join(PROGRAM, '../../..');
  cpSync(dirname(PROGRAM), bin, { recursive: true, filter: (path) => !path.endsWith('.code') });
  for (const name of ['package.json', 'node_modules'])
    symlinkSync(join(project, name), join(root, name));
  writeFileSync(join(root, 'tell.cjs'), TELL);
  const run = (env: NodeJS.ProcessEnv = {}, { uid, args = ['--help'] }: Run = {}) => {
    const { NODE_OPTIONS, NODE_DISABLE_COMPILE_CACHE, ...rest } = process.env;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(bin, 'drovebank.js'), ...args],
      { encoding: 'utf8', env: { ...rest, ...env }, ...(uid === undefined ? {} : { uid }) },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout;
  };
  const look = (env: NodeJS.ProcessEnv = {}, options?: Run) => {
    const TOLD = join(root, 'told.json');
    run({ ...env, NODE_OPTIONS: `--require "${join(root, 'tell.cjs')}"`, TOLD }, options);
    return JSON.parse(readFileSync(TOLD, 'utf8'));
  };
  const kept = () => readdirSync(bin).filter((name) => name.includes('.code'));
  const pathOfKept = () => join(bin, kept()[0] ?? 'nothing is kept');
  return { root, run, look, kept, pathOfKept, core: join(bin, 'core.body.js') };
}

it('the first command keeps it, the next ones take it', () => {
  const { run, look, kept, pathOfKept } = install();
  expect(look()).toEqual(NOT_THERE);
  const help = run();
  expect(kept()).toHaveLength(1);
  const { mtimeNs, ino } = statSync(pathOfKept(), { bigint: true });
  expect(look()).toEqual(TAKEN);
  expect(run()).toBe(help);
  expect(statSync(pathOfKept(), { bigint: true })).toMatchObject({ mtimeNs, ino });
});

it('what a Tab takes is kept apart from what commands take', () => {
  const { run, look, kept } = install();
  const tab = { args: ['complete', '--', 'dep'] };
  run();
  expect(look({}, tab)).toEqual(NOT_THERE);
  expect(kept()).toHaveLength(2);
  expect(look({}, tab)).toEqual(TAKEN);
  expect(run({}, tab)).toMatch(/^deposit\t/);
});

it('a command whose own file was changed since, whatever its time, runs as changed', () => {
  const { run, look, core } = install();
  const help = run();
  const { atime, mtime } = statSync(core);
  const source = readFileSync(core, 'utf8');
  expect(source).toContain('A bank in a folder');
  // The engine itself goes by the length.
  writeFileSync(core, source.replaceAll('A bank in a folder', 'A bird in a folder'));
  utimesSync(core, atime, mtime);
  expect(run()).toBe(help.replaceAll('A bank in a folder', 'A bird in a folder'));
  expect(look()).toEqual(TAKEN);
});

it.each<[string, (path: string) => void]>([
  ['garbage', (path) => writeFileSync(path, 'garbage')],
  ['nothing', (path) => truncateSync(path, 0)],
  ['half of it', (path) => truncateSync(path, statSync(path).size >> 1)],
  ['one with another bit in the middle', (path) => flipAt(path, statSync(path).size >> 1)],
  ['one with another digest', (path) => flipAt(path, 0)],
])('%s in its place is left aside, and replaced', (_, damage) => {
  const { run, look, pathOfKept } = install();
  const help = run();
  damage(pathOfKept());
  // Given to the engine, it could crash, or book and tell another number.
  expect(look()).toEqual(NOT_THERE);
  expect(run()).toBe(help);
  expect(look()).toEqual(TAKEN);
});

function flipAt(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
  writeFileSync(path, bytes);
}

it('one that was made with other flags of the engine is replaced', () => {
  const { run, look } = install();
  const help = run({ NODE_OPTIONS: '--max-semi-space-size=2' });
  expect(look()).toEqual(REFUSED);
  expect(run()).toBe(help);
  expect(look()).toEqual(TAKEN);
});

it('is neither kept nor taken where Node is told to keep none', () => {
  const { run, look, kept } = install();
  const off = { NODE_DISABLE_COMPILE_CACHE: '1' };
  const help = run(off);
  expect(kept()).toEqual([]);
  expect(run()).toBe(help);
  expect(look(off)).toEqual(NOT_THERE);
  expect(look()).toEqual(TAKEN);
});

it('where nothing may be written a command goes without', () => {
  const { root, run, kept } = install();
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chmodSync(dirname(root), 0o755);
  else chmodSync(join(root, 'dist', 'bin'), 0o555);
  run({}, isRoot ? { uid: 65_534 } : {});
  expect(kept()).toEqual([]);
});
