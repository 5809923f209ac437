import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initBank } from 'drovebank';
import { onTestFinished } from 'vitest';
import { OpenedBank } from '#lib/bank/bank.js';
import { openAt } from '#lib/bank/open-bank.js';
import type { Disk } from '#lib/disk/disk.js';
import type { Lock } from '#lib/disk/lock.js';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { nodeSystem } from '#lib/disk/node-system.js';
import type { System } from '#lib/disk/system.js';
import { checkOf } from '#lib/format/check.js';
import type { Host } from '#lib/store/host.js';
import {
  BARRIER_PAGES_MIN,
  INDEX_BLOCK_BYTES,
  PAGE_ROWS_MAX,
  PAGES_BYTES_MAX,
  ROOM_AFTER_BYTES,
  SEGMENT_BYTES_MAX,
  SLICE_ACCOUNTS_MAX,
} from '#lib/store/limits.js';
import { readManifest } from '#lib/store/manifest-file.js';
import { startPosterThread } from '#lib/store/poster-thread.js';
import { type BankFiles, wire } from '#lib/store/store.js';

/** One process as the store sees it, played within the test's own. */
export interface PlayedProcess {
  readonly files: BankFiles;
  readonly bank: OpenedBank;
}

/** Nobody cuts the power of a played machine: memory is disk enough for it, and syncs are free. */
const MEMORY = '/dev/shm';
export const ROOT = existsSync(MEMORY) ? MEMORY : tmpdir();

/**
 * A thread of a process that is only played dead may still be at it, and put up a notice in a bank that
 * is half removed: then it is removed again.
 */
function removeFolder(folder: string): void {
  for (let tries = 0; existsSync(folder); tries++) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (tries > 20) throw error;
    }
  }
}

/** Where a bank can be made; it goes when the test ends. */
export function newDirectory(root = ROOT): string {
  const folder = mkdtempSync(join(root, 'drovebank-test-'));
  onTestFinished(() => removeFolder(folder));
  return join(folder, 'bank');
}

/** A thread that never posts: what is posted, and when, the test says. */
export const noPoster = () => ({ alive: false, wake: () => {}, stop: async () => {} });

/** Who holds a played lock. One of the dead is stale when others have looked at it a few times. */
interface Holder {
  readonly pid: number;
  readonly identity: string;
  looks: number;
}

const STALE_LOOKS = 3;
let locks = 0;

/** A machine on which several processes are played: who lives is said by the test. */
export class Machine {
  readonly directory: string;
  readonly dead = new Set<number>();
  boot = nodeSystem().identity.boot;
  /** The wall clock, which may be set to anything. */
  now = () => Date.now();
  #pid = 100;
  readonly #holders = new Map<string, Holder>();

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** A new bank in a folder that goes when the test ends. */
  static async withBank(currency = 'USD'): Promise<Machine> {
    const directory = newDirectory();
    await initBank(directory, { currency });
    return new Machine(directory);
  }

  /** A machine on which nobody has opened the bank in `directory` yet. */
  static on(directory: string): Machine {
    return new Machine(directory);
  }

  /** The bank as it lies there now, in another folder, where everybody who had it open was killed. */
  fork(): Machine {
    const directory = newDirectory();
    cpSync(this.directory, directory, { recursive: true });
    const fork = new Machine(directory);
    fork.boot = this.boot;
    for (; fork.#pid < this.#pid; fork.#pid++) fork.dead.add(fork.#pid);
    return fork;
  }

  /** What a new process has of this machine. `alter` may put something between it and the disk. */
  host(alter: (disk: Disk) => Disk = (disk) => disk): Host & { pid: number } {
    const pid = this.#pid++;
    const real = nodeSystem();
    const system: System = {
      ...real,
      identity: { boot: this.boot, pidNamespace: '1', pid, started: `${pid}` },
      now: () => this.now(),
      isSurelyDead: (owner) => owner.boot === this.boot && this.dead.has(owner.pid),
      every: (ms, call) =>
        real.every(ms, () => {
          if (!this.dead.has(pid)) call();
        }),
    };
    const disk = alter(nodeDisk());
    return {
      pid,
      disk: () => disk,
      system,
      lockAt: (path) => this.#lockAt(path, pid),
      segmentBytesMax: SEGMENT_BYTES_MAX,
      roomAfterBytes: ROOM_AFTER_BYTES,
      pageRowsMax: PAGE_ROWS_MAX,
      barrierPagesMin: BARRIER_PAGES_MIN,
      sliceAccountsMax: SLICE_ACCOUNTS_MAX,
      pagesBytesMax: PAGES_BYTES_MAX,
      indexBlockBytes: INDEX_BLOCK_BYTES,
      hashPin: async (pin, salt) => checkOf(salt + pin),
      startPoster: startPosterThread,
    };
  }

  /** Starts a process that has the bank open. */
  async start(alter?: (disk: Disk) => Disk): Promise<PlayedProcess & { pid: number }> {
    const { pid, ...host } = this.host(alter);
    const manifest = await readManifest(host.disk({ shared: false }), this.directory);
    const files = wire(host, this.directory, manifest);
    return { pid, files, bank: new OpenedBank(files) };
  }

  /** Opens the bank as any process does: refused while it is damaged, a copy verified. */
  async open(host: Host): Promise<OpenedBank> {
    return openAt(host, this.directory);
  }

  /** kill -9: it does nothing more that anybody could see, and everybody can tell. */
  kill({ pid }: { pid: number }): void {
    this.dead.add(pid);
  }

  /** After a reboot nobody of before is alive, and the kernel has another id. */
  reboot(): void {
    this.boot = `${this.boot}1`;
    this.#holders.clear();
  }

  #lockAt(path: string, pid: number): Lock {
    return {
      tryTake: async () => {
        const held = this.#holders.get(path);
        if (held && (!this.dead.has(held.pid) || held.looks++ < STALE_LOOKS)) return undefined;
        const holder = { pid, identity: `lock${++locks}`, looks: 0 };
        this.#holders.set(path, holder);
        return async () => {
          if (this.#holders.get(path) === holder) this.#holders.delete(path);
        };
      },
      identity: () => this.#holders.get(path)?.identity ?? '',
      breakDead: () => void this.#holders.delete(path),
    };
  }
}
