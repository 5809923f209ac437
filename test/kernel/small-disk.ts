/** A real file system that is soon full, and that may be made read-only: an ext4 in a file. */
import fs from 'node:fs';
import { join } from 'node:path';
import { MountNamespace, newFile } from './mount-namespace.js';

const MIB = 1024 ** 2;
const FILLER = 'filler';

export class SmallDisk {
  /** Where it is mounted. */
  readonly root: string;
  readonly #space: MountNamespace;

  private constructor(space: MountNamespace) {
    this.#space = space;
    this.root = space.seen('disk');
  }

  static async make(): Promise<SmallDisk> {
    const space = await MountNamespace.make('drovebank-small-');
    try {
      fs.mkdirSync(join(space.folder, 'disk'));
      const image = join(space.folder, 'disk.img');
      newFile(image, 24 * MIB);
      // No blocks that root alone may take.
      space.run('mkfs.ext4', '-q', '-F', '-m', '0', image);
      space.run('mount', '-o', 'loop', image, join(space.folder, 'disk'));
      return new SmallDisk(space);
    } catch (error) {
      await space.remove();
      throw error;
    }
  }

  /** Takes all room but so many bytes. */
  fill(leaveBytes: number): void {
    const { bavail, bsize } = fs.statfsSync(this.root);
    fs.writeFileSync(
      join(this.root, FILLER),
      Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes), 1),
    );
  }

  /** Gives back the room that `fill` took. */
  free(): void {
    fs.rmSync(join(this.root, FILLER));
  }

  /** @throws when somebody has a file open for writing */
  remount(how: 'ro' | 'rw'): void {
    this.#space.run('mount', '-o', `remount,${how}`, join(this.#space.folder, 'disk'));
  }

  async remove(): Promise<void> {
    await this.#space.remove();
  }
}
