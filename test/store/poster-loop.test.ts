import { describe, expect, it } from 'vitest';
import { POSTING_DELAY_MS, POSTING_IDLE_MS } from '#lib/store/limits.js';
import { runPoster } from '#lib/store/poster-loop.js';
import type { BankFiles } from '#lib/store/store.js';
import { systemError } from '#lib/testing/hooked-disk.js';

/** The journal ends here. */
const END = 5;

interface Played {
  /** One round of posting: answers how far it got. */
  readonly post: () => number;
  /** The seal of the journal's last entry. */
  readonly seal?: (look: number) => string;
  readonly asked?: boolean;
  /** It is stopped in this round; or as soon as it rests, and then it sleeps until it is woken. */
  readonly stopIn?: number | 'rest';
}

/** When each round of posting began, where time goes by with the pauses alone. */
function roundsOf({ post, seal, asked, stopIn = 2 }: Played): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const rounds: number[] = [];
    let [time, looks, awake, listening, holds] = [0, 0, true, 0, false];
    const ended = () => {
      if (listening > 0) reject(new Error('it listens on'));
      if (holds) reject(new Error('it keeps the role'));
      resolve(rounds);
    };
    const stop = () => void loop.stop().then(ended, reject);
    const rest = () =>
      new Promise<void>((wake) => {
        if (stopIn !== 'rest') return wake();
        awake = false;
        sleeper = wake;
        setImmediate(() => {
          stop();
          if (!awake) reject(new Error('it sleeps on'));
        });
      });
    let sleeper = () => {};
    const loop = runPoster({
      disk: {
        watch: () => {
          listening++;
          return () => void listening--;
        },
      },
      posterQueue: { folder: '', waiting: async () => (asked ? ['ticket'] : []) },
      log: {
        head: async () => {
          if (++looks === 1_000) stop(); // It would look for ever.
          return { transfer: END, seal: seal?.(looks) ?? 'seal' };
        },
        close: async () => {},
      },
      system: {
        monotonic: () => time,
        pause: (ms: number) => {
          time += ms;
          const wake = () => {
            awake = true;
            sleeper();
          };
          return { done: rest(), wake };
        },
      },
      poster: {
        active: true,
        tryStart: async () => {
          holds = true;
          return true;
        },
        post: async () => {
          rounds.push(time);
          if (rounds.length === stopIn) stop();
          return post();
        },
        stop: async () => {
          holds = false;
        },
      },
    } as unknown as BankFiles);
  });
}

describe('who posts', () => {
  const looks = Math.floor(POSTING_DELAY_MS / POSTING_IDLE_MS) + 1;
  const busy = (look: number) => `seal ${look}`;
  it.each<[string, number, Omit<Played, 'post'>]>([
    ['when nothing was answered for a while', POSTING_IDLE_MS, {}],
    ['a second behind the first entry that waits', looks * POSTING_IDLE_MS, { seal: busy }],
    ['at once when somebody asks', 0, { seal: busy, asked: true }],
  ])('posts what waits %s', async (_, ms, journal) => {
    expect(await roundsOf({ ...journal, post: () => END - 1 })).toEqual([0, ms]);
  });

  it('rests where nothing waits, and is woken when it is stopped', async () => {
    const post = () => END;
    expect(await roundsOf({ post })).toEqual([0, POSTING_DELAY_MS / 4]);
    expect(await roundsOf({ post, stopIn: 'rest' })).toEqual([0]);
  });

  it('tries again a second behind an error of the disk, and ends with a mistake of ours', async () => {
    const failing = (error: Error) => () => {
      throw error;
    };
    const full = systemError('ENOSPC');
    expect(await roundsOf({ post: failing(full) })).toEqual([0, POSTING_DELAY_MS]);
    const bug = roundsOf({ post: failing(new Error('a bug')), stopIn: 1 });
    await expect(bug).rejects.toThrow('a bug');
  });
});
