import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { nodeSystem } from '#lib/disk/node-system.js';
import { encodeCheckpoint } from '#lib/format/position.js';
import { CHECKPOINT_FILE } from '#lib/store/checkpoint.js';
import { damaged } from '#lib/store/damage.js';
import { BACKLOG_ENTRIES_MAX } from '#lib/store/limits.js';
import { Posting } from '#lib/store/posting.js';
import { JOURNAL_START } from '#lib/store/store.js';
import { Machine } from '../machine/processes.js';

/** Too many entries to make: what is answered and what is posted is only said. */
async function posting(answered: number) {
  const { directory } = await Machine.withBank();
  const path = join(directory, CHECKPOINT_FILE);
  const post = (transfer: number) => {
    const position = { ...JOURNAL_START, transfer };
    writeFileSync(path, encodeCheckpoint({ position, nextAccount: 2, bookedAt: '', desks: '' }));
  };
  post(0);
  const paused: number[] = [];
  const told: number[] = [];
  const threads = { started: 0, alive: true };
  const meanwhile = { pass: () => {}, refuse: () => {} };
  let clock = 0;
  const desk = new Posting({
    ...{ disk: nodeDisk(), directory, poster: undefined as never, queue: undefined as never },
    system: {
      ...nodeSystem(),
      every: () => () => {},
      monotonic: () => (clock += 10_000),
      pause: (ms) => {
        paused.push(ms);
        meanwhile.pass();
        return { done: Promise.resolve(), wake: () => {} };
      },
    },
    startThread: () => {
      threads.started++;
      return { alive: threads.alive, wake: () => {}, stop: async () => {} };
    },
    onPosted: (transfer) => told.push(transfer),
    refuseDamaged: async () => meanwhile.refuse(),
  });
  desk.answered({ ...JOURNAL_START, transfer: answered });
  return { desk, path, post, paused, told, threads, meanwhile };
}

describe('requests, while the passbooks are behind', () => {
  it('go on at once up to half of what may be unposted', async () => {
    const { desk, paused, threads } = await posting(BACKLOG_ENTRIES_MAX / 2 - 1);
    await desk.admit();
    expect(paused).toEqual([]);
    expect(threads.started).toBe(0);
  });

  it.each([
    [0.6, 10],
    [0.75, 25],
  ])('are held back the more the more is unposted: at %d for %d ms', async (fill, ms) => {
    const { desk, paused, told, threads } = await posting(BACKLOG_ENTRIES_MAX * fill);
    await desk.admit();
    expect(paused).toEqual([expect.closeTo(ms)]);
    expect(told).toEqual([0]);
    expect(threads.started).toBe(1); // Who posts is not waited for in vain.
    await desk.admit();
    expect(threads.started).toBe(1);
  });

  it('start a thread anew that has ended', async () => {
    const { desk, threads } = await posting(BACKLOG_ENTRIES_MAX * 0.75);
    threads.alive = false;
    await desk.admit();
    await desk.admit();
    expect(threads.started).toBe(2);
  });

  it('wait at the limit, until the passbooks have moved on', async () => {
    const { desk, post, paused, told, meanwhile } = await posting(BACKLOG_ENTRIES_MAX);
    meanwhile.pass = () => {
      if (paused.length === 3) post(1);
    };
    await desk.admit();
    expect(paused).toHaveLength(3);
    expect(told).toEqual([0, 0, 0, 1]);
  });

  it('hear of damage while they wait, and of no file that it has taken with it', async () => {
    const { desk, path, paused, meanwhile } = await posting(BACKLOG_ENTRIES_MAX);
    meanwhile.pass = () => rmSync(path, { force: true });
    meanwhile.refuse = () => {
      if (paused.length === 1) throw damaged('journal/a', 'it is damaged');
    };
    await expect(desk.admit()).rejects.toMatchObject({
      ...{ code: 'BANK_DAMAGED', details: { file: 'journal/a' } },
    });
  });
});
