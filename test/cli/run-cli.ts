import { spawn, spawnSync } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { closeSync, openSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { openBank } from '#lib/bank/open-bank.js';
import { runProgram } from '#lib/cli/program.js';
import { newDirectory } from '../machine/processes.js';
import { expectClean } from '../store/books.js';

export const PROGRAM = fileURLToPath(new URL('../../dist/bin/drovebank.js', import.meta.url));
export const EXAMPLE = fileURLToPath(new URL('../../data/example/', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

/** The tests' own surroundings must not colour, place or size what the program prints. */
function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { NO_COLOR, FORCE_COLOR, DROVEBANK_DIR, COLUMNS, ...rest } = process.env;
  return { ...rest, ...extra };
}

/** Runs `drovebank` in `folder` until it ends; nobody sits at a terminal. */
export function drovebank(folder: string, args: readonly string[], options: RunOptions = {}): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    encoding: 'utf8',
    input: options.input ?? '',
    env: environment(options.env),
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  return { code: status, stdout, stderr };
}

/** Runs a command that must succeed, and gives what it printed. */
export function succeed(folder: string, args: readonly string[], options?: RunOptions): string {
  const ran = drovebank(folder, args, options);
  expect(ran, ran.stderr).toMatchObject({ code: 0 });
  return ran.stdout;
}

/**
 * Runs a command in the test's own process, where nothing of the process itself is asked about: starting
 * one takes most of a command's time.
 */
export async function runHere(
  folder: string,
  args: readonly string[],
  { env }: Pick<RunOptions, 'env'> = {},
): Promise<Ran> {
  const told = { stdout: '', stderr: '' };
  const before = { folder: process.cwd(), env: process.env };
  const undo = (['stdout', 'stderr'] as const).map((name): (() => void) => {
    const stream = process[name];
    const { write } = stream;
    stream.write = (text: unknown, ...rest: unknown[]) => {
      told[name] += text;
      const done = rest.at(-1);
      if (typeof done === 'function') done();
      return true;
    };
    return () => Object.assign(stream, { write });
  });
  undo.push(
    keepListeners(process, 'SIGINT'),
    keepListeners(process, 'SIGTERM'),
    keepListeners(process.stdout, 'error'),
  );
  process.env = environment(env);
  process.chdir(folder);
  try {
    return { code: await runProgram(args), ...told };
  } finally {
    process.chdir(before.folder);
    process.env = before.env;
    for (const step of undo) step();
  }
}

/** {@link succeed} in the test's own process. */
export async function succeedHere(
  folder: string,
  args: readonly string[],
  options?: Pick<RunOptions, 'env'>,
): Promise<string> {
  const ran = await runHere(folder, args, options);
  expect(ran, ran.stderr).toMatchObject({ code: 0 });
  return ran.stdout;
}

/** @returns what takes away the listeners that came since */
function keepListeners(emitter: EventEmitter, event: string): () => void {
  const before = new Set(emitter.rawListeners(event));
  return () => {
    for (const listener of emitter.rawListeners(event)) {
      if (!before.has(listener)) emitter.removeListener(event, listener as () => void);
    }
  };
}

/** Starts `drovebank` to be spoken with while it runs. */
export function start(folder: string, args: readonly string[]) {
  return spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, env: environment() });
}

/** Runs `drovebank` with a full disk in the place of its standard output. */
export function onFullDisk(
  folder: string,
  args: readonly string[],
  input = '',
): Omit<Ran, 'stdout'> {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    ...{ cwd: folder, encoding: 'utf8', input, env: environment() },
    stdio: ['pipe', full, 'pipe'],
  });
  closeSync(full);
  return { code: status, stderr };
}

/** Leaves what `child` prints unread (`| head -1`), and waits for its end. */
export async function leaveUnread(child: ReturnType<typeof start>): Promise<Omit<Ran, 'stdout'>> {
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdout.destroy();
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stderr };
}

/** The JSON documents in `text`, one a line. */
export function documents(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** A folder of its own for a test; removed behind it. */
export function temporaryFolder(): string {
  return dirname(newDirectory());
}

/** Where the bank of {@link temporaryBank} lies in its folder: the command's own default. */
export const BANK = join('data', 'bank');

/**
 * A folder with a bank: a10017 (Ada, 100.00), a10025 (Bob, nothing), `euro` (in EUR, 50.00).
 * It is verified behind the test.
 */
export async function temporaryBank(): Promise<string> {
  const folder = temporaryFolder();
  const bank = await openBank(join(folder, BANK), { create: true });
  const ada = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
  await bank.openAccount({ firstName: 'Bob', lastName: 'Smith' });
  await bank.openAccount({ firstName: 'Eva', lastName: 'Weiß', id: 'euro', currency: 'EUR' });
  await bank.deposit(ada.id, '100.00', { memo: 'first deposit' });
  await bank.deposit('euro', '50.00');
  await bank.close();
  onTestFinished(async () => {
    if (unverified.has(folder)) return;
    const bank = await openBank(join(folder, BANK));
    await expectClean(bank);
    await bank.close();
  });
  return folder;
}

const unverified = new Set<string>();

/** For tests that damage the bank on purpose. */
export function leaveUnverified(folder: string): void {
  unverified.add(folder);
}

/** What whoever finds damage leaves behind: the notice, and both desks out of the way. */
export function declareDamage(bank: string): void {
  writeFileSync(join(bank, 'PAIN.csv'), 'when,what,where,do\n"now","a test","nowhere","recover"\n');
  for (const role of ['writer', 'poster']) {
    const desks = join(bank, 'desks', role);
    for (const name of readdirSync(desks)) {
      renameSync(join(desks, name), join(desks, `damaged-${name}`));
    }
  }
}

/** Balances by account, to show that nothing changed. */
export async function balances(folder: string): Promise<Record<string, string>> {
  const bank = await openBank(join(folder, BANK));
  const found: Record<string, string> = {};
  for await (const { id, ledger, entries } of bank.accounts({ world: true })) {
    found[id] = `${ledger.amount} after ${entries} rows`;
  }
  await bank.close();
  return found;
}
