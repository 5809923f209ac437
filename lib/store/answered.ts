/**
 * `answered`: how far the journal has been answered for, in a file of the writer's desk, new for each
 * epoch. Everybody else reads the journal exactly as far.
 *
 * After a crash of the process the mark is right (the kernel has it). After a reboot it means
 * nothing: it is never synced.
 */
import { join } from 'node:path';
import { type Disk, type DiskFile, errorCode, readRange, writeAll } from '../disk/disk.js';
import { decodeMark, encodeMark, MARK_BYTES, type Position } from '../format/position.js';
import type { Desk } from './desk.js';
import { removeIfThere } from './desk.js';

const PREFIX = 'answered-';

export function isMarkName(name: string): boolean {
  return name.startsWith(PREFIX);
}

function pathOf(desk: Desk): string {
  return join(desk.path, `${PREFIX}${desk.owner.number}`);
}

/** The writer's side: one mark, written over in place. */
export class MarkWriter {
  readonly #file: DiskFile;

  private constructor(file: DiskFile) {
    this.#file = file;
  }

  /** Makes this epoch's mark; those of epochs before (`old`) go when it stands. */
  static async create(disk: Disk, desk: Desk, position: Position, old: string[]) {
    const mark = new MarkWriter(await disk.open(pathOf(desk), 'create'));
    await mark.set(position);
    for (const name of old) await removeIfThere(disk, join(desk.path, name));
    return mark;
  }

  async set(position: Position): Promise<void> {
    await writeAll(this.#file, Buffer.from(encodeMark(position)), 0);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** The furthest of the marks that epochs before left in the desk. */
export async function furthestMark(
  disk: Disk,
  desk: Desk,
  names: readonly string[],
): Promise<Position | undefined> {
  let furthest: Position | undefined;
  for (const name of names) {
    const mark = decodeMark((await disk.read(join(desk.path, name))).toString('latin1'));
    if (mark && !isBehind(mark, furthest)) furthest = mark;
  }
  return furthest;
}

function isBehind(mark: Position, other: Position | undefined): boolean {
  if (other === undefined) return false;
  if (mark.segment !== other.segment) return mark.segment < other.segment;
  return mark.offset < other.offset;
}

/** The others' side: keeps the current desk's mark open and reads it again and again. */
export class MarkReader {
  readonly #disk: Disk;
  #desk: Desk | undefined;
  #file: DiskFile | undefined;
  #bytes = '';
  #position: Position | undefined;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** The mark of `desk`; `undefined` when its owner has not set it yet. */
  async read(desk: Desk): Promise<Position | undefined> {
    if (this.#desk?.path !== desk.path) await this.#open(desk);
    if (this.#file === undefined) return undefined;
    // Caught half written, the mark's own check does not fit: the writer is at it, look again.
    for (let look = 0; look < 1_000; look++) {
      const bytes = (await readRange(this.#file, 0, MARK_BYTES)).toString('latin1');
      if (bytes === this.#bytes) return this.#position;
      const position = decodeMark(bytes);
      if (position) {
        this.#bytes = bytes;
        this.#position = position;
        return position;
      }
    }
    return undefined;
  }

  async #open(desk: Desk): Promise<void> {
    await this.close();
    try {
      this.#file = await this.#disk.open(pathOf(desk), 'read');
      this.#desk = desk;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#desk = undefined;
    this.#bytes = '';
    await file?.close();
  }
}
