/** A disk whose syncs take milliseconds: btrfs in a file, by a loop device. Needs root. */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { undoLater } from './undo.js';

const BYTES = 8 * 2 ** 30;

/** Why there cannot be one here; `undefined` if there can. */
export function whyNoSlowDisk() {
  if (process.platform !== 'linux') return 'loop devices are Linux';
  if (process.geteuid() !== 0) return 'only root may make a loop device';
  for (const program of ['losetup', 'mkfs.btrfs', 'mount', 'umount']) {
    const { error } = spawnSync(program, ['--version']);
    if (error) return `${program} is missing`;
  }
  return undefined;
}

const run = (program, ...args) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/** The folder where it is mounted, for as long as `work` takes; undone also when somebody stops the run. */
export async function withSlowDisk(folder, work) {
  mkdirSync(folder, { recursive: true });
  const image = join(folder, 'image');
  const mounted = join(folder, 'mounted');
  const undo = [];
  const did = (step) => undo.unshift(undoLater(step));
  try {
    const file = openSync(image, 'wx');
    did(() => rmSync(image, { force: true }));
    ftruncateSync(file, BYTES); // Sparse: it takes what is written.
    closeSync(file);
    const device = run('losetup', '--find', '--show', image);
    did(() => run('losetup', '--detach', device));
    run('mkfs.btrfs', '--quiet', device);
    mkdirSync(mounted);
    run('mount', device, mounted);
    did(() => run('umount', mounted));
    return await work(mounted);
  } finally {
    for (const step of undo) step();
  }
}
