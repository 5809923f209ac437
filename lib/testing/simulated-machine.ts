/**
 * A machine in memory on which processes are played: its disk, its clocks and its locks are simulated,
 * and nothing happens on it but what `run` lets happen. The same seed gives the same run.
 */

import type { Bank, InitOptions } from '../bank/api.js';
import { told } from '../bank/bank.js';
import { initAt, openAt } from '../bank/open-bank.js';
import type { Awaitable, Disk } from '../disk/disk.js';
import { STALE_MS } from '../disk/lock.js';
import type { System } from '../disk/system.js';
import { checkOf } from '../format/check.js';
import type { Host } from '../store/host.js';
import {
  BARRIER_PAGES_MIN,
  INDEX_BLOCK_BYTES,
  PAGE_ROWS_MAX,
  PAGES_BYTES_MAX,
  ROOM_AFTER_BYTES,
  SEGMENT_BYTES_MAX,
  SLICE_ACCOUNTS_MAX,
} from '../store/limits.js';
import { runPoster } from '../store/poster-loop.js';
import type { PosterThread } from '../store/poster-thread.js';
import { type RecoverOptions, type Recovery, recoverBank } from '../store/recover.js';
import { openFiles } from '../store/store.js';
import { hooked, type Step } from './hooked-disk.js';
import { seededRandom } from './random.js';
import { type FileSystemKind, SimulatedDisk } from './simulated-disk.js';
import { simulatedLock } from './simulated-lock.js';

export interface SimulatedMachineOptions {
  /** Decides whose step is next, and every number drawn. */
  readonly seed?: number;
  readonly kind?: FileSystemKind;
  /** Processes take turns, step by step, as the seed says; else each goes on until it waits. */
  readonly interleave?: boolean;
  /** Milliseconds without a sign of life after which a lock may be broken. */
  readonly staleMs?: number;
  /** Bytes behind which the journal goes on in a new segment. */
  readonly segmentBytesMax?: number;
  /** Bytes that a writer has written before it makes room ahead of itself. */
  readonly roomAfterBytes?: number;
  /** Rows on an open page after a posting. */
  readonly pageRowsMax?: number;
  /** Pages from which on one barrier makes them durable. */
  readonly barrierPagesMin?: number;
  /** How many times as long as it wanted a process pauses: on a busy machine timers come late. */
  readonly lateness?: number;
}

/** Milliseconds of simulated time after which work that still waits is taken to wait for ever. */
const RUN_MS_MAX = 10 * 60_000;
/** Steps after which it is taken to go round in a circle. */
const RUN_STEPS_MAX = 3_000_000;
const BOOT_MS = 30_000;

/** After so many, others on the real machine may run. */
const BREATH_STEPS = 500;

/** Resolves when all that goes on by promises alone has come to rest. */
const rest = () => new Promise<void>((resolve) => process.nextTick(resolve));
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What a machine was before. */
interface Past {
  readonly time: number;
  readonly boot: number;
  /** The number of the next process; all before it are dead. */
  readonly pid: number;
  readonly disk?: SimulatedDisk;
}

const BEGINNING: Past = { time: 1_000_000, boot: 1, pid: 100 };

interface Timer {
  readonly process: SimulatedProcess;
  readonly at: number;
  readonly run: () => void;
}

/** Somebody who may go on: with a step of the disk, or because a time has come. */
export interface Ready {
  readonly process: SimulatedProcess;
  /** What it asks of the disk, if it does. */
  readonly step?: Step | undefined;
}

interface Turn {
  readonly process: SimulatedProcess;
  /** What it asks of the disk, if it does. */
  readonly step: Step | undefined;
  readonly run: () => void;
}

export class SimulatedMachine {
  readonly disk: SimulatedDisk;
  readonly boot: string;
  readonly interleave: boolean;
  readonly segmentBytesMax: number;
  readonly roomAfterBytes: number;
  readonly pageRowsMax: number;
  readonly barrierPagesMin: number;
  readonly lateness: number;
  readonly staleMs: number;
  readonly random: () => number;
  /** How far the wall clock is off, in milliseconds. */
  skew = 0;
  /** Called before each step of a process, when they take turns: it may be stopped or killed there. */
  beforeStep: (process: SimulatedProcess, step: Step | undefined) => void = () => {};
  /**
   * Says who of those that are ready goes next, in place of chance; nobody (`undefined`), if it has done
   * something itself: killed one, say. Set before processes are started, which then take turns; time goes
   * on only when all of them wait.
   */
  choose: ((ready: readonly Ready[]) => number | undefined) | undefined;
  readonly #seed: number;
  readonly #boot: number;
  #now: number;
  #pid: number;
  /** Of the run that is under way. */
  #steps = 0;
  #turns: Turn[] = [];
  #timers: Timer[] = [];
  readonly #dead = new Set<number>();

  constructor(options: SimulatedMachineOptions = {}, past: Past = BEGINNING) {
    this.#seed = options.seed ?? 1;
    // Not the numbers that the dead have drawn: a name belongs to one process alone.
    const deaths = (past.boot - BEGINNING.boot) * 1_000_003 + (past.pid - BEGINNING.pid) * 1_009;
    this.random = seededRandom(this.#seed + deaths);
    this.interleave = options.interleave === true;
    this.staleMs = options.staleMs ?? STALE_MS;
    this.segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX;
    this.roomAfterBytes = options.roomAfterBytes ?? ROOM_AFTER_BYTES;
    this.pageRowsMax = options.pageRowsMax ?? PAGE_ROWS_MAX;
    this.barrierPagesMin = options.barrierPagesMin ?? BARRIER_PAGES_MIN;
    this.lateness = options.lateness ?? 1;
    this.#now = past.time;
    this.#pid = past.pid;
    this.boot = `b${past.boot}`;
    this.#boot = past.boot;
    for (let pid = BEGINNING.pid; pid < past.pid; pid++) this.#dead.add(pid);
    const clock = () => this.#now + this.skew;
    const { kind = 'posix' } = options;
    this.disk = past.disk?.clone({ clock }) ?? new SimulatedDisk({ kind, clock });
  }

  /** Whether processes take turns, step by step. */
  get takesTurns(): boolean {
    return this.interleave || this.choose !== undefined;
  }

  /** Milliseconds of a clock that only goes forwards, boots included. */
  get time(): number {
    return this.#now;
  }

  /** The steps that somebody is about to take. */
  get pending(): readonly Step[] {
    return this.#turns.flatMap(({ step }) => step ?? []);
  }

  /** The same machine with this disk, everybody on it killed. */
  killed(disk: SimulatedDisk): SimulatedMachine {
    const past = { time: this.#now, boot: this.#boot, pid: this.#pid, disk };
    return new SimulatedMachine(this.#options(), past);
  }

  /** The machine when it has booted anew after a power cut that left `disk`. */
  rebooted(disk: SimulatedDisk): SimulatedMachine {
    const past = { time: this.#now + BOOT_MS, boot: this.#boot + 1, pid: BEGINNING.pid, disk };
    return new SimulatedMachine(this.#options(), past);
  }

  #options(): SimulatedMachineOptions {
    const { interleave, segmentBytesMax, roomAfterBytes, pageRowsMax, barrierPagesMin } = this;
    const sizes = { segmentBytesMax, roomAfterBytes, pageRowsMax, barrierPagesMin };
    const { staleMs, lateness } = this;
    return { seed: this.#seed, interleave, staleMs, lateness, ...sizes };
  }

  /** Starts a process. `alter` may put something between it and its disk. */
  start(alter: (disk: Disk) => Disk = (disk) => disk): SimulatedProcess {
    return new SimulatedProcess(this, this.#pid++, alter);
  }

  /** Lets things happen until `work` is done. @throws Error when it waits for what never comes */
  async run<T>(work: () => Promise<T>): Promise<T> {
    let done = false;
    const result = work().finally(() => {
      done = true;
    });
    result.catch(() => {});
    const end = this.#now + RUN_MS_MAX;
    this.#steps = 0;
    for (let count = 1; ; count++) {
      await (count % BREATH_STEPS === 0 ? turn() : rest());
      if (done) return result;
      if (this.#steps > RUN_STEPS_MAX) throw new Error(`not done after ${RUN_STEPS_MAX} steps`);
      if (!this.#goOn()) {
        await turn(); // What is none of ours may still bring something.
        if (done) return result;
        if (!this.#goOn()) throw new Error('everything waits, and nothing will happen');
      }
      if (this.#now > end) throw new Error(`still waiting after ${RUN_MS_MAX / 1000} s`);
    }
  }

  /** One step of somebody who may run, or else the next moment at which somebody wakes. */
  #goOn(): boolean {
    const mayRun = ({ process }: Turn | Timer) => process.state === 'running';
    const ready = [
      ...this.#turns.filter(mayRun),
      ...this.#timers.filter((timer) => mayRun(timer) && timer.at <= this.#now),
    ];
    const next = ready[this.#nextOf(ready) ?? ready.length];
    if (next === undefined && ready.length > 0) return true;
    if (next) {
      this.beforeStep(next.process, 'step' in next ? next.step : undefined);
      if (!mayRun(next)) return true;
      this.#turns = this.#turns.filter((turn) => turn !== next);
      this.#timers = this.#timers.filter((timer) => timer !== next);
      if (this.interleave) this.#now += this.random() / 10;
      next.run();
      return true;
    }
    const moments = this.#timers.filter(mayRun).map(({ at }) => at);
    if (moments.length === 0) return false;
    this.#now = Math.max(this.#now, Math.min(...moments));
    return true;
  }

  #nextOf(ready: readonly Ready[]): number | undefined {
    if (this.choose) return ready.length > 0 ? this.choose(ready) : undefined;
    return this.interleave ? Math.floor(this.random() * ready.length) : 0;
  }

  /** A step of `process`: at once, or when it is its turn; never, when it is dead. */
  step<T>(
    process: SimulatedProcess,
    go: () => Awaitable<T>,
    step?: Step | undefined,
  ): Awaitable<T> {
    // Whoever goes round in a circle without a pause is stopped there, and `run` tells.
    if (process.state === 'dead' || ++this.#steps > RUN_STEPS_MAX) {
      return new Promise<never>(() => {});
    }
    if (!this.takesTurns) return go();
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          resolve(go());
        } catch (error) {
          reject(error);
        }
      };
      this.#turns.push({ process, step, run });
    });
  }

  /** Calls `run` in `ms`. Returns how to take it back. */
  later(process: SimulatedProcess, ms: number, run: () => void): () => void {
    const timer = { process, at: this.#now + ms, run };
    if (process.state !== 'dead') this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  isDead(pid: number): boolean {
    return this.#dead.has(pid);
  }

  /** For {@link SimulatedProcess.kill}. */
  bury(process: SimulatedProcess): void {
    this.#dead.add(process.pid);
    const isOthers = (item: Turn | Timer) => item.process !== process;
    this.#turns = this.#turns.filter(isOthers);
    this.#timers = this.#timers.filter(isOthers);
  }
}

export class SimulatedProcess {
  readonly machine: SimulatedMachine;
  readonly pid: number;
  readonly host: Host;
  state: 'running' | 'stopped' | 'dead' = 'running';
  /** Resolves when it is killed. */
  readonly killed: Promise<void>;
  /** Paths of the files that it has open, as it opened them. */
  readonly open = new Map<object, string>();
  #tellKilled = () => {};
  #unwatch: (() => void)[] = [];

  constructor(machine: SimulatedMachine, pid: number, alter: (disk: Disk) => Disk) {
    this.machine = machine;
    this.pid = pid;
    this.killed = new Promise((resolve) => {
      this.#tellKilled = resolve;
    });
    const system = this.#system();
    const atOnce = machine.disk.port();
    const disk = alter(this.#disk());
    this.host = {
      disk: () => disk,
      system,
      lockAt: (path) => simulatedLock(path, disk, atOnce, machine, system),
      segmentBytesMax: machine.segmentBytesMax,
      roomAfterBytes: machine.roomAfterBytes,
      pageRowsMax: machine.pageRowsMax,
      barrierPagesMin: machine.barrierPagesMin,
      sliceAccountsMax: SLICE_ACCOUNTS_MAX,
      pagesBytesMax: PAGES_BYTES_MAX,
      indexBlockBytes: INDEX_BLOCK_BYTES,
      // Nobody guesses here, and a simulation has no time to lose.
      hashPin: async (pin, salt) => checkOf(salt + pin),
      startPoster: (directory) => this.#startPoster(directory),
    };
  }

  /** Opens the bank in `directory`, an absolute path on the simulated disk. */
  async openBank(directory: string): Promise<Bank> {
    return told(() => openAt(this.host, directory));
  }

  /** Makes a bank in `directory`. */
  async initBank(directory: string, options: InitOptions = {}): Promise<void> {
    await told(() => initAt(this.host, directory, options));
  }

  /** What `drovebank-recover` does with the bank in `directory`. */
  async recover(directory: string, options: RecoverOptions = {}): Promise<Recovery> {
    return told(() => recoverBank(this.host, directory, options));
  }

  /** kill -9: nothing that it has asked for and was not done is done any more. */
  kill(): void {
    this.state = 'dead';
    for (const unwatch of this.#unwatch) unwatch();
    this.machine.bury(this);
    this.#tellKilled();
  }

  /** SIGSTOP. */
  stop(): void {
    if (this.state === 'running') this.state = 'stopped';
  }

  /** SIGCONT. */
  resume(): void {
    if (this.state === 'stopped') this.state = 'running';
  }

  #system(): System {
    const { machine, pid } = this;
    return {
      identity: { boot: machine.boot, pidNamespace: '1', pid, started: `${pid}` },
      now: () => Math.floor(machine.time + machine.skew) + 1_700_000_000_000,
      monotonic: () => machine.time,
      random: () =>
        Math.floor(machine.random() * 2 ** 48)
          .toString(16)
          .padStart(12, '0'),
      isSurelyDead: (owner) => owner.boot === machine.boot && machine.isDead(owner.pid),
      pause: (ms) => {
        let wake = () => {};
        const done = new Promise<void>((resolve) => {
          const cancel = machine.later(this, ms * machine.lateness, resolve);
          wake = () => {
            cancel();
            if (this.state !== 'dead') resolve();
          };
        });
        return { done, wake };
      },
      turn: () => new Promise((resolve) => machine.later(this, 0, resolve)),
      every: (ms, call) => {
        let stop = () => {};
        const again = () => {
          stop = machine.later(this, ms, () => {
            again();
            call();
          });
        };
        again();
        return () => stop();
      },
    };
  }

  #disk(): Disk {
    const { machine } = this;
    let at: Step | undefined;
    const between = async () => void (await machine.step(this, () => {}, at));
    const port = machine.disk.port(machine.takesTurns ? between : undefined);
    const stepped = hooked(port, (step, go) => {
      const begin = () => {
        at = step; // A step on names may be struck in its middle as well.
        return go();
      };
      return machine.step(this, begin, step);
    });
    return {
      ...stepped,
      open: async (path, mode) => {
        const file = await stepped.open(path, mode);
        this.open.set(file, path);
        return {
          ...file,
          close: async () => {
            this.open.delete(file);
            await file.close();
          },
        };
      },
      watch: (folder, changed) => {
        const unwatch = port.watch(folder, () => {
          if (machine.interleave) machine.later(this, machine.random(), changed);
          else changed();
        });
        this.#unwatch.push(unwatch);
        return unwatch;
      },
    };
  }

  /** Posts beside whoever answers; in this simulation as part of the same process, taking turns with it. */
  #startPoster(directory: string): PosterThread {
    let alive = true;
    const loop = openFiles(this.host, directory).then(runPoster);
    loop.catch(() => {
      alive = false;
    });
    return {
      get alive() {
        return alive;
      },
      wake: () => void loop.then(({ wake }) => wake()),
      async stop() {
        if (alive) await (await loop).stop();
        alive = false;
      },
    };
  }
}
