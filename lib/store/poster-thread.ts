import { channels } from './channels.js';
import { damaged } from './damage.js';

/** A thread that posts while the bank is open. It never keeps the process alive. */
export interface PosterThread {
  /** False once it has ended, by itself or not. */
  readonly alive: boolean;
  /** Posts now, or tries to get the role. */
  wake(): void;
  /** Finishes what it is at, lets go of the role, and ends. */
  stop(): Promise<void>;
}

/** What the thread is told. */
export type ThreadMessage = 'wake' | 'stop';

/** What the thread tells, for those who listen in this one (channels.ts). */
export type ThreadNews =
  | { readonly posted: object }
  | { readonly damage: { readonly file: string; readonly what: string } };

export function startPosterThread(directory: string): PosterThread {
  // Loaded by who posts alone: those who look have no thread, and do not wait for it.
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const worker = new Worker(new URL('./poster-worker.js', import.meta.url), {
    workerData: { directory },
    execArgv: [],
  });
  worker.on('message', (news: ThreadNews) => {
    if ('posted' in news) channels.post.publish(news.posted);
    else channels.damage.publish({ directory, error: damaged(news.damage.file, news.damage.what) });
  });
  worker.unref();
  let alive = true;
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      alive = false;
      resolve();
    };
    worker.once('exit', end);
    worker.once('error', end); // It reports damage itself; another poster goes on.
  });
  const tell = (message: ThreadMessage) => worker.postMessage(message);
  return {
    get alive() {
      return alive;
    },
    wake: () => tell('wake'),
    async stop() {
      worker.ref();
      tell('stop');
      await ended;
    },
  };
}
