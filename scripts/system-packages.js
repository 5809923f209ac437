/**
 * What tests need of the system beside Node. `npm test` calls it with CI set, before the tests run;
 * alone: `node scripts/system-packages.js` says what is missing, `--install` gets it (root, apt-get).
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Package of Debian and Ubuntu, a command that shows it is there, and the test that needs it. */
export const SYSTEM_PACKAGES = [
  { name: 'strace', shows: ['strace', '--version'], test: 'test/kernel/kill-points.test.ts' },
  { name: 'strace', shows: ['strace', '--version'], test: 'test/kernel/stop-points.test.ts' },
  { name: 'util-linux', shows: ['nsenter', '--version'], test: 'test/kernel/power-cuts.test.ts' },
  { name: 'mount', shows: ['losetup', '--version'], test: 'test/kernel/power-cuts.test.ts' },
  {
    name: 'btrfs-progs',
    shows: ['mkfs.btrfs', '--version'],
    test: 'test/kernel/power-cuts.test.ts',
  },
  { name: 'e2fsprogs', shows: ['mkfs.ext4', '-V'], test: 'test/kernel/power-cuts.test.ts' },
  { name: 'e2fsprogs', shows: ['mkfs.ext4', '-V'], test: 'test/kernel/full-disk.test.ts' },
  { name: 'util-linux', shows: ['prlimit', '--version'], test: 'test/kernel/full-disk.test.ts' },
  { name: 'mount', shows: ['losetup', '--version'], test: 'test/kernel/full-disk.test.ts' },
  { name: 'python3', shows: ['python3', '--version'], test: 'test/kernel/interest-run.test.ts' },
  { name: 'tmux', shows: ['tmux', '-V'], test: 'test/terminal/atm.test.ts' },
  { name: 'tmux', shows: ['tmux', '-V'], test: 'test/terminal/bank.test.ts' },
  { name: 'tmux', shows: ['tmux', '-V'], test: 'test/terminal/pager.test.ts' },
  { name: 'less', shows: ['less', '--version'], test: 'test/terminal/pager.test.ts' },
  { name: 'tmux', shows: ['tmux', '-V'], test: 'test/terminal/teller.test.ts' },
  { name: 'tmux', shows: ['tmux', '-V'], test: 'test/terminal/wait.test.ts' },
  { name: 'zsh', shows: ['zsh', '--version'], test: 'test/terminal/shells.test.ts' },
  { name: 'fish', shows: ['fish', '--version'], test: 'test/terminal/shells.test.ts' },
  { name: 'xfsprogs', shows: ['mkfs.xfs', '-V'], test: 'test/kernel/power-cuts.test.ts' },
];

/** Administrators' commands are not on everybody's path. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/** @param {(typeof SYSTEM_PACKAGES)[number]} entry */
function isThere({ shows: [command = '', ...args] }) {
  return spawnSync(command, args, { env: { ...process.env, PATH }, stdio: 'ignore' }).status === 0;
}

/**
 * The packages that are missing; of one test, if it is named.
 * @param {string} [test]
 */
export function missingPackages(test) {
  const needed = SYSTEM_PACKAGES.filter((entry) => test === undefined || entry.test === test);
  return needed.filter((entry) => !isThere(entry)).map(({ name }) => name);
}

/** Gets what is missing where that may be done; says what still is. */
function install() {
  const missing = [...new Set(missingPackages())];
  if (missing.length > 0 && process.platform === 'linux' && process.getuid?.() === 0) {
    const apt = (/** @type {string[]} */ ...args) =>
      spawnSync('apt-get', ['-qq', '-o', 'Dpkg::Use-Pty=0', ...args], {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        stdio: ['ignore', process.stderr, 'inherit'],
      });
    const get = () => apt('install', '-y', '--no-install-recommends', ...missing).status === 0;
    // The lists of a fresh machine may be old or not there at all.
    if (!get() && apt('update').status === 0) get();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--install')) install();
  for (const { name, test } of SYSTEM_PACKAGES.filter((entry) => !isThere(entry))) {
    console.error(`system-packages: ${name} is missing: ${test} will not run`);
  }
}
