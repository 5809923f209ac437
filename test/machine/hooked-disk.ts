import type { Disk } from '#lib/disk/disk.js';
import { changes, hooked, type Step, systemError } from '#lib/testing/hooked-disk.js';

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
  /** The step at which it fell asleep. */
  step: Step | undefined;
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
      this.step = step;
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
