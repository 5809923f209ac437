/**
 * A disk in memory that knows what a power cut would leave of it. Each change is kept apart, as an
 * effect, until something makes it durable; `afterPowerCut` builds the disk that has some of them.
 *
 * What it assumes is what POSIX allows and no more: a sync of a file makes its bytes and its length
 * durable but not its name, a sync of a folder the names in it, and all else may reach the disk in any
 * order, or not, a write in pieces of 512 bytes. Two journaling file systems can be played besides.
 */
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { Disk, DiskFile, FileFacts } from '../disk/disk.js';
import { systemError } from './hooked-disk.js';

/**
 * What else holds. `posix`: nothing. `ext4`: names change in order, a name that replaces another comes
 * after the bytes, and a sync of a file makes all names durable. `xfs`: the same but for the bytes, so
 * that a file may have its name and no length.
 */
export type FileSystemKind = 'posix' | 'ext4' | 'xfs';

/** What a failed sync leaves: real systems differ, and the bank must survive them all. */
export type FailedSync =
  /** The bytes are still to be written: a later sync may succeed. */
  | 'dirty'
  /** The system shows the new bytes and will never write them. */
  | 'forgotten'
  /** The system has gone back to the bytes on the disk. */
  | 'reverted'
  /** All bytes are on the disk. */
  | 'late';

interface FileNode {
  readonly kind: 'file';
  readonly bytes: Buffer;
  readonly durable: Buffer;
}

interface FolderNode {
  readonly kind: 'folder';
  readonly entries: ReadonlyMap<string, number>;
  readonly durable: ReadonlyMap<string, number>;
}

type Node = FileNode | FolderNode;

/** A change that is not durable yet. Those `after` which it came are durable before it. */
export interface Effect {
  readonly number: number;
  readonly after: readonly number[];
  /** The file or folder that it changes. */
  readonly node: number;
  /** For people: `link journal/x`. */
  readonly text: string;
  readonly change: Change;
}

type Change =
  | { readonly to: 'length'; readonly length: number }
  | { readonly to: 'bytes'; readonly offset: number; readonly bytes: Buffer }
  | { readonly to: 'cut'; readonly length: number }
  | { readonly to: 'link'; readonly name: string; readonly target: number }
  | { readonly to: 'unlink'; readonly name: string }
  | {
      readonly to: 'rename';
      readonly name: string;
      readonly target: number;
      readonly from: string;
    };

const SECTOR = 512;
const ROOT = 1;
const NOTHING = Buffer.alloc(0);

export interface SimulatedDiskOptions {
  readonly kind?: FileSystemKind;
  /** Milliseconds, for the time of a change. */
  readonly clock?: () => number;
  /** Bytes that the disk holds, all files together. */
  readonly capacity?: number;
}

/** What nodes and changes say, as text: neither ever changes, so that each is read once. */
const said = new WeakMap<Node | Change, string>();

/** Called between the two halves of a step on names: finding the folder, and changing it. */
export type Between = () => Promise<void> | void;

export class SimulatedDisk {
  readonly kind: FileSystemKind;
  capacity: number;
  readonly #clock: () => number;
  #nodes: Map<number, Node>;
  #effects: Effect[] = [];
  #nextNode = ROOT + 1;
  #nextEffect = 1;
  /** When a file or folder was touched last, where that is not when it was written. */
  #touched = new Map<number, number>();
  readonly #watchers = new Map<number, Set<() => void>>();

  constructor({
    kind = 'posix',
    clock = () => 0,
    capacity = Number.POSITIVE_INFINITY,
  }: SimulatedDiskOptions = {}) {
    this.kind = kind;
    this.capacity = capacity;
    this.#clock = clock;
    this.#nodes = new Map([[ROOT, { kind: 'folder', entries: new Map(), durable: new Map() }]]);
  }

  /** The changes that a power cut may take back, oldest first. */
  get effects(): readonly Effect[] {
    return this.#effects;
  }

  /** Bytes of all files that have a name. */
  get used(): number {
    let sum = 0;
    for (const number of this.#reachable()) {
      const node = this.#nodes.get(number);
      if (node?.kind === 'file') sum += node.bytes.length;
    }
    return sum;
  }

  /** The same disk in the same state, changes that are not durable among them. */
  clone(options: SimulatedDiskOptions = {}): SimulatedDisk {
    const clone = new SimulatedDisk({
      kind: this.kind,
      clock: this.#clock,
      capacity: this.capacity,
      ...options,
    });
    clone.#nodes = new Map(this.#nodes);
    clone.#effects = [...this.#effects];
    clone.#touched = new Map(this.#touched);
    clone.#nextNode = this.#nextNode;
    clone.#nextEffect = this.#nextEffect;
    clone.#forgetLost();
    return clone;
  }

  /** Makes everything durable. */
  settle(): void {
    this.#commit(this.#effects);
  }

  /** Makes some of the changes durable, as a system does on its own now and then. */
  writeBack(random: () => number): void {
    const share = random();
    this.#commit(this.#effects.filter(() => random() < share));
  }

  /** The disk after a power cut of which exactly the effects survived that `survives` names. */
  afterPowerCut(survives: ReadonlySet<number>, options: SimulatedDiskOptions = {}): SimulatedDisk {
    const disk = this.clone(options);
    disk.#commit(this.#effects.filter(({ number }) => survives.has(number)));
    disk.#effects = [];
    for (const [number, node] of disk.#nodes) {
      if (node.kind === 'file') disk.#nodes.set(number, { ...node, bytes: node.durable });
      else disk.#nodes.set(number, { ...node, entries: node.durable });
    }
    disk.#forgetLost();
    return disk;
  }

  /** Every file with its bytes and every folder (ending in `/`), by its path. */
  tree(): Map<string, Buffer> {
    const found = new Map<string, Buffer>();
    const walk = (number: number, path: string) => {
      const node = this.#nodes.get(number);
      if (node?.kind === 'file') found.set(path, node.bytes);
      if (node?.kind !== 'folder') return;
      found.set(`${path}/`, NOTHING);
      for (const [name, inner] of [...node.entries].sort(byName)) walk(inner, `${path}/${name}`);
    };
    walk(ROOT, '');
    return found;
  }

  /** The same text for disks in the same state, changes that are not durable among it: to leave out what was seen. */
  fingerprint(): string {
    const parts = [...this.#nodes].map(([number, node]) => `${number} ${sayingOf(node)}`);
    // Changes of one file or folder are in order; those of different ones came in any.
    const changes = [...this.#effects].sort((a, b) => a.node - b.node || a.number - b.number);
    const places = new Map(changes.map(({ number }, index) => [number, index]));
    for (const { node, after, change } of changes) {
      const earlier = after.map((number) => places.get(number));
      parts.push(`${node} ${earlier} ${sayingOf(change)}`);
    }
    return createHash('sha1').update(parts.join()).digest('base64');
  }

  /** Writes into the file at `path`, if there is one. */
  writeAt(path: string, bytes: Buffer, position: number): boolean {
    const number = this.#find(path);
    const node = number === undefined ? undefined : this.#nodes.get(number);
    if (number === undefined || node?.kind !== 'file') return false;
    this.#write(number, node, bytes, position, path);
    return true;
  }

  /** The port of one process to this disk. `between` may let others act in the middle of a step. */
  port(between: Between = () => {}): Disk {
    return {
      read: (path) => this.#fileAt(path).bytes,
      list: (path) => [...this.#folderAt(path).entries.keys()],
      facts: (path) => this.#facts(path),
      exists: (path) => this.#find(path) !== undefined,
      open: (path, mode) => {
        if (mode !== 'create') return this.#handle(this.#fileNumber(path), mode, path);
        return this.#changeName(path, between, (folder, name) => {
          if (this.#entries(folder).has(name)) throw systemError('EEXIST', path);
          const number = this.#add({ kind: 'file', bytes: NOTHING, durable: NOTHING });
          this.#link(folder, name, number);
          return this.#handle(number, 'write', path);
        });
      },
      rename: (from, to) => this.#rename(from, to, between),
      remove: (path) =>
        this.#changeName(path, between, (folder, name) => {
          const node = this.#node(this.#entries(folder).get(name), path);
          if (node.kind === 'folder') throw systemError('EISDIR', path);
          this.#unlink(folder, name);
        }),
      makeFolder: (path) =>
        this.#changeName(path, between, (folder, name) => {
          if (this.#entries(folder).has(name)) return false;
          this.#link(
            folder,
            name,
            this.#add({ kind: 'folder', entries: new Map(), durable: new Map() }),
          );
          return true;
        }),
      removeFolder: (path) =>
        this.#changeName(path, between, (folder, name) => {
          const node = this.#node(this.#entries(folder).get(name), path);
          if (node.kind === 'file') throw systemError('ENOTDIR', path);
          if (node.entries.size > 0) throw systemError('ENOTEMPTY', path);
          this.#unlink(folder, name);
        }),
      syncFolder: (path) => this.#syncFolder(this.#folderNumber(path)),
      flushFileSystem: (path) => {
        this.#node(this.#find(path), path);
        this.settle();
        return true;
      },
      touch: (path) => {
        const number = this.#find(path);
        this.#node(number, path);
        this.#touched.set(number as number, this.#clock());
      },
      watch: (path, changed) => this.#watch(path, changed),
    };
  }

  /** Lets a sync of the file at `path` fail. */
  failSync(path: string, how: FailedSync): never {
    const number = this.#find(path);
    if (number !== undefined) {
      const mine = this.#effects.filter(({ node }) => node === number);
      const node = this.#node(number, path);
      if (how === 'late') this.#commit(mine);
      if (how === 'forgotten' || how === 'reverted') this.#drop(mine);
      if (how === 'reverted' && node.kind === 'file') {
        this.#nodes.set(number, { ...node, bytes: node.durable });
      }
    }
    throw systemError('EIO', path);
  }

  // Paths.

  #find(path: string): number | undefined {
    let number: number | undefined = ROOT;
    for (const name of path.split('/')) {
      if (name === '' || name === '.') continue;
      const node: Node | undefined = this.#nodes.get(number ?? 0);
      if (node === undefined) return undefined;
      if (node.kind === 'file') throw systemError('ENOTDIR', path);
      number = node.entries.get(name);
      if (number === undefined) return undefined;
    }
    return number;
  }

  #node(number: number | undefined, path: string): Node {
    const node = number === undefined ? undefined : this.#nodes.get(number);
    if (node === undefined) throw systemError('ENOENT', path);
    return node;
  }

  #fileNumber(path: string): number {
    const number = this.#find(path);
    if (this.#node(number, path).kind === 'folder') throw systemError('EISDIR', path);
    return number as number;
  }

  #fileAt(path: string): FileNode {
    return this.#nodes.get(this.#fileNumber(path)) as FileNode;
  }

  #folderNumber(path: string): number {
    const number = this.#find(path);
    if (this.#node(number, path).kind === 'file') throw systemError('ENOTDIR', path);
    return number as number;
  }

  #folderAt(path: string): FolderNode {
    return this.#nodes.get(this.#folderNumber(path)) as FolderNode;
  }

  #entries(folder: number): ReadonlyMap<string, number> {
    return (this.#nodes.get(folder) as FolderNode).entries;
  }

  #facts(path: string): FileFacts | undefined {
    const number = this.#find(path);
    const node = number === undefined ? undefined : this.#nodes.get(number);
    if (number === undefined || node === undefined) return undefined;
    const folder = node.kind === 'folder';
    return {
      size: folder ? 0 : node.bytes.length,
      inode: `${number}`,
      links: 1,
      born: `${number}`,
      modified: this.#touched.get(number) ?? 0,
      folder,
    };
  }

  // Names.

  /** Finds the folder of `path`, lets others act, then changes it, wherever it lies by then. */
  #changeName<T>(
    path: string,
    between: Between,
    change: (folder: number, name: string) => T,
  ): T | Promise<T> {
    const folder = this.#folderNumber(dirname(path));
    const pause = between();
    const act = () => {
      // A folder that was removed meanwhile takes no new names.
      if (!this.#hasName(folder)) throw systemError('ENOENT', path);
      return change(folder, basename(path));
    };
    return pause instanceof Promise ? pause.then(act) : act();
  }

  #rename(from: string, to: string, between: Between): void | Promise<void> {
    const [source, target] = [dirname(from), dirname(to)].map((path) => this.#folderNumber(path));
    const pause = between();
    const act = () => {
      if (source === undefined || target === undefined) return;
      if (!this.#hasName(source) || !this.#hasName(target)) throw systemError('ENOENT', from);
      const moved = this.#entries(source).get(basename(from));
      const node = this.#node(moved, from);
      const there = this.#nodes.get(this.#entries(target).get(basename(to)) ?? 0);
      if (there !== undefined && there !== node) {
        if (node.kind === 'folder' && there.kind === 'file') throw systemError('ENOTDIR', to);
        if (node.kind === 'file' && there.kind === 'folder') throw systemError('EISDIR', to);
        if (there.kind === 'folder' && there.entries.size > 0) throw systemError('ENOTEMPTY', to);
      }
      if (there !== node) this.#move(source, basename(from), target, basename(to), moved as number);
    };
    return pause instanceof Promise ? pause.then(act) : act();
  }

  #move(source: number, from: string, target: number, name: string, moved: number): void {
    const replaces = this.#entries(target).has(name);
    const bytesFirst = this.kind === 'ext4' && replaces ? this.#pendingOf(moved) : [];
    if (source === target) {
      const entries = new Map(this.#entries(source));
      entries.delete(from);
      entries.set(name, moved);
      this.#setEntries(source, entries);
      const change: Change = { to: 'rename', name, target: moved, from };
      this.#note(source, change, [...this.#afterName(source, from, name), ...bytesFirst]);
      return;
    }
    this.#setEntries(target, new Map(this.#entries(target)).set(name, moved));
    const link: Change = { to: 'link', name, target: moved };
    const linked = this.#note(target, link, [...this.#afterName(target, name), ...bytesFirst]);
    const entries = new Map(this.#entries(source));
    entries.delete(from);
    this.#setEntries(source, entries);
    // Never gone from both folders: every journaling file system holds this.
    this.#note(source, { to: 'unlink', name: from }, [...this.#afterName(source, from), linked]);
  }

  #link(folder: number, name: string, target: number): void {
    this.#setEntries(folder, new Map(this.#entries(folder)).set(name, target));
    this.#note(folder, { to: 'link', name, target }, this.#afterName(folder, name));
  }

  #unlink(folder: number, name: string): void {
    const entries = new Map(this.#entries(folder));
    entries.delete(name);
    this.#setEntries(folder, entries);
    this.#note(folder, { to: 'unlink', name }, this.#afterName(folder, name));
  }

  #setEntries(folder: number, entries: ReadonlyMap<string, number>): void {
    const node = this.#nodes.get(folder) as FolderNode;
    this.#nodes.set(folder, { ...node, entries });
    this.#touched.set(folder, this.#clock());
    for (const changed of this.#watchers.get(folder) ?? []) changed();
  }

  /** The changes that a change of these names in a folder comes after. */
  #afterName(folder: number, ...names: string[]): number[] {
    const earlier = this.#effects.filter(({ node, change }) => {
      if (change.to !== 'link' && change.to !== 'unlink' && change.to !== 'rename') return false;
      if (this.kind !== 'posix') return true; // One journal for all names.
      if (node !== folder) return false;
      return names.includes(change.name) || (change.to === 'rename' && names.includes(change.from));
    });
    return earlier.map(({ number }) => number);
  }

  #hasName(folder: number): boolean {
    return folder === ROOT || this.#reachable().has(folder);
  }

  // Bytes.

  #handle(number: number, mode: 'read' | 'write', path: string): DiskFile {
    let closed = false;
    const node = () => {
      if (closed) throw systemError('EBADF', path);
      return this.#nodes.get(number) as FileNode;
    };
    const writable = () => {
      if (mode === 'read') throw systemError('EBADF', path);
      return node();
    };
    return {
      read: (buffer, position) => {
        const { bytes } = node();
        return bytes.copy(buffer, 0, Math.min(position, bytes.length));
      },
      write: (bytes, position) => this.#write(number, writable(), bytes, position, path),
      sync: () => {
        node();
        this.#sync(number);
      },
      size: () => node().bytes.length,
      truncate: (size) => this.#truncate(number, writable(), size),
      close: () => {
        node();
        closed = true;
      },
    };
  }

  #write(number: number, node: FileNode, data: Buffer, position: number, path: string): number {
    const before = node.bytes.length;
    const grows = Math.max(0, position + data.length - before);
    let count = data.length;
    if (grows > 0 && Number.isFinite(this.capacity)) {
      const room = this.capacity - this.used;
      if (room < grows) count = data.length - grows + Math.max(0, room);
      if (count <= 0) throw systemError('ENOSPC', path);
    }
    const part = Buffer.from(data.subarray(0, count));
    const end = position + count;
    const bytes = Buffer.alloc(Math.max(before, end));
    node.bytes.copy(bytes);
    part.copy(bytes, position);
    this.#nodes.set(number, { ...node, bytes });
    this.#touched.set(number, this.#clock());
    const earlier = this.#effects.filter((effect) => effect.node === number);
    const cuts = earlier.filter(({ change }) => change.to === 'cut').map((effect) => effect.number);
    const grown: number[] = [];
    if (end > before && this.kind === 'posix') {
      const lengths = earlier.filter(({ change }) => change.to === 'length');
      const after = [...lengths.map((effect) => effect.number), ...cuts];
      grown.push(this.#note(number, { to: 'length', length: end }, after));
    }
    for (const [offset, piece] of piecesOf(part, position)) {
      const over = earlier.filter(
        ({ change }) => change.to === 'bytes' && touchesSector(change, offset, piece.length),
      );
      const known = this.#skipBetween(over, offset, piece.length);
      const after = [...(known ?? over.map((effect) => effect.number)), ...cuts, ...grown];
      this.#note(number, { to: 'bytes', offset, bytes: piece }, after);
    }
    return count;
  }

  /**
   * Of bytes that are written over again and again without a sync (a mark) the first and the last
   * writing are kept. Answers what the last one comes after, if there is one in between.
   */
  #skipBetween(
    over: readonly Effect[],
    offset: number,
    length: number,
  ): readonly number[] | undefined {
    const same = over.filter(
      ({ change }) =>
        change.to === 'bytes' && change.offset === offset && change.bytes.length === length,
    );
    const last = same.at(-1);
    if (same.length < 2 || same.length < over.length || last === undefined) return undefined;
    this.#drop([last]);
    return last.after;
  }

  #truncate(number: number, node: FileNode, size: number): void {
    const bytes = Buffer.alloc(size);
    node.bytes.copy(bytes);
    this.#nodes.set(number, { ...node, bytes });
    this.#touched.set(number, this.#clock());
    const earlier = this.#effects.filter(
      ({ node: other, change }) => other === number && change.to !== 'bytes',
    );
    this.#note(
      number,
      { to: 'cut', length: size },
      earlier.map((effect) => effect.number),
    );
  }

  // Durability.

  #sync(number: number): void {
    const mine = new Set(this.#pendingOf(number));
    const names = this.kind !== 'posix';
    this.#commit(
      this.#effects.filter(
        (effect) => mine.has(effect.number) || (names && isOfNames(effect.change)),
      ),
    );
  }

  #syncFolder(folder: number): void {
    this.#commit(
      this.#effects.filter(
        ({ node, change }) => node === folder || (this.kind !== 'posix' && isOfNames(change)),
      ),
    );
  }

  #pendingOf(number: number): number[] {
    return this.#effects.filter(({ node }) => node === number).map((effect) => effect.number);
  }

  #note(node: number, change: Change, after: readonly number[]): number {
    const number = this.#nextEffect++;
    this.#effects.push({ number, after: [...new Set(after)], node, text: tell(change), change });
    return number;
  }

  /** These are durable now, and with them all that they come after. */
  #commit(effects: readonly Effect[]): void {
    if (effects.length === 0) return;
    const chosen = closureOf(effects, this.#effects);
    for (const effect of this.#effects) {
      if (chosen.has(effect.number)) this.#apply(effect);
    }
    this.#effects = this.#effects.filter(({ number }) => !chosen.has(number));
  }

  #drop(effects: readonly Effect[]): void {
    const dropped = new Set(effects.map(({ number }) => number));
    this.#effects = this.#effects.filter(({ number }) => !dropped.has(number));
  }

  #apply({ node: number, change }: Effect): void {
    const node = this.#nodes.get(number);
    if (node === undefined) return;
    if (node.kind === 'folder') {
      const durable = new Map(node.durable);
      if (change.to === 'unlink') durable.delete(change.name);
      if (change.to === 'rename') durable.delete(change.from);
      if (change.to === 'link' || change.to === 'rename') durable.set(change.name, change.target);
      this.#nodes.set(number, { ...node, durable });
      return;
    }
    let { durable } = node;
    if (change.to === 'cut') durable = resized(durable, change.length);
    if (change.to === 'length') durable = resized(durable, Math.max(durable.length, change.length));
    if (change.to === 'bytes') {
      const end = change.offset + change.bytes.length;
      durable = Buffer.from(resized(durable, Math.max(durable.length, end)));
      change.bytes.copy(durable, change.offset);
    }
    this.#nodes.set(number, { ...node, durable });
  }

  // Housekeeping.

  #add(node: Node): number {
    const number = this.#nextNode++;
    this.#touched.set(number, this.#clock());
    this.#nodes.set(number, node);
    return number;
  }

  /** Every file and folder that has a name now. */
  #reachable(): Set<number> {
    const found = new Set<number>([ROOT]);
    for (const number of found) {
      const node = this.#nodes.get(number);
      if (node?.kind === 'folder') for (const inner of node.entries.values()) found.add(inner);
    }
    return found;
  }

  /** Forgets what no name leads to, now or after a power cut. */
  #forgetLost(): void {
    const found = new Set<number>([ROOT]);
    for (const { node, change } of this.#effects) {
      found.add(node);
      if (change.to === 'link' || change.to === 'rename') found.add(change.target);
    }
    for (const number of found) {
      const node = this.#nodes.get(number);
      if (node?.kind !== 'folder') continue;
      for (const inner of node.entries.values()) found.add(inner);
      for (const inner of node.durable.values()) found.add(inner);
    }
    for (const number of this.#nodes.keys()) if (!found.has(number)) this.#nodes.delete(number);
  }

  #watch(path: string, changed: () => void): () => void {
    const number = this.#find(path);
    if (number === undefined) return () => {};
    const watchers = this.#watchers.get(number) ?? new Set();
    this.#watchers.set(number, watchers.add(changed));
    return () => watchers.delete(changed);
  }
}

/** The numbers of `effects` and of all that they come after. */
export function closureOf(effects: readonly Effect[], all: readonly Effect[]): Set<number> {
  const byNumber = new Map(all.map((effect) => [effect.number, effect]));
  const closed = new Set(effects.map(({ number }) => number));
  for (const number of closed) {
    for (const earlier of byNumber.get(number)?.after ?? []) {
      if (byNumber.has(earlier)) closed.add(earlier);
    }
  }
  return closed;
}

function isOfNames({ to }: Change): boolean {
  return to === 'link' || to === 'unlink' || to === 'rename' || to === 'cut';
}

/** A write as the pieces in which it may reach the disk: its sectors, the middle ones together. */
function piecesOf(bytes: Buffer, position: number): [number, Buffer][] {
  const first = position - (position % SECTOR);
  const cuts: number[] = [];
  for (let at = first + SECTOR; at < position + bytes.length; at += SECTOR) cuts.push(at);
  const some = cuts.length <= 3 ? cuts : [cuts[0], cuts[cuts.length >> 1], cuts.at(-1)];
  const bounds = [position, ...(some as number[]), position + bytes.length];
  return bounds.slice(1).map((end, index) => {
    const start = bounds[index] as number;
    return [start, bytes.subarray(start - position, end - position)];
  });
}

function touchesSector(
  { offset, bytes }: { offset: number; bytes: Buffer },
  start: number,
  length: number,
): boolean {
  const sector = (at: number) => Math.floor(at / SECTOR);
  return (
    sector(offset) <= sector(start + length - 1) &&
    sector(start) <= sector(offset + bytes.length - 1)
  );
}

function resized(bytes: Buffer, length: number): Buffer {
  if (bytes.length === length) return bytes;
  if (bytes.length > length) return bytes.subarray(0, length);
  return Buffer.concat([bytes], length);
}

function sayingOf(what: Node | Change): string {
  const known = said.get(what);
  if (known !== undefined) return known;
  const hash = createHash('sha1');
  const tell = (_: string, value: unknown) => (value instanceof Map ? [...value].sort() : value);
  if ('kind' in what) {
    if (what.kind === 'file') hash.update(`${what.bytes.length} `).update(what.bytes);
    if (what.kind === 'file') hash.update(what.durable);
    else hash.update(JSON.stringify([what.entries, what.durable], tell));
  } else {
    hash.update(JSON.stringify(what));
  }
  const text = hash.digest('base64');
  said.set(what, text);
  return text;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function tell(change: Change): string {
  switch (change.to) {
    case 'length':
    case 'cut':
      return `${change.to} ${change.length}`;
    case 'bytes':
      return `bytes ${change.offset}+${change.bytes.length}`;
    case 'rename':
      return `rename ${change.from} to ${change.name}`;
    default:
      return `${change.to} ${change.name}`;
  }
}
