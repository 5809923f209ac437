import { mkdirSync, rmdirSync, statSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as lockfile from 'proper-lockfile';
import { errorCode } from './disk.js';
import { type Lock, STALE_MS, watchStillness } from './lock.js';
import { monotonic } from './node-system.js';

const UPDATE_MS = 1_000;
let loaded: typeof lockfile | undefined;

type Callback = (error: unknown, result?: unknown) => void;

/** A call that is made here and now, told through a callback as proper-lockfile expects it. */
function atOnce<Args extends unknown[]>(call: (...args: Args) => unknown) {
  return (...args: [...Args, Callback]) => {
    const done = args.pop() as Callback;
    let result: unknown;
    try {
      result = call(...(args as unknown as Args));
    } catch (error) {
      return done(error);
    }
    done(null, result);
  };
}

/**
 * What proper-lockfile does with files, without the thread pool: a lock is four small steps, and four
 * hops to the pool cost many times as much, above all where several processes hand the bank around.
 */
const AT_ONCE = {
  mkdir: atOnce((folder: string) => mkdirSync(folder)),
  rmdir: atOnce((folder: string) => rmdirSync(folder)),
  stat: atOnce((file: string) => statSync(file)),
  utimes: atOnce((file: string, read: Date, changed: Date) => utimesSync(file, read, changed)),
};

function identityOf(path: string): string {
  const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
  return facts ? `${facts.ino.toString(36)}z${facts.birthtimeNs.toString(36)}` : '';
}

/** What a touch changes, and another one's lock. */
function lookOf(path: string): string {
  const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
  return facts ? `${facts.ino} ${facts.birthtimeNs} ${facts.mtimeNs}` : '';
}

/**
 * The same, but once the lock is made it touches and removes only that very one: who slept and was
 * taken for dead must not keep alive, or remove, the lock of who came behind.
 */
function onlyOwn(path: string) {
  let own: string | undefined;
  const isOwn = () => own === undefined || identityOf(path) === own;
  return {
    wasMade: () => own !== undefined,
    fs: {
      ...AT_ONCE,
      mkdir: atOnce((folder: string) => {
        mkdirSync(folder);
        own = identityOf(path);
      }),
      rmdir: atOnce((folder: string) => isOwn() && rmdirSync(folder)),
      rmdirSync: (folder: string) => isOwn() && rmdirSync(folder),
      utimes: atOnce((file: string, read: Date, changed: Date) => {
        if (!isOwn()) throw Object.assign(new Error('the lock is another one'), { code: 'ENOENT' });
        utimesSync(file, read, changed);
      }),
    },
  };
}

function load(): typeof lockfile {
  // It lets any signal end the process that nobody else listens to. At the limit of a file's size
  // (ulimit -f) a write shall fail instead, as Node has it: that is a full disk, and no end.
  process.on('SIGXFSZ', () => {});
  return createRequire(import.meta.url)('proper-lockfile') as typeof lockfile;
}

/** proper-lockfile's lock at `path` (a folder that appears and goes). Loaded at the first lock. */
export function nodeLock(path: string): Lock {
  const isStill = watchStillness(STALE_MS);
  const lock: Lock = {
    async tryTake(onLost) {
      loaded ??= load();
      const files = onlyOwn(path);
      try {
        return await loaded.lock(path, {
          lockfilePath: path,
          realpath: false,
          stale: STALE_MS,
          update: UPDATE_MS,
          retries: 0,
          fs: files.fs,
          onCompromised: onLost,
        });
      } catch (error) {
        // Taken for dead before it could touch what it had made.
        if (errorCode(error) === 'ENOENT' && files.wasMade()) return undefined;
        if (errorCode(error) !== 'ELOCKED') throw error;
        if (!isStill(lookOf(path), monotonic())) return undefined;
        lock.breakDead();
        return lock.tryTake(onLost);
      }
    },
    identity: () => identityOf(path),
    breakDead() {
      try {
        rmdirSync(path);
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error;
      }
    },
  };
  return lock;
}
