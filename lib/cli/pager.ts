import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { whilePaging } from './signals.js';

export interface Pager {
  readonly stdin: Writable;
  /** Resolves when its reader has left it. */
  readonly ended: Promise<void>;
}

/** Shows one screen at once, keeps colours, and leaves what was read on the screen. */
const LESS = 'FRX';

/** `$PAGER`, else less; `undefined` where there is none, or none is wanted (`PAGER=cat`, or empty). */
export async function startPager(): Promise<Pager | undefined> {
  const { PAGER = 'less', LESS: own = LESS } = process.env;
  const [command = '', ...args] = PAGER.split(' ').filter(Boolean);
  if (command === '' || command === 'cat') return undefined;
  const child = spawn(command, args, {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, LESS: own },
  });
  const started = await new Promise<boolean>((resolve) => {
    child.once('spawn', () => resolve(true));
    child.once('error', () => resolve(false));
  });
  if (!started) return undefined;
  whilePaging(true);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      whilePaging(false);
      resolve();
    });
  });
  return { stdin: child.stdin, ended };
}
