/** The thread behind poster-thread.ts. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { POSTER_NICENESS } from './limits.js';
import { runPoster } from './poster-loop.js';
import type { ThreadMessage } from './poster-thread.js';
import { openFiles } from './store.js';

// This thread alone: requests are answered first, passbooks follow with what is left of the machine.
trySetPriority(POSTER_NICENESS);

const { directory } = workerData as { directory: string };
const loop = runPoster(await openFiles(directory));

parentPort?.on('message', (message: ThreadMessage) => {
  if (message === 'wake') loop.wake();
  else void loop.stop().then(() => parentPort?.close());
});

function trySetPriority(niceness: number): void {
  if (process.platform !== 'linux') return; // Elsewhere it would be the whole process.
  try {
    setPriority(0, niceness);
  } catch {
    // Not allowed here: then it competes as before.
  }
}
