/** Starting contestants, asking them, and ending them whatever they are at. */
import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONTESTANTS } from './contestants.js';

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const PROGRAM = pathOf('./contestant-process.js');
const NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --require "${pathOf('./count-syncs.cjs')}"`;
const CLOSE_WITHIN_MS = 60_000;

/** Everybody who is running now, with what they have started: each is the leader of a group of its own. */
const running = new Set();
let ended = false;

function watchOver(child) {
  if (ended) killGroup(child);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Ends everybody at once, as Ctrl-C wants it. */
export async function endAll() {
  ended = true;
  const left = [...running].map((child) => {
    const gone = once(child, 'exit');
    killGroup(child);
    return gone;
  });
  await Promise.all(left);
}

/** A running contestant. `ask` one thing at a time. */
export function start(name, folder, settings = {}) {
  const given = JSON.stringify({ ...settings, ...CONTESTANTS[name].options });
  const env = { ...process.env, NODE_OPTIONS };
  const child = watchOver(fork(PROGRAM, [name, folder, given], { detached: true, env }));
  const left = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${name} ended with ${signal ?? code}`);
  });
  left.catch(() => {});
  return {
    pid: child.pid,
    async ask(call, asked) {
      if (!child.connected) await left; // It tells why; sending would end this process too.
      const answered = once(child, 'message');
      child.send({ call, asked });
      const [{ answer, failure }] = await Promise.race([answered, left]);
      if (failure !== undefined) throw new Error(failure);
      return answer;
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const deadline = setTimeout(() => killGroup(child), CLOSE_WITHIN_MS);
      await this.ask('close').catch(() => {});
      if (child.connected) child.disconnect();
      await left.catch(() => {});
      clearTimeout(deadline);
    },
    /** As a power cut would, but that the system goes on. */
    async kill() {
      killGroup(child);
      await left.catch(() => {});
    },
  };
}

/** A contestant for as long as `work` takes. */
export async function withContestant(name, folder, settings, work) {
  const contestant = start(name, folder, settings);
  try {
    return await work(contestant);
  } finally {
    await contestant.end();
  }
}

/** Makes a contestant's accounts, in a process that is gone when the measuring starts. */
export async function prepare(name, folder, settings) {
  mkdirSync(dirname(folder), { recursive: true }); // A bank would make it for its owner alone.
  await withContestant(name, folder, settings, (contestant) => contestant.ask('prepare'));
}

/** A program that was killed because it took too long. */
export class TookTooLong extends Error {}

/**
 * Runs a program to its end. Answers how long it took (us), and what it said.
 * @throws TookTooLong after `withinMs`
 */
export async function runProgram(program, args, { withinMs } = {}) {
  const started = performance.now();
  const stdio = ['ignore', 'pipe', 'pipe'];
  const child = watchOver(spawn(program, args, { stdio, detached: true }));
  let late = false;
  const kill = () => {
    late = true;
    killGroup(child);
  };
  const deadline = withinMs === undefined ? undefined : setTimeout(kill, withinMs);
  const said = { stdout: '', stderr: '' };
  for (const name of Object.keys(said)) {
    child[name].setEncoding('utf8').on('data', (text) => {
      said[name] += text;
    });
  }
  const [code, signal] = await once(child, 'close');
  const us = (performance.now() - started) * 1000;
  clearTimeout(deadline);
  if (late) throw new TookTooLong(`not done within ${withinMs / 1000} s`);
  if (code !== 0) throw new Error(said.stderr.trim() || `${program} ended with ${signal ?? code}`);
  return { us, stdout: said.stdout };
}

/** Brings the disk to rest, so that nobody pays for what another one has written. */
export function restDisk() {
  spawnSync('sync');
}
