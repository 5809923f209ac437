/** Counts the syncs of native code from outside, with strace, where there is one. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SYNCS = ['fsync', 'fdatasync', 'msync', 'sync', 'syncfs', 'sync_file_range'];
const WRITES = ['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2'];
/** Each write to a file that was opened with O_DSYNC is a sync as well. */
const O_DSYNC = 0o10000;
const ATTACH_WITHIN_MS = 3_000;

let available;

/**
 * Traces the processes `pids` while `work` runs. Answers { result, syncs }; `undefined`, and `work` does
 * not run, where strace is missing or may not look.
 */
export async function traceSyncs(pids, work) {
  available ??= spawnSync('strace', ['-c', '-e', 'trace=fsync', 'true']).status === 0;
  if (!available) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'drovebank-bench-trace-'));
  const file = join(folder, 'trace');
  const args = ['-f', '-o', file, '-e', `trace=${[...SYNCS, ...WRITES].join(',')}`, '-s', '0'];
  const strace = spawn('strace', [...args, ...pids.flatMap((pid) => ['-p', `${pid}`])], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = once(strace, 'exit');
  try {
    if (!(await isAttached(strace, pids))) return undefined;
    const result = await work();
    const synced = pids.map(syncedDescriptors);
    strace.kill('SIGINT');
    await gone;
    return { result, syncs: countSyncs(readFileSync(file, 'latin1'), new Set(synced.flat())) };
  } finally {
    strace.kill('SIGINT');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits until each is traced, or has turned out to be gone: servers end processes of theirs now and then. */
async function isAttached(strace, pids) {
  let told = '';
  strace.stderr.setEncoding('utf8');
  const timeout = setTimeout(() => strace.kill('SIGINT'), ATTACH_WITHIN_MS);
  try {
    for await (const text of strace.stderr.iterator({ destroyOnReturn: false })) {
      told += text;
      const isSettled = (pid) => new RegExp(`Process ${pid} attached|, ${pid}\\): `).test(told);
      if (pids.every(isSettled)) return true;
    }
    return false;
  } finally {
    clearTimeout(timeout);
    strace.stderr.resume(); // It goes on telling of threads.
  }
}

/** `pid:descriptor` of what was opened with O_DSYNC. */
function syncedDescriptors(pid) {
  const folder = `/proc/${pid}/fdinfo`;
  const isSynced = (descriptor) => {
    try {
      const [, flags] = /^flags:\s*(\d+)$/m.exec(readFileSync(join(folder, descriptor), 'latin1'));
      return (Number.parseInt(flags, 8) & O_DSYNC) !== 0;
    } catch {
      return false; // Closed by now.
    }
  };
  try {
    return readdirSync(folder).filter(isSynced);
  } catch {
    return []; // Gone by now.
  }
}

/** A line of strace: `2196  fdatasync(21) = 0`. A call that others interrupted shows up twice: its end is not counted. */
function countSyncs(trace, synced) {
  let count = 0;
  for (const line of trace.split('\n')) {
    const [, call, descriptor] = /^\d+\s+(\w+)\((\d*)/.exec(line) ?? [];
    if (SYNCS.includes(call) || (WRITES.includes(call) && synced.has(descriptor))) count += 1;
  }
  return count;
}
