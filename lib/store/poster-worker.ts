/** The thread behind poster-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { runPoster } from './poster-loop.js';
import type { ThreadMessage } from './poster-thread.js';
import { openFiles } from './store.js';

const { directory } = workerData as { directory: string };
const loop = runPoster(await openFiles(directory));

parentPort?.on('message', (message: ThreadMessage) => {
  if (message === 'wake') loop.wake();
  else void loop.stop().then(() => parentPort?.close());
});
