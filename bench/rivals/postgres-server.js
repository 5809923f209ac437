/** A PostgreSQL cluster of the benchmark's own: where its programs are, how it starts and ends. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { bytesWritten } from '../measure.js';

const DEBIAN = '/usr/lib/postgresql';
/** A socket's path may not be longer than this. */
const SOCKET_PATH_MAX = 107;
const CLOCK_TICKS_PER_SECOND = 100;

/** The folder with `initdb` and `postgres`. */
function findPrograms() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => b - a) : [];
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.find((folder) =>
    ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))),
  );
}

/** PostgreSQL refuses to run as root. */
function findUser() {
  if (process.geteuid?.() !== 0) return {};
  const idOf = (user, what) => {
    const { status, stdout } = spawnSync('id', [what, user], { encoding: 'utf8' });
    return status === 0 ? Number(stdout) : undefined;
  };
  const user = ['postgres', 'nobody'].find((name) => idOf(name, '-u') !== undefined);
  return user && { uid: idOf(user, '-u'), gid: idOf(user, '-g') };
}

export function whyNoPostgres() {
  if (findPrograms() === undefined) {
    return 'PostgreSQL is not installed (on Debian: apt-get install postgresql)';
  }
  if (findUser() === undefined) return 'there is no user but root to run PostgreSQL';
  return undefined;
}

export function makeCluster(folder) {
  const user = findUser();
  mkdirSync(folder, { recursive: true });
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const args = [
    '-D',
    join(folder, 'data'),
    '-U',
    'bench',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ];
  const options = { ...user, cwd: folder, encoding: 'utf8' };
  const { status, stderr, error } = spawnSync(join(findPrograms(), 'initdb'), args, options);
  if (status !== 0) throw new Error(`initdb: ${error?.message ?? stderr.trim()}`);
}

/** Runs the server until `stop`, or until this process ends. */
export async function startServer(folder, isReady) {
  if (join(folder, '.s.PGSQL.5432').length > SOCKET_PATH_MAX) {
    throw new Error(
      `the path of ${folder} is too long for a socket: set BENCH_DIR to a shorter one`,
    );
  }
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder,
    synchronous_commit: 'on',
    fsync: 'on',
    shared_buffers: '512MB',
    max_wal_size: '4GB',
    max_connections: '100',
    autovacuum_naptime: '10s',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const options = { ...findUser(), cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] };
  const server = spawn(
    join(findPrograms(), 'postgres'),
    ['-D', join(folder, 'data'), ...args],
    options,
  );
  let log = '';
  server.stderr.setEncoding('utf8').on('data', (text) => {
    log = (log + text).slice(-2_000);
  });
  const gone = once(server, 'exit');
  process.once('exit', () => server.kill('SIGQUIT'));
  while (!(await isReady())) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended: ${log.trim()}`);
    await pause(20);
  }
  return {
    pid: server.pid,
    async stop() {
      server.kill('SIGINT'); // Its fast shutdown.
      await gone;
    },
  };
}

/** The server and the processes that it has started. */
export function pidsOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
  return [pid, ...children.map(Number)];
}

/** What the server's processes have used up so far: CPU, bytes written, and memory as it is now. */
export function usedByServer(pid) {
  let ticks = 0;
  let bytes = 0;
  let kib = 0;
  for (const member of pidsOf(pid)) {
    try {
      const stat = readFileSync(`/proc/${member}/stat`, 'latin1').split(') ')[1].split(' ');
      ticks += Number(stat[11]) + Number(stat[12]);
      bytes += bytesWritten(member);
      kib += Number(
        /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${member}/smaps_rollup`, 'latin1'))[1],
      );
    } catch {
      // One that has just ended.
    }
  }
  return { cpuUs: (ticks * 1e6) / CLOCK_TICKS_PER_SECOND, bytes, memoryMb: kib / 1024 };
}
