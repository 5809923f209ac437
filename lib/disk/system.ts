import type { Owner } from '../format/owner-name.js';

/** Who a process is, so that others can tell whether it still lives. */
export type Identity = Omit<Owner, 'number' | 'random'>;

/** Time, chance and the life of processes: ports, so that a simulation can own them. */
export interface System {
  readonly identity: Identity;
  /** Wall clock, milliseconds since 1970. It may jump; never used to measure. */
  now(): number;
  /** Milliseconds of a clock that only goes forwards. */
  monotonic(): number;
  /** Letters and digits that no other process draws. */
  random(): string;
  /** Surely: same boot, same pid namespace, and no such process, or another one under its number. */
  isSurelyDead(owner: Owner): boolean;
  /** Resolves after about `ms`, or as soon as `wake` is called. Keeps the process alive. */
  pause(ms: number): { done: Promise<void>; wake(): void };
  /** Resolves when everything that is ready to run has run. */
  turn(): Promise<void>;
  /** Calls again and again, without keeping the process alive. Returns how to stop. */
  every(ms: number, call: () => void): () => void;
}
