/**
 * `answered`: how far the journal has been answered for, in a file of the writer's desk, new for each
 * epoch. Everybody else reads the journal exactly as far.
 *
 * After a crash of the process the mark is right (the kernel has it). After a reboot it may be an older
 * one, since it is never synced: it says no more than how far the journal must reach at least, for each
 * was set behind the sync of what it marks.
 */
import { join } from 'node:path';
import {
  type Disk,
  type DiskFile,
  ifThere,
  orClose,
  readRange,
  removeIfThere,
  writeAll,
} from '../disk/disk.js';
import { parseSegmentName } from '../format/journal-row.js';
import {
  decodeMark,
  encodeMark,
  MARK_BYTES,
  type Mark,
  type Position,
} from '../format/position.js';
import { unlessDamaged } from './damage.js';
import type { Desk } from './desk.js';
import { MARK_LOOKS_MAX } from './limits.js';

const PREFIX = 'answered-';

export function isMarkName(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** The mark of the desk's owner. */
export function markName(desk: Desk): string {
  return `${PREFIX}${desk.owner.number}`;
}

function pathOf(desk: Desk): string {
  return join(desk.path, markName(desk));
}

/** The writer's side: one mark, written over in place. */
export class MarkWriter {
  readonly #file: DiskFile;
  readonly #boot: string;

  private constructor(file: DiskFile, boot: string) {
    this.#file = file;
    this.#boot = boot;
  }

  /** Makes this epoch's mark; those of epochs before (`old`) go when it stands. */
  static async create(disk: Disk, desk: Desk, { position, boot }: Mark, old: readonly string[]) {
    const path = pathOf(desk);
    const mark = new MarkWriter(await disk.open(path, 'create'), boot);
    return orClose(mark, async () => {
      try {
        await mark.set(position);
      } catch (error) {
        // No room: an empty mark would hide the one before, by which the others go on reading.
        await removeIfThere(disk, path);
        throw error;
      }
      for (const name of old) await removeIfThere(disk, join(desk.path, name));
      return mark;
    });
  }

  async set(position: Position): Promise<void> {
    await writeAll(this.#file, Buffer.from(encodeMark({ position, boot: this.#boot })), 0);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/**
 * All marks in a desk that can be read, of whatever boot. One may go meanwhile: an owner before, who had
 * begun to remove it when the desk was taken, ends that step behind us. Then all are read again.
 */
export async function marksIn(disk: Disk, desk: Pick<Desk, 'path'>): Promise<Mark[]> {
  const gone = new Set<string>();
  let marks: Mark[];
  let before: number;
  do {
    marks = [];
    before = gone.size;
    for (const name of (await disk.list(desk.path)).filter(isMarkName)) {
      const text = await textOf(disk, join(desk.path, name));
      if (text === undefined) gone.add(name); // One that is listed again leads nowhere.
      const mark = decodeMark(text ?? '');
      if (mark) marks.push(mark);
    }
  } while (gone.size > before);
  return marks;
}

/** What a mark says; '' where it is no file, `undefined` when it is gone. */
async function textOf(disk: Disk, path: string): Promise<string | undefined> {
  const bytes = await ifThere(
    async () => (await unlessDamaged(() => disk.read(path))) ?? Buffer.alloc(0),
  );
  return bytes?.toString('latin1');
}

/** The furthest that was answered, as marks of this boot say. */
export function furthestOf(marks: readonly Mark[], boot: string): Position | undefined {
  let furthest: Position | undefined;
  for (const { position } of marks.filter((mark) => mark.boot === boot)) {
    if (furthest === undefined || isFurther(position, furthest)) furthest = position;
  }
  return furthest;
}

/**
 * The last entry that marks of before a reboot say was answered for; 0, if there is none. A journal that
 * ends before it has lost something.
 */
export function answeredBefore(marks: readonly Mark[], boot: string): number {
  const before = marks.filter((mark) => mark.boot !== boot);
  return Math.max(0, ...before.map(({ position }) => position.transfer));
}

function isFurther(mark: Position, other: Position): boolean {
  const [a, b] = [mark, other].map(({ segment }) => parseSegmentName(segment)?.number ?? 0);
  return a === b ? mark.offset > other.offset : (a ?? 0) > (b ?? 0);
}

/** The others' side: keeps the current desk's mark open and reads it again and again. */
export class MarkReader {
  readonly #disk: Disk;
  readonly #boot: string;
  #desk: Desk | undefined;
  #file: DiskFile | undefined;
  /** What was read last, and what it says; nothing of a file that was just opened. */
  #bytes: string | undefined;
  #position: Position | undefined;
  /** One look at a time: two would take the file that is open from each other. */
  #looking: Promise<unknown> = Promise.resolve();

  constructor(disk: Disk, boot: string) {
    this.#disk = disk;
    this.#boot = boot;
  }

  /**
   * How far has been answered, by the mark of `desk`. While its owner has not set one yet, the mark of
   * the owner before still lies there, and nothing has been answered since. `undefined`: neither.
   */
  read(desk: Desk): Promise<Position | undefined> {
    return this.#inTurn(() => this.#read(desk));
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#close());
  }

  #inTurn<T>(look: () => Promise<T>): Promise<T> {
    const next = this.#looking.then(look);
    this.#looking = next.catch(() => {}); // Told to whoever asked.
    return next;
  }

  async #read(desk: Desk): Promise<Position | undefined> {
    if (this.#desk?.path !== desk.path) await this.#open(desk);
    return this.#file === undefined ? this.#readBefore(desk) : this.#readOwn(this.#file);
  }

  async #readOwn(file: DiskFile): Promise<Position | undefined> {
    // Caught half written, the mark's own check does not fit: the writer is at it, look again.
    for (let look = 0; look < MARK_LOOKS_MAX; look++) {
      const bytes = (await readRange(file, 0, MARK_BYTES)).toString('latin1');
      if (bytes === this.#bytes) return this.#position;
      const mark = decodeMark(bytes);
      if (mark === undefined) continue;
      this.#bytes = bytes;
      this.#position = mark.boot === this.#boot ? mark.position : undefined;
      return this.#position;
    }
    return undefined;
  }

  async #readBefore(desk: Desk): Promise<Position | undefined> {
    // Without a desk: it is being replaced right now.
    return furthestOf((await ifThere(() => marksIn(this.#disk, desk))) ?? [], this.#boot);
  }

  async #open(desk: Desk): Promise<void> {
    await this.#close();
    this.#file = await ifThere(() => this.#disk.open(pathOf(desk), 'read'));
    if (this.#file) this.#desk = desk;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#desk = undefined;
    this.#bytes = undefined;
    this.#position = undefined;
    await file?.close();
  }
}
