import type { Position } from '../format/position.js';
import { BankError } from '../ledger/errors.js';
import { declareDamage, isDamageFound } from './damage.js';
import { asBankError } from './disk-error.js';
import {
  BACKLOG_ENTRIES_MAX,
  POSTING_DELAY_MS,
  POSTING_IDLE_MS,
  POSTING_REST_MAX_MS,
} from './limits.js';
import type { BankFiles } from './store.js';

/**
 * Posts again and again while the role is to be had: at once when nothing more comes in, else about a
 * second after the first entry that waits.
 */
export function runPoster(files: BankFiles) {
  const { poster, posterQueue, system, disk } = files;
  let stopping = false;
  let wake = () => {};
  /** As long as the last round took: under load half of the time is the answers', and more is posted at once. */
  let rest = 0;
  const unwatch = disk.watch(posterQueue.folder, () => wake());

  async function pause(ms: number): Promise<void> {
    const pausing = system.pause(ms);
    wake = pausing.wake;
    await pausing.done;
  }

  /** Waits until there is something to post and the moment is good, or somebody asks. */
  async function waitForWork(posted: number | undefined): Promise<void> {
    let since: number | undefined;
    let before: Position | undefined;
    while (!stopping) {
      const head = poster.active ? await files.log.head() : undefined;
      if (head === undefined || head.transfer === posted) return pause(POSTING_DELAY_MS / 4);
      since ??= system.monotonic();
      const idle = before?.seal === head.seal;
      if (idle || system.monotonic() - since > Math.max(POSTING_DELAY_MS, rest)) return;
      if ((await posterQueue.waiting()).length > 0) return;
      before = head;
      await pause(POSTING_IDLE_MS);
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      let posted: number | undefined;
      try {
        const start = system.monotonic();
        if (await poster.tryStart()) {
          posted = await poster.post((left) => !stopping && left > BACKLOG_ENTRIES_MAX / 8);
        }
        rest = Math.min(system.monotonic() - start, POSTING_REST_MAX_MS);
        await waitForWork(posted);
      } catch (error) {
        const told = asBankError(error);
        if (!(told instanceof BankError)) throw error;
        if (isDamageFound(told)) await declareDamage(files, told);
        // A full disk, say, or a bank that is stopped until somebody recovers it: it may pass.
        await pause(POSTING_DELAY_MS);
      }
    }
  }

  const done = run();
  return {
    wake: () => wake(),
    async stop(): Promise<void> {
      stopping = true;
      wake();
      await done;
      unwatch();
      await poster.stop();
      await files.log.close();
    },
  };
}
