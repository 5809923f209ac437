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
 * All is mounted in a mount namespace of its own, and base.img has no name any more once it is mounted:
 * whatever ends the test, the kernel takes everything apart.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { MountNamespace, newFile } from './mount-namespace.js';

export type FileSystem = 'ext4' | 'xfs';

const GIB = 1024 ** 3;
const MAKE: Record<FileSystem, readonly string[]> = {
  ext4: ['mkfs.ext4', '-q', '-F'],
  xfs: ['mkfs.xfs', '-q', '-f'],
};
/** The copy of an xfs has the same id as the original, which is mounted beside it. */
const MOUNT: Record<FileSystem, string> = { ext4: 'loop', xfs: 'loop,nouuid' };

export class PowerCutDisk {
  /** Where the bank's file system is mounted, and where that of a cut. */
  readonly disk: string;
  readonly cutDisk: string;
  readonly #fileSystem: FileSystem;
  readonly #space: MountNamespace;
  #cuts = 0;

  private constructor(fileSystem: FileSystem, space: MountNamespace) {
    this.#fileSystem = fileSystem;
    this.#space = space;
    this.disk = space.seen('disk');
    this.cutDisk = space.seen('cut');
  }

  static async make(fileSystem: FileSystem): Promise<PowerCutDisk> {
    const space = await MountNamespace.make('drovebank-power-');
    const { folder } = space;
    try {
      for (const name of ['images', 'disk', 'cut']) fs.mkdirSync(join(folder, name));
      const base = join(folder, 'base.img');
      newFile(base, 6 * GIB);
      space.run('mkfs.btrfs', '-q', base);
      space.run('mount', '-o', 'loop', base, join(folder, 'images'));
      fs.rmSync(base);
      newFile(space.seen('images/disk.img'), GIB / 2);
      const image = join(folder, 'images/disk.img');
      space.run(...MAKE[fileSystem], image);
      space.run('mount', '-o', 'loop', image, join(folder, 'disk'));
      return new PowerCutDisk(fileSystem, space);
    } catch (error) {
      await space.remove();
      throw error;
    }
  }

  /**
   * Cuts the power: keeps the disk as it is now, or the one that an earlier cut left, while whoever works
   * on it goes on. Answers which cut.
   */
  cut(earlier?: number): number {
    const disk = earlier === undefined ? 'disk' : `cut-${earlier}`;
    const number = ++this.#cuts;
    const how = fs.constants.COPYFILE_FICLONE_FORCE;
    const [from, to] = [`images/${disk}.img`, `images/cut-${number}.img`];
    fs.copyFileSync(this.#space.seen(from), this.#space.seen(to), how);
    return number;
  }

  /** Mounts what a cut left, which lets the file system recover, for as long as `look` takes. */
  async within(cut: number, look: () => Promise<void>): Promise<void> {
    const space = this.#space;
    const at = join(space.folder, 'cut');
    const image = join(space.folder, `images/cut-${cut}.img`);
    space.run('mount', '-o', MOUNT[this.#fileSystem], image, at);
    try {
      await look();
    } catch (error) {
      space.run('umount', '--lazy', at); // The bank may still be open.
      throw error;
    }
    space.run('umount', at);
    fs.rmSync(space.seen(`images/cut-${cut}.img`));
  }

  /** Takes everything apart. */
  async remove(): Promise<void> {
    await this.#space.remove();
  }
}
