import type { System } from '../disk/system.js';
import { BREATH_MS } from './limits.js';

/**
 * Long work lets others run in between: timers above all, since who holds a lock and gives no sign of
 * life for long is taken for dead.
 */
export class Breath {
  readonly #system: Pick<System, 'monotonic' | 'turn'>;
  #taken: number;

  constructor(system: Pick<System, 'monotonic' | 'turn'>) {
    this.#system = system;
    this.#taken = system.monotonic();
  }

  /** Lets everything run that is ready, if that was long ago; else there is nothing to wait for. */
  take(): Promise<void> | undefined {
    if (this.#system.monotonic() - this.#taken < BREATH_MS) return undefined;
    return this.rest();
  }

  /** Lets everything run that is ready. */
  async rest(): Promise<void> {
    await this.#system.turn();
    this.#taken = this.#system.monotonic();
  }
}
