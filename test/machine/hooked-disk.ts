import type { Awaitable, Disk, DiskFile } from '#lib/disk/disk.js';

/** One call of the disk port, as a hook sees it. */
export interface Step {
  readonly name: keyof Disk | keyof DiskFile | 'create';
  readonly path: string;
  /** What is being written. */
  readonly bytes?: Buffer;
}

/** Lets a step through with `go` (a write perhaps with fewer bytes), or fails it. */
export type Hook = <T>(step: Step, go: (bytes?: Buffer) => Awaitable<T>) => Awaitable<T>;

const LOOKS: readonly Step['name'][] = ['read', 'list', 'facts', 'exists', 'open', 'size'];

/** Whether a step may change what others see, or what a power cut leaves. */
export function changes({ name }: Step): boolean {
  return !LOOKS.includes(name);
}

/** `disk` with something between it and the store. */
export function hooked(disk: Disk, hook: Hook): Disk {
  const wrap = (path: string, file: DiskFile): DiskFile => ({
    read: (buffer, position) => hook({ name: 'read', path }, () => file.read(buffer, position)),
    write: (bytes, position) =>
      hook({ name: 'write', path, bytes }, (some = bytes) => file.write(some, position)),
    sync: () => hook({ name: 'sync', path }, () => file.sync()),
    size: () => hook({ name: 'size', path }, () => file.size()),
    truncate: (size) => hook({ name: 'truncate', path }, () => file.truncate(size)),
    close: () => hook({ name: 'close', path }, () => file.close()),
  });
  return {
    read: (path) => hook({ name: 'read', path }, () => disk.read(path)),
    list: (path) => hook({ name: 'list', path }, () => disk.list(path)),
    facts: (path) => hook({ name: 'facts', path }, () => disk.facts(path)),
    exists: (path) => hook({ name: 'exists', path }, () => disk.exists(path)),
    async open(path, mode) {
      const name = mode === 'create' ? 'create' : 'open';
      return wrap(path, await hook({ name, path }, () => disk.open(path, mode)));
    },
    rename: (from, path) => hook({ name: 'rename', path }, () => disk.rename(from, path)),
    remove: (path) => hook({ name: 'remove', path }, () => disk.remove(path)),
    makeFolder: (path) => hook({ name: 'makeFolder', path }, () => disk.makeFolder(path)),
    removeFolder: (path) => hook({ name: 'removeFolder', path }, () => disk.removeFolder(path)),
    syncFolder: (path) => hook({ name: 'syncFolder', path }, () => disk.syncFolder(path)),
    flushFileSystem: (path) =>
      hook({ name: 'flushFileSystem', path }, () => disk.flushFileSystem(path)),
    touch: (path) => hook({ name: 'touch', path }, () => disk.touch(path)),
    watch: (path, changed) => disk.watch(path, changed),
  };
}

const never = new Promise<never>(() => {});

/**
 * kill -9 at one step: from the moment it strikes the process gets no answer to anything that it
 * asks of the disk, and nothing that it asks for happens.
 */
export class KillSwitch {
  /** Steps that changed something since it was armed. */
  steps: Step[] = [];
  #killAt = Number.POSITIVE_INFINITY;
  #torn = false;
  #dead = false;
  #strike = () => {};
  readonly struck = new Promise<'killed'>((resolve) => {
    this.#strike = () => resolve('killed');
  });

  get isDead(): boolean {
    return this.#dead;
  }

  /** Lets `steps` more steps happen; with `torn` the one that kills writes half of its bytes. */
  arm(steps: number, torn = false): void {
    this.steps = [];
    this.#killAt = steps;
    this.#torn = torn;
  }

  readonly on = (disk: Disk): Disk =>
    hooked(disk, async (step, go) => {
      if (this.#dead) return never;
      if (!changes(step)) return go();
      if (this.steps.length === this.#killAt) {
        this.#dead = true;
        const { bytes } = step;
        if (this.#torn && bytes) await go(bytes.subarray(0, bytes.length >> 1));
        this.#strike();
        return never;
      }
      this.steps.push(step);
      return go();
    });
}

/** SIGSTOP at one step, `before` it happens or `behind` it, and SIGCONT when the test says so. */
export class Sleeper {
  #left = Number.POSITIVE_INFINITY;
  #when: 'before' | 'behind' = 'before';
  #awake: Promise<void> = Promise.resolve();
  #fallAsleep = () => {};
  wake = () => {};
  readonly asleep = new Promise<'asleep'>((resolve) => {
    this.#fallAsleep = () => resolve('asleep');
  });

  /** Lets `steps` more steps that change something happen. */
  arm(steps: number, when: 'before' | 'behind'): void {
    this.#left = steps;
    this.#when = when;
  }

  readonly on = (disk: Disk): Disk =>
    hooked(disk, async (step, go) => {
      const strikes = changes(step) && this.#left-- === 0;
      if (!strikes) {
        await this.#awake;
        return go();
      }
      if (this.#when === 'before') {
        await this.#sleep();
        return go();
      }
      const done = await go();
      await this.#sleep();
      return done;
    });

  #sleep(): Promise<void> {
    this.#awake = new Promise((resolve) => {
      this.wake = resolve;
    });
    this.#fallAsleep();
    return this.#awake;
  }
}

/** A system error as the kernel gives it. */
export function systemError(code: string, path = ''): Error {
  return Object.assign(new Error(`${code}: played by a test`), { code, path });
}

/** A disk on which the test may make steps fail: `fault` is asked before each. */
export class FaultyDisk {
  /** The error code with which a step fails, while there is one. */
  fault: (step: Step) => string | undefined = () => undefined;

  readonly on = (disk: Disk): Disk =>
    hooked(disk, async (step, go) => {
      const code = this.fault(step);
      if (code !== undefined) throw systemError(code, step.path);
      return go();
    });
}
