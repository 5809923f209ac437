/** Everything that may befall a file of a bank while nobody looks, one thing at a time. */
import { basename, dirname } from 'node:path';
import { DAMAGED_PREFIX } from '#lib/store/damage.js';
import type { SimulatedDisk } from '#lib/testing/simulated-disk.js';
import type { DamageBank } from './damage-bank.js';
import { BANK } from './oracle.js';

export interface Damage {
  /** Kind of file that is harmed. */
  readonly kind: string;
  readonly harm: string;
  /** For people: which file, and where. */
  readonly text: string;
  /** Files and folders that are touched, relative to the bank. */
  readonly files: readonly string[];
  /** A whole file of an older day. */
  readonly older: boolean;
  /** What becomes of the file; `undefined` where a folder is harmed, or the file is gone. */
  readonly bytes: () => Buffer | undefined;
  readonly strike: (disk: SimulatedDisk) => void;
}

const SECTOR = 512;
/** Bytes of a room of zeros are all alike: one of so many is harmed. */
const ROOM_STRIDE = 512;

const inBank = (path: string) => path.slice(BANK.length + 1).replace(/\/$/, '');

export function kindOf(path: string, { bytes }: DamageBank): string {
  const name = basename(path);
  const file = inBank(path);
  if (path.endsWith('/')) return file.startsWith('desks') ? 'desks' : 'folders';
  if (name === 'checkpoint.csv') return 'checkpoint';
  if (file.startsWith('journal/'))
    return path === segmentsOf(bytes).at(-1) ? 'last segment' : 'earlier segments';
  if (file.startsWith('accounts/'))
    return /\.\d{4}\.csv$/.test(name) ? 'sealed pages' : 'open pages';
  if (file.startsWith('index/')) return 'index';
  if (name.startsWith('answered-')) return 'mark';
  if (file.startsWith('desks/')) return 'tickets';
  return name;
}

export function segmentsOf(bytes: ReadonlyMap<string, Buffer>): string[] {
  return [...bytes.keys()].filter((path) => /\/journal\/\d+-\d+\.csv$/.test(path)).sort();
}

/** What is harmed, by how the bank was left: what is the same as in another one is harmed there. */
function isHarmed({ left }: DamageBank, kind: string): boolean {
  if (left === 'at work') return true;
  if (left === 'stopped') return ['PAIN.csv', 'desks', 'mark'].includes(kind);
  const same = ['bank.json', 'sealed pages', 'index', 'tickets', 'folders'];
  if (left === 'closed') return ![...same, 'earlier segments'].includes(kind);
  return ![...same, 'open pages'].includes(kind);
}

/** All of them. `bits`: how many of the eight bits of each byte are flipped, one at a time. */
export function* damagesOf(bank: DamageBank, bits: number): Generator<Damage> {
  for (const [path, bytes] of bank.bytes) {
    if (!path.startsWith(`${BANK}/`) || path === `${BANK}/`) continue;
    const kind = kindOf(path, bank);
    if (!isHarmed(bank, kind)) continue;
    if (path.endsWith('/')) yield* ofFolder(path, kind);
    else {
      yield* ofFile(path, bytes, kind, bits);
      yield* olderCopies(path, kind, bank);
    }
  }
  yield* swaps(bank);
}

type Change = readonly [path: string, bytes: () => Buffer | undefined];

function damage(
  kind: string,
  harm: string,
  text: string,
  changes: readonly Change[],
  older = false,
): Damage {
  return {
    kind,
    harm,
    text: `${inBank(changes[0]?.[0] ?? '')}: ${text}`,
    files: changes.map(([path]) => inBank(path)),
    older,
    bytes: () => changes[0]?.[1](),
    strike: (disk) => {
      for (const [path, bytes] of changes) putFile(disk, path, bytes());
    },
  };
}

function* ofFile(path: string, bytes: Buffer, kind: string, bits: number): Generator<Damage> {
  const one = (harm: string, text: string, make: () => Buffer | undefined) =>
    damage(kind, harm, text, [[path, make]]);
  const content = lengthOfContent(bytes);
  const places = Array.from({ length: bytes.length }, (_, at) => at).filter(
    (at) => at < content + 16 || at >= bytes.length - 16 || at % ROOM_STRIDE === 0,
  );
  for (const at of places) {
    for (let bit = 0; bit < bits; bit++) {
      // Another bit at each place, so that one bit of each is a sample of all.
      const mask = 1 << ((at + bit) % 8);
      yield one('a bit flipped', `byte ${at}, bit ${(at + bit) % 8}`, () => {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ mask;
        return flipped;
      });
    }
    if (at > 0) yield one('cut', `to ${at} bytes`, () => bytes.subarray(0, at));
  }
  yield one('gone', 'gone', () => undefined);
  yield {
    ...one('a folder in its place', 'a folder in its place', () => undefined),
    strike: (disk) => putFolder(disk, path),
  };
  if (bytes.length > 0) yield one('empty', 'empty', () => Buffer.alloc(0));
  for (const [what, more] of APPENDED)
    yield one('bytes appended', what, () => Buffer.concat([bytes, more]));
  const filled = bytes.subarray(0, content);
  for (const rows of [1, 2, 3, Number.POSITIVE_INFINITY]) {
    const again = Buffer.concat(rowsOf(filled).slice(0, rows));
    if (again.length === 0) continue;
    // Behind all, and behind the last row, where zeros are written over.
    const text = `its first ${rows} rows again`;
    yield one('bytes appended', text, () => Buffer.concat([bytes, again]));
    if (content < bytes.length)
      yield one('bytes appended', `${text}, in the room`, () => Buffer.concat([filled, again]));
  }
  yield* ofRows(one, bytes, content);
  for (let at = 0; at < content; at += SECTOR) {
    const end = Math.min(at + SECTOR, bytes.length);
    yield one('a block zeroed', `from byte ${at}`, () => Buffer.from(bytes).fill(0, at, end));
  }
}

const APPENDED: readonly [string, Buffer][] = [
  ['a line break', Buffer.from('\n')],
  ['zeros', Buffer.alloc(SECTOR)],
  ['a letter', Buffer.from('x')],
];

function* ofRows(
  one: (harm: string, text: string, make: () => Buffer) => Damage,
  bytes: Buffer,
  content: number,
): Generator<Damage> {
  const rows = rowsOf(bytes.subarray(0, content));
  const rest = bytes.subarray(content);
  const joined = (some: readonly (Buffer | undefined)[]) =>
    Buffer.concat([...some.filter((row) => row !== undefined), rest]);
  for (const [at, row] of rows.entries()) {
    const [before, behind] = [rows.slice(0, at), rows.slice(at + 1)];
    const where = `row ${at + 1} of ${rows.length}`;
    yield one('a row removed', where, () => joined([...before, ...behind]));
    yield one('a row doubled', where, () => joined([...before, row, row, ...behind]));
    yield one('a row zeroed', where, () =>
      joined([...before, Buffer.alloc(row.length), ...behind]),
    );
    const next = behind[0];
    if (next === undefined || next.equals(row)) continue;
    yield one('two rows swapped', where, () => joined([...before, next, row, ...behind.slice(1)]));
  }
}

function rowsOf(bytes: Buffer): Buffer[] {
  const rows: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start) + 1 || bytes.length;
    rows.push(bytes.subarray(start, end));
    start = end;
  }
  return rows;
}

function* olderCopies(path: string, kind: string, { older }: DamageBank): Generator<Damage> {
  const versions = older.get(path) ?? [];
  for (const [index, version] of versions.entries()) {
    const text = `version ${index + 1} of ${versions.length + 1}`;
    yield damage(kind, 'an older copy', text, [[path, () => version]], true);
  }
}

/** Files under each other's names, and one under another's. */
function* swaps({ bytes, left }: DamageBank): Generator<Damage> {
  if (left !== 'at work') return;
  const pages = [...bytes.keys()].filter(
    (path) => path.includes('/accounts/') && path.endsWith('.csv'),
  );
  for (const [kind, paths] of [
    ['pages', pages],
    ['segments', segmentsOf(bytes)],
  ] as const) {
    for (const a of paths) {
      for (const b of paths) {
        if (a === b) continue;
        // An earlier page of the same account in the place of the open one: as if it had never turned.
        const isOpenPage = (path: string) => path === passbookOf(path);
        const same = passbookOf(a) === passbookOf(b);
        const [there, here] = [() => bytes.get(a), () => bytes.get(b)];
        yield damage(
          kind,
          'under another name',
          `it is ${basename(a)}`,
          [[b, there]],
          same && isOpenPage(b),
        );
        if (a > b) continue;
        const both: Change[] = [
          [a, here],
          [b, there],
        ];
        yield damage(
          kind,
          'swapped',
          `swapped with ${basename(b)}`,
          both,
          same && (isOpenPage(a) || isOpenPage(b)),
        );
      }
    }
  }
}

const passbookOf = (path: string) => path.replace(/\.\d{4}\.csv$/, '.csv');

function* ofFolder(path: string, kind: string): Generator<Damage> {
  const folder = path.slice(0, -1);
  const one = (harm: string, strike: (disk: SimulatedDisk) => void): Damage => ({
    kind,
    harm,
    text: `${inBank(path)}: ${harm}`,
    files: [inBank(path)],
    older: false,
    bytes: () => undefined,
    strike,
  });
  yield one('gone', (disk) => removeAll(disk, folder));
  // Who can't take a lock is refused, and no harm is done.
  if (!folder.endsWith('.lock')) {
    yield one('a file in its place', (disk) => {
      removeAll(disk, folder);
      putFile(disk, folder, Buffer.from('x'));
    });
  }
  yield one('emptied', (disk) => {
    removeAll(disk, folder);
    putFolder(disk, folder);
  });
  if (!/\/desks\/(?:writer|poster)\/[^/]+$/.test(folder)) return;
  const name = basename(folder);
  const names: [string, string][] = [
    ['moved away', `${DAMAGED_PREFIX}${name}`],
    ['under an older epoch', name.replace(/^\d+/, '1')],
    ['under a newer epoch', name.replace(/^\d+/, '77')],
    ['under a name that is none', `x${name}`],
  ];
  for (const [harm, other] of names) {
    if (other === name) continue;
    yield one(harm, (disk) => {
      void disk.port().rename(folder, `${dirname(folder)}/${other}`);
      disk.settle();
    });
  }
  yield one('one of two', (disk) => {
    void disk.port().makeFolder(`${dirname(folder)}/${name.replace(/^\d+/, '1')}`);
    disk.settle();
  });
}

function removeAll(disk: SimulatedDisk, folder: string): void {
  const port = disk.port();
  const paths = [...disk.tree().keys()].filter((path) => path.startsWith(`${folder}/`));
  for (const path of paths.reverse()) {
    if (path.endsWith('/')) void port.removeFolder(path.slice(0, -1));
    else void port.remove(path);
  }
  disk.settle();
}

function putFile(disk: SimulatedDisk, path: string, bytes: Buffer | undefined): void {
  const port = disk.port();
  if (port.exists(path) === true) void port.remove(path);
  if (bytes !== undefined) {
    void port.open(path, 'create');
    disk.writeAt(path, bytes, 0);
  }
  disk.settle();
}

/** A folder in which nothing is, in the place of a file. */
function putFolder(disk: SimulatedDisk, path: string): void {
  putFile(disk, path, undefined);
  void disk.port().makeFolder(path);
  disk.settle();
}

export function lengthOfContent(bytes: Buffer): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return length;
}
