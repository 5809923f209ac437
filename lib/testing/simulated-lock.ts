import { type Disk, errorCode, type FileFacts, ifThere } from '../disk/disk.js';
import { type Lock, watchStillness } from '../disk/lock.js';
import type { System } from '../disk/system.js';

const UPDATE_MS = 1_000;

/**
 * The lock as proper-lockfile makes it, step by step on a simulated disk: a folder that its holder
 * touches each second. Two who find it stale at once may both come to hold it, as with the real one.
 */
export function simulatedLock(
  path: string,
  disk: Disk,
  atOnce: Disk,
  machine: { readonly time: number; readonly skew: number; readonly staleMs: number },
  system: Pick<System, 'every'>,
): Lock {
  const idOf = (facts: FileFacts | undefined) => (facts ? `${facts.inode}z${facts.born}` : '');
  const identity = () => {
    const facts = atOnce.facts(path);
    if (facts instanceof Promise) throw new Error('a lock is looked at in one step');
    return idOf(facts);
  };

  const isStill = watchStillness(machine.staleMs);
  const isStale = (facts: FileFacts) =>
    machine.time + machine.skew - facts.modified > machine.staleMs ||
    isStill(`${idOf(facts)} ${facts.modified}`, machine.time);

  async function make(): Promise<boolean> {
    if (await disk.makeFolder(path)) return true;
    const facts = await disk.facts(path);
    if (facts !== undefined && !isStale(facts)) return false;
    await ifThere(() => disk.removeFolder(path));
    return disk.makeFolder(path);
  }

  return {
    async tryTake(onLost) {
      if (!(await make())) return undefined;
      const own = identity();
      const stop = system.every(UPDATE_MS, () => void beat());
      let touched = machine.time;
      const beat = async () => {
        try {
          if (idOf(await disk.facts(path)) !== own) return lose();
          await disk.touch(path);
          touched = machine.time;
        } catch (error) {
          // Another error may pass: it is tried again each second, until others take it for stale.
          if (errorCode(error) === 'ENOENT' || machine.time - touched > machine.staleMs)
            return lose();
          if (errorCode(error) === '') throw error;
        }
      };
      const lose = () => {
        stop();
        onLost();
      };
      return async () => {
        stop();
        if (identity() === own) await ifThere(() => disk.removeFolder(path));
      };
    },
    identity,
    breakDead() {
      void ifThere(() => atOnce.removeFolder(path));
    },
  };
}
