/** The thread behind poster-thread.ts. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { BankError } from '../ledger/errors.js';
import { channels } from './channels.js';
import { nodeHost } from './host.js';
import { POSTER_NICENESS } from './limits.js';
import { runPoster } from './poster-loop.js';
import type { ThreadMessage, ThreadNews } from './poster-thread.js';
import { openFiles } from './store.js';

// This thread alone: requests are answered first, passbooks follow with what is left of the machine.
trySetPriority(POSTER_NICENESS);

const tell = (news: ThreadNews) => parentPort?.postMessage(news);
channels.post.subscribe((message) => tell({ posted: message as object }));
channels.damage.subscribe((message) => {
  const { file, what } = (message as { error: BankError }).error.details;
  tell({ damage: { file: String(file), what: String(what) } });
});

const { directory } = workerData as { directory: string };
void openFiles(nodeHost(), directory).then((files) => {
  const loop = runPoster(files);
  parentPort?.on('message', (message: ThreadMessage) => {
    if (message === 'wake') loop.wake();
    else void loop.stop().then(() => parentPort?.close());
  });
});

function trySetPriority(niceness: number): void {
  if (process.platform !== 'linux') return; // Elsewhere it would be the whole process.
  try {
    setPriority(0, niceness);
  } catch {
    // Not allowed here: then it competes as before.
  }
}
