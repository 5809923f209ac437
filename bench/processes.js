/** Starting contestants, and asking them. */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./contestant-process.js', import.meta.url));

/** A running contestant. `ask` one thing at a time. */
export function start(name, folder, settings) {
  const child = fork(PROGRAM, [name, folder, JSON.stringify(settings)]);
  const left = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${name} ended with ${signal ?? code}`);
  });
  left.catch(() => {});
  return {
    async ask(call, asked) {
      const answered = once(child, 'message');
      child.send({ call, asked });
      const [{ answer, failure }] = await Promise.race([answered, left]);
      if (failure !== undefined) throw new Error(failure);
      return answer;
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await this.ask('close').catch(() => {});
      child.disconnect();
      const deadline = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await left.catch(() => {});
      clearTimeout(deadline);
    },
  };
}

/** Makes a contestant's accounts, in a process that is gone when the measuring starts. */
export async function prepare(name, folder, settings) {
  const process = start(name, folder, settings);
  try {
    await process.ask('prepare');
  } finally {
    await process.end();
  }
}

/** Brings the disk to rest, so that nobody pays for what another one has written. */
export function restDisk() {
  spawnSync('sync');
}
