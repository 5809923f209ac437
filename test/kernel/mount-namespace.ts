/**
 * A mount namespace of its own, which a process holds that ends with this one: whatever ends the test,
 * the kernel takes apart what was mounted there. The test looks into it through /proc/<pid>/root.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const GIB = 1024 ** 3;
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/** Memory is quick, and nobody cuts this machine's own power; where there is too little of it, the disk. */
function roomy(): string {
  try {
    const { bavail, bsize } = fs.statfsSync('/dev/shm');
    if (bavail * bsize > 2 * GIB) return '/dev/shm';
  } catch {
    // Not there.
  }
  return tmpdir();
}

export class MountNamespace {
  /** The folder as it is named within, and outside, where nothing is mounted on what lies in it. */
  readonly folder: string;
  readonly #holder: ChildProcess;

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder;
    this.#holder = holder;
  }

  static async make(prefix: string): Promise<MountNamespace> {
    const folder = fs.mkdtempSync(join(roomy(), prefix));
    // It ends when its input does: when this process closes it, or is no more.
    const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const made = new MountNamespace(folder, holder);
    try {
      await made.#ready();
    } catch (error) {
      await made.remove();
      throw error;
    }
    return made;
  }

  /** What `cat` says back it says from within its namespace. */
  async #ready(): Promise<void> {
    this.#holder.stdin?.write('ready\n');
    await new Promise((resolve, reject) => {
      this.#holder.once('error', reject);
      this.#holder.once('exit', () => reject(new Error('no mount namespace of its own')));
      this.#holder.stdout?.once('data', resolve);
    });
  }

  /** Where everybody finds what lies under this name within. */
  seen(name: string): string {
    return join(`/proc/${this.#holder.pid}/root`, this.folder, name);
  }

  /** Runs a command within. */
  run(command = '', ...args: readonly string[]): void {
    const within = ['--mount', '--target', `${this.#holder.pid}`, '--', command, ...args];
    execFileSync('nsenter', within, {
      env: { ...process.env, PATH },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  /** Takes everything apart. */
  async remove(): Promise<void> {
    const ended = new Promise((resolve) => this.#holder.once('exit', resolve));
    if (this.#holder.exitCode === null && this.#holder.stdin?.end()) await ended;
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A file of this size that takes no room until it is written to. */
export function newFile(path: string, size: number): void {
  const descriptor = fs.openSync(path, 'wx', 0o600);
  fs.ftruncateSync(descriptor, size);
  fs.closeSync(descriptor);
}
