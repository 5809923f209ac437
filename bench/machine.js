/** What was measured, and where. */
import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, readFileSync, statfsSync, writeSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { CONTESTANTS } from './contestants.js';
import { median } from './statistics.js';

const FILE_SYSTEMS = {
  61267: 'ext4',
  2435016766: 'btrfs',
  1481003842: 'xfs',
  16914836: 'tmpfs, where nothing is durable: set BENCH_DIR to a folder on a disk',
  2035054128: 'overlayfs',
  801189825: 'zfs',
};

function versionOf(name) {
  try {
    const file = new URL(`./node_modules/${name}/package.json`, import.meta.url);
    return `${name} ${JSON.parse(readFileSync(file, 'utf8')).version}`;
  } catch {
    return `${name} missing`;
  }
}

export function describeMachine(folder) {
  const processors = cpus();
  const packages = Object.values(CONTESTANTS).flatMap((contestant) => contestant.package ?? []);
  return {
    processor: `${processors.length} x ${processors[0]?.model.trim() ?? arch()}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${platform()} ${release()}, Node ${process.version}`,
    'file system': fileSystemOf(folder),
    'one sync': `200 bytes appended + fdatasync ${Math.round(syncTimeUs(folder))} us (median of 300)`,
    rivals: packages.map(versionOf).join(', '),
  };
}

function fileSystemOf(folder) {
  const { type } = statfsSync(folder);
  return FILE_SYSTEMS[type] ?? `type 0x${type.toString(16)}`;
}

/** Median time of a small synced append in `folder`. */
export function syncTimeUs(folder) {
  const file = openSync(join(folder, 'sync'), 'a');
  const bytes = Buffer.alloc(200, '.');
  const times = Array.from({ length: 300 }, () => {
    const start = performance.now();
    writeSync(file, bytes);
    fdatasyncSync(file);
    return (performance.now() - start) * 1000;
  });
  closeSync(file);
  return median(times);
}

/** The code that is measured: its version and its commit. */
export function describeCode() {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const git = (...args) =>
    execFileSync('git', args, {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return {
      drovebank: version,
      commit: `${git('rev-parse', 'HEAD').trim()}${changed ? ', changed' : ''}`,
    };
  } catch {
    return { drovebank: version, commit: 'unknown' };
  }
}
