import fs from 'node:fs';
import { createRequire } from 'node:module';
import type * as lockfile from 'proper-lockfile';
import { errorCode } from './disk.js';
import { type Lock, STALE_MS } from './lock.js';

const UPDATE_MS = 1_000;
const require = createRequire(import.meta.url);
let loaded: typeof lockfile | undefined;

/** proper-lockfile's lock at `path` (a folder that appears and goes). Loaded at the first lock. */
export function nodeLock(path: string): Lock {
  return {
    async tryTake(onLost) {
      loaded ??= require('proper-lockfile') as typeof lockfile;
      try {
        return await loaded.lock(path, {
          lockfilePath: path,
          realpath: false,
          stale: STALE_MS,
          update: UPDATE_MS,
          retries: 0,
          fs,
          onCompromised: onLost,
        });
      } catch (error) {
        if (errorCode(error) === 'ELOCKED') return undefined;
        throw error;
      }
    },
    breakDead() {
      try {
        fs.rmdirSync(path);
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error;
      }
    },
  };
}
