import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import type { Owner } from '../format/owner-name.js';
import { errorCode } from './disk.js';
import type { Identity, System } from './system.js';

let own: System | undefined;

/** This machine and this process. */
export function nodeSystem(): System {
  own ??= makeSystem();
  return own;
}

function makeSystem(): System {
  const identity: Identity = {
    boot: bootId(),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    started: lookUp(process.pid)?.started ?? '0',
  };
  return {
    identity,
    now: () => Date.now(),
    monotonic,
    random: () => randomBytes(6).toString('hex'),
    isSurelyDead: (owner) => isSurelyDead(owner, identity),
    pause,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    every(ms, call) {
      const timer = setInterval(call, ms);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}

/** Milliseconds. The same as `performance` tells, which Node loads only when it is first asked. */
export function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

function pause(ms: number) {
  let wake = () => {};
  const done = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { done, wake };
}

/**
 * Tells one boot from another. Where the system has no such id every process is its own boot, so that
 * whoever opens the bank takes it over: slower, and still right.
 */
function bootId(): string {
  try {
    const text = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
    return text.replaceAll(/[^0-9a-f]/g, '');
  } catch {
    // Not Linux.
  }
  try {
    const { execFileSync } = process.getBuiltinModule('node:child_process');
    const text = execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'latin1' });
    return text.toLowerCase().replaceAll(/[^0-9a-f]/g, '');
  } catch {
    return randomBytes(16).toString('hex');
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replaceAll(/[^0-9]/g, '');
  } catch {
    return '0';
  }
}

/** A process as the kernel tells it; `undefined` when there is none, or no way to know. */
function lookUp(pid: number): { started: string; ended: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in brackets may hold anything; what follows it are fields 3 and up.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended: its parent has only not asked for it yet.
    return { started: fields[19] ?? '0', ended: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return undefined;
  }
}

function isSurelyDead(owner: Owner, self: Identity): boolean {
  if (owner.boot !== self.boot || owner.pidNamespace !== self.pidNamespace) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return errorCode(error) === 'ESRCH';
  }
  const found = lookUp(owner.pid);
  if (found === undefined) return false;
  return found.ended || (owner.started !== '0' && found.started !== owner.started);
}
