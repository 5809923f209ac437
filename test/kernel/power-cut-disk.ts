/**
 * A real file system whose power can be cut at any moment.
 *
 *     base.img   a file in memory, or wherever temporary files are
 *       btrfs    mounted from it; here lie
 *         disk.img    the disk of the machine: ext4 or xfs, mounted from it, with the bank
 *         cut-7.img   what was on it at the 7th cut: a reflinked copy, made in an instant
 *
 * What a copy has, and why it is a disk as a power cut would leave it:
 *
 * - The file system sends its writes to the loop device, which writes them into disk.img. A write that
 *   it was told is done, is in disk.img, in the page cache of btrfs at least. A copy by reflink takes
 *   the page cache along: btrfs writes what is dirty before it shares the extents.
 * - While the copy is made btrfs holds the lock of disk.img, so that no write gets in between: the copy
 *   is one moment. A write that depends on another one is sent when that one is done, so that a copy
 *   never has the later without the earlier.
 * - So a copy has all that was flushed, as `fdatasync` or `fsync` promise, and besides what else had
 *   reached the disk. Never less, and never what the file system still kept to itself: bytes that
 *   nobody synced are in the page cache of ext4 or xfs, names in their journals' memory, and both are
 *   lost with a copy as with the power.
 * - It is therefore a disk without a cache of its own, or with one that survives. That the file system
 *   flushes such a cache where a sync asks for it is its own business, and is not shown here. Which
 *   writes a disk may swap between two flushes is played through on the simulated disk.
 * - Whether the loop devices read and write past the page cache (`--direct-io`) changes nothing of
 *   this; they don't, because a file in memory can't.
 *
 * All is mounted in a mount namespace of its own, which a process holds that ends with this one, and
 * base.img has no name any more once it is mounted: whatever ends the test, the kernel takes everything
 * apart. The test looks into the namespace through /proc/<pid>/root.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type FileSystem = 'ext4' | 'xfs';

const GIB = 1024 ** 3;
const MAKE: Record<FileSystem, readonly string[]> = {
  ext4: ['mkfs.ext4', '-q', '-F'],
  xfs: ['mkfs.xfs', '-q', '-f'],
};
/** The copy of an xfs has the same id as the original, which is mounted beside it. */
const MOUNT: Record<FileSystem, string> = { ext4: 'loop', xfs: 'loop,nouuid' };
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/** Memory is quick, and nobody cuts this machine's own power; where there is too little of it, the disk. */
function roomy(): string {
  try {
    const { bavail, bsize } = fs.statfsSync('/dev/shm');
    if (bavail * bsize > 2 * GIB) return '/dev/shm';
  } catch {
    // Not there.
  }
  return tmpdir();
}

export class PowerCutDisk {
  /** Where the bank's file system is mounted, and where that of a cut. */
  readonly disk: string;
  readonly cutDisk: string;
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  readonly #holder: ChildProcess;
  #cuts = 0;

  private constructor(fileSystem: FileSystem, folder: string, holder: ChildProcess) {
    this.#fileSystem = fileSystem;
    this.#folder = folder;
    this.#holder = holder;
    this.disk = this.#seen('disk');
    this.cutDisk = this.#seen('cut');
  }

  static async make(fileSystem: FileSystem): Promise<PowerCutDisk> {
    const folder = fs.mkdtempSync(join(roomy(), 'drovebank-power-'));
    for (const name of ['images', 'disk', 'cut']) fs.mkdirSync(join(folder, name));
    const base = join(folder, 'base.img');
    newFile(base, 6 * GIB);
    // It ends when its input does: when this process closes it, or is no more.
    const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const made = new PowerCutDisk(fileSystem, folder, holder);
    try {
      await made.#ready();
      made.#run('mkfs.btrfs', '-q', base);
      made.#run('mount', '-o', 'loop', base, join(folder, 'images'));
      fs.rmSync(base);
      newFile(made.#seen('images/disk.img'), GIB / 2);
      const image = join(folder, 'images/disk.img');
      made.#run(...MAKE[fileSystem], image);
      made.#run('mount', '-o', 'loop', image, join(folder, 'disk'));
      return made;
    } catch (error) {
      await made.remove();
      throw error;
    }
  }

  /** What `cat` says back it says from within its namespace. */
  async #ready(): Promise<void> {
    this.#holder.stdin?.write('ready\n');
    await new Promise((resolve, reject) => {
      this.#holder.once('error', reject);
      this.#holder.once('exit', () => reject(new Error('no mount namespace of its own')));
      this.#holder.stdout?.once('data', resolve);
    });
  }

  #seen(name: string): string {
    return join(`/proc/${this.#holder.pid}/root`, this.#folder, name);
  }

  #run(command = '', ...args: readonly string[]): void {
    const within = ['--mount', '--target', `${this.#holder.pid}`, '--', command, ...args];
    execFileSync('nsenter', within, {
      env: { ...process.env, PATH },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  /**
   * Cuts the power: keeps the disk as it is now, or the one that an earlier cut left, while whoever works
   * on it goes on. Answers which cut.
   */
  cut(earlier?: number): number {
    const disk = earlier === undefined ? 'disk' : `cut-${earlier}`;
    const number = ++this.#cuts;
    const how = fs.constants.COPYFILE_FICLONE_FORCE;
    fs.copyFileSync(this.#seen(`images/${disk}.img`), this.#seen(`images/cut-${number}.img`), how);
    return number;
  }

  /** Mounts what a cut left, which lets the file system recover, for as long as `look` takes. */
  async within(cut: number, look: () => Promise<void>): Promise<void> {
    const image = join(this.#folder, `images/cut-${cut}.img`);
    const at = join(this.#folder, 'cut');
    this.#run('mount', '-o', MOUNT[this.#fileSystem], image, at);
    try {
      await look();
    } catch (error) {
      this.#run('umount', '--lazy', at); // The bank may still be open.
      throw error;
    }
    this.#run('umount', at);
    fs.rmSync(this.#seen(`images/cut-${cut}.img`));
  }

  /** Takes everything apart. */
  async remove(): Promise<void> {
    const ended = new Promise((resolve) => this.#holder.once('exit', resolve));
    if (this.#holder.exitCode === null && this.#holder.stdin?.end()) await ended;
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}

function newFile(path: string, size: number): void {
  const descriptor = fs.openSync(path, 'wx', 0o600);
  fs.ftruncateSync(descriptor, size);
  fs.closeSync(descriptor);
}
