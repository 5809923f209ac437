import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../machine/processes.js';

const { CI } = process.env;
/** The storm of the promise runs in CI, a breeze everywhere. */
const [KEYS, PROCESSES, KILLS] = CI ? [10_000, 8, 40] : [400, 3, 4];
const PROGRAM = fileURLToPath(new URL('retry-process.js', import.meta.url));
const LIBRARY = fileURLToPath(import.meta.resolve('drovebank'));

describe('Processes that retry the same requests, while they are killed again and again', () => {
  it('book each of them once, and tell everybody the same number', async () => {
    const directory = newDirectory();
    const bank = await openBank(directory, { create: true });
    for (const id of ['ada', 'bob']) await bank.openAccount({ id, firstName: id, lastName: 'L' });
    await bank.deposit('ada', '1000.00');
    await bank.close();

    /** What was answered, by key. */
    const answered = new Map<string, Set<string>>();
    const running = new Set<ChildProcess>();
    const failures: string[] = [];
    let seed = 0;
    let killed = 0;
    const retry = async (): Promise<void> => {
      for (;;) {
        const process_ = spawn(
          process.execPath,
          [PROGRAM, LIBRARY, directory, String(KEYS), String(seed++)],
          { stdio: ['ignore', 'pipe', 'pipe'] },
        );
        running.add(process_);
        let said = '';
        process_.stderr.on('data', (chunk) => {
          said += chunk;
        });
        for await (const line of createInterface({ input: process_.stdout })) {
          const [key = '', transfer = ''] = line.split(',');
          answered.set(key, (answered.get(key) ?? new Set()).add(transfer));
        }
        if (process_.exitCode === null && process_.signalCode === null)
          await once(process_, 'exit');
        running.delete(process_);
        if (process_.signalCode === 'SIGKILL') continue;
        if (process_.exitCode !== 0) failures.push(said);
        return;
      }
    };
    const all = Promise.all(Array.from({ length: PROCESSES }, retry));
    let over = false;
    const storm = (async () => {
      while (!over && killed < KILLS) {
        await later(100 + ((killed * 37) % 150));
        const victim = [...running][killed % Math.max(1, running.size)];
        if (victim?.kill('SIGKILL')) killed++;
      }
    })();
    await all;
    over = true;
    await storm;
    expect(failures).toEqual([]);
    expect(killed).toBeGreaterThan(2);

    const after = await openBank(directory);
    const booked = new Map<string, number[]>();
    for await (const { key, transfer } of after.entries()) {
      if (key !== '') booked.set(key, [...(booked.get(key) ?? []), transfer]);
    }
    expect(booked.size).toBe(KEYS);
    expect(answered.size).toBe(KEYS);
    const odd = [...booked].filter(
      ([key, numbers]) =>
        numbers.length !== 1 || [...(answered.get(key.slice(4)) ?? [])].join() !== numbers.join(),
    );
    expect(odd).toEqual([]);
    expect((await after.balance('bob')).ledger.minor).toBe(BigInt(KEYS));
    expect((await after.verify()).ok).toBe(true);
    await after.close();
  }, 300_000);
});
