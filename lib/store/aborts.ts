/**
 * Who is to be told when a signal is aborted: one listener for each signal, however many requests
 * share it. (Node warns of a leak from the eleventh listener on, and a program's one signal for
 * leaving is shared by all that it has under way.)
 */
export class Aborts<Waiting> {
  readonly #tell: (waiting: Waiting) => void;
  readonly #all = new WeakMap<AbortSignal, { waiting: Set<Waiting>; listener: () => void }>();

  constructor(tell: (waiting: Waiting) => void) {
    this.#tell = tell;
  }

  /** `signal` is not aborted yet: whoever adds has looked. */
  add(signal: AbortSignal, waiting: Waiting): void {
    const known = this.#all.get(signal);
    if (known) {
      known.waiting.add(waiting);
      return;
    }
    const all = new Set([waiting]);
    const listener = () => {
      for (const each of all) this.#tell(each);
    };
    this.#all.set(signal, { waiting: all, listener });
    signal.addEventListener('abort', listener, { once: true });
  }

  /** `waiting` no longer wants to be told; the last one takes the listener along. */
  remove(signal: AbortSignal, waiting: Waiting): void {
    const known = this.#all.get(signal);
    if (!known?.waiting.delete(waiting) || known.waiting.size > 0) return;
    this.#all.delete(signal);
    signal.removeEventListener('abort', known.listener);
  }
}
