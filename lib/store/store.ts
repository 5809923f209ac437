/** A bank's files, wired together: the one place where the parts are handed to each other. */
import { join } from 'node:path';
import type { Disk } from '../disk/disk.js';
import type { Lock } from '../disk/lock.js';
import type { System } from '../disk/system.js';
import type { Manifest } from '../format/manifest.js';
import type { DigitsOf } from '../format/passbook-page.js';
import { bankDisk } from './bank-disk.js';
import { PAIN_FILE, refuseDamaged } from './damage.js';
import { Desks, type Role } from './desk.js';
import { FileLog } from './file-log.js';
import type { Host } from './host.js';
import { Journal } from './journal.js';
import { Lease } from './lease.js';
import { digitsBy, MANIFEST_FILE, readManifest } from './manifest-file.js';
import { Passbooks } from './passbooks.js';
import { Place } from './place.js';
import { Poster } from './poster.js';
import type { PosterThread } from './poster-thread.js';
import { Queue } from './queue.js';

/** What makes candidates for one role wait for each other, and the desk that decides. */
export interface Station {
  readonly desks: Desks;
  readonly queue: Queue;
  readonly lock: Lock;
  readonly lease: Lease;
}

/** The parts that read and write one bank directory. */
export interface BankFiles {
  readonly directory: string;
  readonly disk: Disk;
  readonly system: System;
  readonly manifest: Manifest;
  readonly digitsOf: DigitsOf;
  readonly journal: Journal;
  readonly log: FileLog;
  readonly passbooks: Passbooks;
  readonly writerQueue: Queue;
  readonly posterQueue: Queue;
  readonly poster: Poster;
  readonly stations: Readonly<Record<Role, Station>>;
  /** Starts to post beside whoever answers. */
  readonly hashPin: Host['hashPin'];
  startPoster(): PosterThread;
  /** Removes both locks: for a copy of a bank, whose locks nobody holds. */
  breakLocks(): void;
}

/** Opens the files of the bank in `directory`. Nothing is written yet. */
export async function openFiles(host: Host, directory: string): Promise<BankFiles> {
  const manifest = await readManifest(host.disk({ shared: false }), directory);
  const files = wire(host, directory, manifest);
  if (await files.disk.exists(join(directory, PAIN_FILE))) {
    throw await refuseDamaged(files.disk, directory);
  }
  return files;
}

/** Wires the parts, on whatever machine. */
export function wire(host: Host, directory: string, manifest: Manifest): BankFiles {
  const { system, segmentBytesMax, roomAfterBytes } = host;
  const { pageRowsMax, barrierPagesMin, sliceAccountsMax, pagesBytesMax, indexBlockBytes } = host;
  const owned = { shared: manifest.shared, ownedAs: join(directory, MANIFEST_FILE) };
  const disk = bankDisk(host.disk(owned), directory);
  const digitsOf = digitsBy(manifest);
  const journal = new Journal(disk, directory, digitsOf);
  const passbooks = new Passbooks(disk, directory, digitsOf);
  const place = new Place(disk, directory);
  const of = (role: Role): Station => {
    const desks = new Desks(disk, system, directory, role, place);
    const queue = new Queue(disk, system, directory, role);
    const lock = host.lockAt(join(directory, 'desks', `${role}.lock`));
    return { desks, queue, lock, lease: new Lease(disk, system, desks, queue, lock) };
  };
  const writer = of('writer');
  const posting = of('poster');
  const around = { disk, system, directory };
  const segments = { journal, segmentBytesMax, roomAfterBytes };
  const log = new FileLog({ ...around, ...segments, ...writer });
  const limits = { pageRowsMax, barrierPagesMin, sliceAccountsMax, pagesBytesMax, indexBlockBytes };
  const pages = { passbooks, digitsOf, ...limits };
  const poster = new Poster({ ...around, ...pages, log, ...posting });
  const breakLocks = () => {
    for (const { lock } of [writer, posting]) lock.breakDead();
  };
  const startPoster = () => host.startPoster(directory);
  const parts = { directory, disk, system, manifest, digitsOf, journal, log, passbooks, poster };
  return {
    ...parts,
    writerQueue: writer.queue,
    posterQueue: posting.queue,
    stations: { writer, poster: posting },
    hashPin: host.hashPin,
    startPoster,
    breakLocks,
  };
}
