import { Worker } from 'node:worker_threads';

/** A thread that posts while the bank is open. It never keeps the process alive. */
export interface PosterThread {
  /** Posts now, or tries to get the role. */
  wake(): void;
  /** Finishes what it is at, lets go of the role, and ends. */
  stop(): Promise<void>;
}

/** What the thread is told. */
export type ThreadMessage = 'wake' | 'stop';

export function startPosterThread(directory: string): PosterThread {
  const worker = new Worker(new URL('./poster-worker.js', import.meta.url), {
    workerData: { directory },
    execArgv: [],
  });
  worker.unref();
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve());
    worker.once('error', () => resolve()); // It reports damage itself; another poster goes on.
  });
  const tell = (message: ThreadMessage) => worker.postMessage(message);
  return {
    wake: () => tell('wake'),
    async stop() {
      worker.ref();
      tell('stop');
      await ended;
    },
  };
}
