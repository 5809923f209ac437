import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Disk } from '#lib/disk/disk.js';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { nodeSystem } from '#lib/disk/node-system.js';
import { encodeCheckpoint } from '#lib/format/position.js';
import { CHECKPOINT_FILE } from '#lib/store/checkpoint.js';
import { damaged, PAIN_FILE } from '#lib/store/damage.js';
import { JOURNAL_START } from '#lib/store/journal.js';
import {
  BACKLOG_ENTRIES_MAX,
  BATCH_ENTRIES_MAX,
  POSTING_INLINE_ENTRIES_MAX,
  WAIT_LOOK_MS,
} from '#lib/store/limits.js';
import type { Poster } from '#lib/store/poster.js';
import { Posting } from '#lib/store/posting.js';
import type { Queue } from '#lib/store/queue.js';
import { Machine } from '../machine/processes.js';

/** Too many entries to make: what is answered and what is posted is only said. */
async function posting(answered: number, batch = 1) {
  const { directory } = await Machine.withBank();
  const path = join(directory, CHECKPOINT_FILE);
  const post = (transfer: number) => {
    const position = { ...JOURNAL_START, transfer };
    writeFileSync(
      path,
      encodeCheckpoint({ position, nextAccount: 2, bookedAt: '', desks: '', index: '', keys: '' }),
    );
  };
  post(0);
  const paused: number[] = [];
  const told: number[] = [];
  const threads = { started: 0, alive: true };
  const meanwhile = {
    pass: () => {},
    refuse: () => {},
    isThere: () => true,
    show: (_: number) => {},
  };
  /** What this process posts itself: by default nothing, another one has the role. */
  type More = (left: number, posted: number) => boolean;
  const here = { rounds: 0, post: async (_: More): Promise<number | undefined> => undefined };
  const tickets = { drawn: 0, removed: 0 };
  const queue = {
    folder: join(directory, 'desks/poster.queue'),
    draw: async () => void tickets.drawn++,
    isThere: async () => meanwhile.isThere(),
    touch: async () => true,
    remove: async () => void tickets.removed++,
  } as unknown as Queue;
  let listening = 0;
  const disk: Disk = {
    ...nodeDisk(),
    watch: () => {
      listening++;
      return () => void listening--;
    },
  };
  const timers = new Set<() => void>();
  const poster = {
    tryStart: async () => true,
    post: (more: More) => {
      here.rounds++;
      return here.post(more);
    },
    stop: async () => {},
  } as Poster;
  const clock = { now: 0, step: 10_000 };
  const desk = new Posting({
    ...{ disk, directory, poster, queue },
    system: {
      ...nodeSystem(),
      every: (_, call) => {
        timers.add(call);
        return () => timers.delete(call);
      },
      monotonic: () => (clock.now += clock.step),
      pause: (ms) => {
        paused.push(ms);
        if (paused.length > 100) throw new Error('it would wait for ever');
        meanwhile.pass();
        return { done: Promise.resolve(), wake: () => {} };
      },
    },
    show: async (transfer) => meanwhile.show(transfer),
    startThread: () => {
      threads.started++;
      return { alive: threads.alive, wake: () => {}, stop: async () => {} };
    },
    onPosted: (transfer) => {
      told.push(transfer);
      if (told.length > 100) throw new Error('it would look for ever');
    },
    refuseDamaged: async () => meanwhile.refuse(),
  });
  desk.answered({ ...JOURNAL_START, transfer: answered }, batch);
  return {
    desk,
    path,
    post,
    paused,
    told,
    threads,
    meanwhile,
    here,
    timers,
    tickets,
    clock,
    heard: () => listening,
  };
}

describe('requests, while the passbooks are behind', () => {
  it('go on at once up to half of what may be unposted', async () => {
    const { desk, paused, threads } = await posting(BACKLOG_ENTRIES_MAX / 2 - 1);
    await desk.admit();
    expect(paused).toEqual([]);
    expect(threads.started).toBe(0);
  });

  it.each([
    [0.75, 512, 16],
    [0.75, 8_000, 250],
    [0.9, 512, 167.8],
    [0.98, 512, 417.5],
    [0.98, 8_000, 500],
  ])(
    'are held back the more the more is unposted, and the more they are: at %d, for %i entries, %d ms',
    async (fill, entries, ms) => {
      const { desk, paused, told, threads } = await posting(BACKLOG_ENTRIES_MAX * fill, entries);
      while (!(await desk.admit())); // Who only looks is let through in between.
      const sum = paused.reduce((one, other) => one + other, 0);
      expect(sum).toBeGreaterThan(ms - 1.1); // What a timer cannot wait for is left for later.
      expect(sum).toBeLessThan(ms + 0.1);
      expect(Math.max(...paused)).toBeLessThanOrEqual(WAIT_LOOK_MS);
      expect(new Set(told)).toEqual(new Set([0]));
      expect(threads.started).toBe(1); // Who posts is not waited for in vain.
      // Once for each entry: not for who comes next.
      paused.length = 0;
      expect(await desk.admit()).toBe(true);
      expect(paused).toEqual([]);
      expect(threads.started).toBe(1);
    },
  );

  it('that are few are held back once that is as much as a timer can wait for', async () => {
    const { desk, paused } = await posting(BACKLOG_ENTRIES_MAX * 0.75);
    for (let batch = 0; batch < 6; batch++) {
      desk.answered({ ...JOURNAL_START, transfer: BACKLOG_ENTRIES_MAX * 0.75 }, 12); // 0.375 ms.
      expect(await desk.admit()).toBe(true);
    }
    expect(paused).toEqual([expect.closeTo(1.125, 1), expect.closeTo(1.125, 1)]);
  });

  it('start a thread anew that has ended', async () => {
    const { desk, threads } = await posting(BACKLOG_ENTRIES_MAX * 0.75);
    threads.alive = false;
    await desk.admit();
    await desk.admit();
    expect(threads.started).toBe(2);
  });

  it('wait where the largest batch would go beyond the limit, until the passbooks have moved on', async () => {
    const full = BACKLOG_ENTRIES_MAX - BATCH_ENTRIES_MAX + 1;
    const { desk, post, paused, told, meanwhile } = await posting(full);
    meanwhile.pass = () => {
      if (paused.length === 3) post(1);
    };
    for (let looks = 0; looks < 2; looks++) expect(await desk.admit()).toBe(false);
    expect(await desk.admit()).toBe(true);
    expect(paused).toHaveLength(3);
    expect(told.at(-1)).toBe(1);
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

describe('the thread that posts', () => {
  it('is started once, a while behind the first answer', async () => {
    const { desk, threads, timers } = await posting(1);
    desk.answered({ ...JOURNAL_START, transfer: 2 }, 1);
    expect(timers.size).toBe(1);
    for (const call of [...timers]) call();
    expect(threads.started).toBe(1);
    expect(timers.size).toBe(0);
    desk.answered({ ...JOURNAL_START, transfer: 3 }, 1);
    expect(timers.size).toBe(0);
  });

  it('is never started once the bank is closed', async () => {
    const { desk, here, timers, post } = await posting(1);
    here.post = async () => {
      post(1);
      return 1;
    };
    await desk.close(0);
    expect(timers.size).toBe(0);
    expect(here.rounds).toBe(1);
  });

  it.each([
    ['few', 0, 0],
    ['many', 1, 1],
  ])('helps who waits for %s entries', async (_, more, started) => {
    const transfer = POSTING_INLINE_ENTRIES_MAX + more;
    const { desk, here, threads } = await posting(transfer);
    threads.alive = false;
    here.post = async () => transfer;
    await desk.flush(transfer, []);
    expect(threads.started).toBe(started);
  });
});

describe('who waits for the passbooks', () => {
  it('posts nothing that another process has posted', async () => {
    const { desk, here, post } = await posting(5);
    post(5);
    await desk.flush(5, []);
    expect(here.rounds).toBe(0);
  });

  it('asks nobody where another process has posted it meanwhile', async () => {
    const { desk, here, post, tickets } = await posting(5);
    here.post = async () => {
      post(5);
      return undefined;
    };
    await desk.flush(5, []);
    expect(here.rounds).toBe(1);
    expect(tickets.drawn).toBe(0);
  });

  it('waits for the posting that is under way, and begins none of its own for the same', async () => {
    const { desk, here, post } = await posting(5);
    let go = () => {};
    const gone = new Promise<void>((resolve) => {
      go = resolve;
    });
    here.post = async () => {
      await gone;
      post(5);
      return 5;
    };
    const both = [desk.flush(5, []), desk.flush(5, [])];
    await new Promise((resolve) => setImmediate(resolve));
    go();
    await Promise.all(both);
    expect(here.rounds).toBe(1);
  });

  it('posts no more than what is asked for: others who go on booking would keep it for ever', async () => {
    const { desk, here } = await posting(5);
    let goesOn: boolean[] = [];
    here.post = async (more) => {
      goesOn = [4, 5, 6].map((posted) => more(1_000, posted));
      return 5;
    };
    await desk.flush(5, []);
    expect(goesOn).toEqual([true, false, false]);
  });

  it('needs no ticket for what it posts itself', async () => {
    const { desk, here, tickets } = await posting(5);
    here.post = async () => 5;
    await desk.flush(5, []);
    expect(tickets.drawn).toBe(0);
  });

  it('goes when its ticket was taken away, and draws another one if it had not stirred for long', async () => {
    for (const [step, drawn] of [
      [0, 1],
      [10_000, 2],
    ] as const) {
      const { desk, post, tickets, clock, meanwhile } = await posting(5);
      clock.step = step;
      meanwhile.isThere = () => {
        post(5);
        return false;
      };
      await desk.flush(5, []);
      expect(tickets).toEqual({ drawn, removed: 1 });
    }
  });

  it('makes sure that whoever posts is shown what was answered', async () => {
    const { desk, post, meanwhile } = await posting(5);
    meanwhile.show = (transfer) => post(transfer);
    meanwhile.isThere = () => false;
    await desk.flush(5, []);
    await desk.flush(5, []);
  });

  it.each<[string, string, AbortSignal | undefined]>([
    ['damage', 'BANK_DAMAGED', undefined],
    ['a signal', 'CANCELLED', AbortSignal.abort()],
  ])('ends with %s, and leaves neither ticket nor ear behind', async (_, code, signal) => {
    const { desk, here, timers, tickets, heard, meanwhile } = await posting(5);
    for (const call of [...timers]) call(); // The thread posts nothing, and tells of nothing.
    if (!signal) {
      meanwhile.refuse = () => {
        throw damaged('journal/a', 'it is damaged');
      };
    }
    await expect(desk.flush(5, [], signal)).rejects.toMatchObject({ code });
    expect(tickets).toEqual({ drawn: 1, removed: 1 });
    expect(heard()).toBe(0);
    expect(here.rounds).toBe(0); // What a thread is there for is left to it.
  });

  it.each([
    ['damage that it found', 'journal/a', true],
    ['the notice that it came upon', PAIN_FILE, false],
  ])('tells everybody of %s: only new damage', async (_, file, told) => {
    const { desk, here, path } = await posting(5);
    here.post = async () => {
      throw damaged(file, 'it is damaged');
    };
    await expect(desk.flush(5, [])).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    expect(existsSync(join(dirname(path), '..', PAIN_FILE))).toBe(told);
  });
});
