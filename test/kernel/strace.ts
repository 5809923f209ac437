import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The calls that change what others see, or what a power cut would leave. A process that is killed at a
 * call that only looks leaves exactly what it leaves when it is killed at the next of these. A question
 * mark stands before calls that not every processor has.
 */
const CHANGING = [
  ...['openat', '?mkdir', 'mkdirat', '?rename', 'renameat', '?renameat2', '?link', 'linkat'],
  ...['write', 'pwrite64', 'writev', 'pwritev', 'fdatasync', 'fsync', 'ftruncate', 'fallocate'],
  ...['?unlink', 'unlinkat', '?rmdir', 'utimensat', '?chmod', 'fchmod', 'fchmodat'],
];

/** One call of a process: the `ordinal`-th of its name that one of its threads made. */
export interface Call {
  readonly name: string;
  readonly ordinal: number;
  /** As strace tells it. */
  readonly line: string;
}

export interface Ran {
  /** The signal that ended it, if one did. */
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Every call that was looked at, in order; a killed process did not make the last one. */
  readonly calls: readonly Call[];
}

/**
 * Runs `node` with `args` under strace; kills it right before it makes the call `at`, if one is named. With
 * `meanwhile` it is stopped there instead, and set going again when that is done.
 */
export async function runTraced(
  args: readonly string[],
  at?: Call,
  meanwhile?: () => Promise<void>,
): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'drovebank-strace-'));
  try {
    const log = join(folder, 'log');
    const signal = meanwhile ? 'SIGSTOP' : 'SIGKILL';
    const injected = at && `inject=${at.name}:signal=${signal}:when=${at.ordinal}`;
    const child = spawn(
      'strace',
      [
        ...['-f', '-qq', '-y', '-o', log, '-e', `trace=${CHANGING.join(',')}`],
        ...(injected ? ['-e', injected] : []),
        ...[process.execPath, ...args],
      ],
      // One thread in the pool: calls come in the same order every time.
      { env: { ...process.env, UV_THREADPOOL_SIZE: '1' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const end = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (...ended) => resolve(ended));
    });
    const goOn = meanwhile && (await whileStopped(child.pid ?? 0, log, meanwhile));
    // strace counts for each thread by itself: another one may come to the same count, and stop all again.
    const again = goOn && setInterval(goOn, 100);
    const [code, ended] = await end.finally(() => clearInterval(again));
    return { signal: ended, code, stdout, stderr, calls: readCalls(readFileSync(log, 'utf8')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits until strace has seen its process stop, and for `meanwhile`. Answers how to set that going again. */
async function whileStopped(
  strace: number,
  log: string,
  meanwhile: () => Promise<void>,
): Promise<() => void> {
  const isStopped = () => existsSync(log) && /stopped by SIGSTOP/.test(readFileSync(log, 'utf8'));
  while (!isStopped()) {
    if (!existsSync(`/proc/${strace}`)) throw new Error('it ended before it came there');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const children = readFileSync(`/proc/${strace}/task/${strace}/children`, 'utf8');
  const goOn = () => {
    try {
      process.kill(Number(children.trim().split(' ')[0]), 'SIGCONT');
    } catch {
      // It has ended.
    }
  };
  try {
    await meanwhile();
  } finally {
    goOn();
  }
  return goOn;
}

/** strace counts for each thread by itself. */
function readCalls(log: string): Call[] {
  const counts = new Map<string, number>();
  return log.split('\n').flatMap((line) => {
    const [, thread, call = '', name = ''] = /^(\d+) +((\w+)\(.*)$/.exec(line) ?? [];
    if (name === '') return []; // A call that goes on from an earlier line, a signal, an end.
    const counter = `${thread} ${name}`;
    const ordinal = 1 + (counts.get(counter) ?? 0);
    counts.set(counter, ordinal);
    return [{ name, ordinal, line: call }];
  });
}

/** The calls that change something below `folder`, or tell whoever listens to stdout. */
export function changing(calls: readonly Call[], folder: string): Call[] {
  const found = calls.filter(({ name, line }) => {
    if (name === 'openat' && !line.includes('O_CREAT')) return false;
    return line.includes(folder) || line.startsWith('write(1<');
  });
  // The same count in two threads is one point: whoever gets there first is killed.
  return [...new Map(found.map((call) => [`${call.name} ${call.ordinal}`, call])).values()];
}
