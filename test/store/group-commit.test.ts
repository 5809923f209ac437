import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { nodeSystem } from '#lib/disk/node-system.js';
import type { System } from '#lib/disk/system.js';
import { standardDigits } from '#lib/format/manifest.js';
import type { Entry } from '#lib/ledger/entry.js';
import { BankError } from '#lib/ledger/errors.js';
import { readOpen } from '#lib/ledger/request.js';
import type { Bookkeeper } from '#lib/store/bookkeeper.js';
import { damaged, PAIN_FILE } from '#lib/store/damage.js';
import { GroupCommit, type Task } from '#lib/store/group-commit.js';
import { JOURNAL_START } from '#lib/store/journal.js';
import type { Keys } from '#lib/store/keys.js';
import { LedgerState } from '#lib/store/ledger-state.js';
import { BATCH_ENTRIES_MAX, DECISIONS_AT_ONCE } from '#lib/store/limits.js';
import { Fenced, type Log, type NewBatch } from '#lib/store/log.js';
import type { Passbooks } from '#lib/store/passbooks.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { garbageCollector } from '../machine/garbage.js';
import { newDirectory } from '../machine/processes.js';

const REQUESTS_MAX = 4;
/** Nothing asks so often: who does goes round and round. */
const LOOKS_MAX = 20;

/** A log that is only said to be there, for one process. What it does the test may say otherwise. */
class SaidLog implements Log {
  epoch = 0;
  leading = false;
  position = JOURNAL_START;
  readonly appended: NewBatch[] = [];
  lead = async () => {
    if (!this.leading) this.epoch++;
    if (this.epoch > LOOKS_MAX) throw new Error('it is led again and again');
    this.leading = true;
    return this.position;
  };
  append = async (_: unknown, batch: NewBatch) => {
    if (!this.leading) throw new Fenced('not leading');
    this.appended.push(batch);
    const { epoch, appended } = this;
    const seal = `${appended.length}`;
    this.position = { ...this.position, epoch, seal, transfer: batch.transfer };
    return this.position;
  };
  leave = async () => {
    this.leading = false;
  };
  confirm = async () => this.leading;
  head = async () => this.position;
  async *read() {}
  yieldIfAsked: Log['yieldIfAsked'] = async () => {};
  expectAsking = () => {};
}

/** What a test wants to be otherwise. */
interface Otherwise {
  find?: Keys['find'];
  forget?: () => void;
  admit?: () => Promise<boolean>;
  atNotice?: () => void;
  system?: System;
  requestsMax?: number;
}

function commitOn(
  log: SaidLog,
  {
    find,
    forget,
    admit,
    atNotice,
    system = nodeSystem(),
    requestsMax = REQUESTS_MAX,
  }: Otherwise = {},
) {
  const directory = newDirectory();
  mkdirSync(directory);
  const disk = hooked(nodeDisk(), (step, go) => {
    if (step.name === 'create' && step.path.endsWith(PAIN_FILE)) atNotice?.();
    return go();
  });
  const digits = standardDigits();
  const manifest = { version: 1, id: 'b', created: '', currency: 'USD', shared: false, digits };
  const checkpoint = {
    position: JOURNAL_START,
    nextAccount: 0,
    bookedAt: '',
    desks: '',
    index: '',
    keys: '',
  };
  const passbooks = {} as unknown as Passbooks;
  let fresh = 0;
  const commit = new GroupCommit({
    ...{ disk, system, directory, log },
    keys: {
      find: async () => [],
      booked: () => {},
      forget,
      ...(find && { find }),
    } as unknown as Keys,
    freshState: async () => {
      if (fresh++ > LOOKS_MAX) throw new Error('it is begun again and again');
      return new LedgerState(manifest, passbooks, checkpoint, { has: async () => false });
    },
    backlog: { admit: admit ?? (async () => true), answered: () => {} },
    onLead: () => {},
    requestsMax,
  });
  const isStopped = () => existsSync(join(directory, PAIN_FILE));
  return { commit, isStopped };
}

const nothing = { books: false, size: 1, eachId: () => {}, keys: [] };
const look: Task<string> = { ...nothing, run: () => 'seen' };
const ada = readOpen({ firstName: 'Ada', lastName: 'Lovelace' });
const open = (book: Bookkeeper) => book.book(ada).entry.transfer;
const booking: Task<number> = { ...nothing, books: true, run: open };
const refusal = (code: 'BANK_BUSY' | 'DISK_FULL') => new BankError(code, 'it was said to be so');

describe('who asks', () => {
  it('is refused while as many wait as may wait', async () => {
    const log = new SaidLog();
    log.lead = () => new Promise(() => {});
    const { commit } = commitOn(log);
    for (let count = 0; count < REQUESTS_MAX; count++) void commit.submit(booking);
    const last = Promise.race([commit.submit(booking), 'it waits']);
    await expect(last).rejects.toMatchObject({ code: 'BANK_BUSY', committed: false });
  });

  it('lets others run while many are decided, and while they are answered', async () => {
    const log = new SaidLog();
    let [now, stage] = [0, 'deciding'];
    const turns: string[] = [];
    const turn = async () => void turns.push(stage);
    const { commit } = commitOn(log, {
      system: { ...nodeSystem(), monotonic: () => (now += 10), turn },
      requestsMax: 200,
    });
    const append = log.append;
    log.append = async (...asked) => {
      stage = 'answering';
      return append(...asked);
    };
    await Promise.all(Array.from({ length: 100 }, () => commit.submit(booking)));
    const times = (name: string) => turns.filter((one) => one === name).length;
    expect(log.appended).toHaveLength(1);
    expect(times('deciding')).toBeGreaterThan(2);
    expect(times('answering')).toBeGreaterThan(2);
    await commit.close();
  });

  it('lets others run behind each answer to much at once, whatever the clock says', async () => {
    const log = new SaidLog();
    const turns: number[] = [];
    const turn = async () => void turns.push(log.appended.length);
    const { commit } = commitOn(log, { system: { ...nodeSystem(), monotonic: () => 0, turn } });
    const much = { ...booking, size: DECISIONS_AT_ONCE };
    await Promise.all([much, booking, much].map((task) => commit.submit(task)));
    expect(turns).toEqual([1, 1]);
    await commit.close();
  });

  it('is answered, and what he asked is not kept while he works on it', async () => {
    const log = new SaidLog();
    const collect = garbageCollector();
    const { turn } = nodeSystem();
    const append = log.append;
    log.append = async (...asked) => {
      await turn(); // Until then a WeakRef keeps what it is of.
      return append(...asked);
    };
    const { commit } = commitOn(log);
    const asked = (): [WeakRef<object>, Promise<unknown>] => {
      const task = { ...booking };
      return [new WeakRef(task), commit.submit(task)];
    };
    const [task, answered] = asked();
    expect(task.deref()).toBeDefined();
    await answered;
    collect();
    expect(task.deref()).toBeUndefined();
    await commit.close();
  });

  it('is answered before anybody else is asked whether he waits', async () => {
    const log = new SaidLog();
    let isAnswered = false;
    log.yieldIfAsked = async () => {
      if (!isAnswered) throw new Error('nobody was answered yet');
    };
    const { commit } = commitOn(log);
    const run = () => {
      isAnswered = true;
    };
    await commit.submit({ ...look, run });
    await commit.close();
  });

  it('is answered by the first look at a desk that is ours, and asks for no other', async () => {
    const log = new SaidLog();
    const { commit } = commitOn(log);
    await commit.submit(booking);
    expect(await commit.submit(look)).toBe('seen');
    expect(log.epoch).toBe(1);
    await commit.close();
  });

  it('is told when he is refused, as those beside him are answered', async () => {
    const { commit } = commitOn(new SaidLog());
    const told: unknown[] = [];
    const run = () => {
      throw refusal('BANK_BUSY');
    };
    commit.submit({ ...booking, run }).catch((error) => told.push(error));
    expect(await commit.submit(look)).toBe('seen');
    await commit.close();
    expect(told).toEqual([expect.objectContaining({ code: 'BANK_BUSY' })]);
  });

  it('is told of a full disk', async () => {
    const log = new SaidLog();
    log.append = () => Promise.reject(refusal('DISK_FULL'));
    const { commit } = commitOn(log);
    const told: unknown[] = [];
    commit.submit(booking).catch((error) => told.push(error));
    await commit.close();
    expect(told).toMatchObject([{ code: 'DISK_FULL', committed: false }]);
  });

  it('is held back while too much is not posted, unless he only looks', async () => {
    let admitted = 0;
    const admit = async () => admitted++ === 0;
    const { commit } = commitOn(new SaidLog(), { admit });
    await commit.submit(look);
    expect(admitted).toBe(0);
    await commit.submit(booking);
    expect(admitted).toBe(1);
    await commit.close();
  });

  it('lets who only looks pass while he is held back, and may leave again', async () => {
    let isHeld = true;
    const log = new SaidLog();
    const admit = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return !isHeld;
    };
    const { commit } = commitOn(log, { admit });
    const leaving = new AbortController();
    const cancelled = commit.submit(booking, leaving.signal).catch((error) => error);
    const held = commit.submit(booking);
    expect(await commit.submit(look)).toBe('seen');
    expect(await commit.submit(look)).toBe('seen');
    expect(log.leading).toBe(false); // Nor does he wait to lead.
    leaving.abort();
    expect(await cancelled).toMatchObject({ code: 'CANCELLED' });
    expect(log.appended).toEqual([]);
    isHeld = false;
    expect(await held).toBe(1);
    await commit.close();
  });

  it('and was refused takes nobody else back when he cancels behind that', async () => {
    const log = new SaidLog();
    const { lead } = log;
    log.lead = () => Promise.reject(refusal('DISK_FULL'));
    const { commit } = commitOn(log);
    const stop = new AbortController();
    const refused = commit.submit(booking, stop.signal);
    await expect(refused).rejects.toMatchObject({ code: 'DISK_FULL' });
    log.lead = lead;
    const booked: number[] = [];
    commit.submit(booking).then((transfer) => booked.push(transfer));
    stop.abort();
    await commit.close();
    expect(booked).toEqual([1]);
  });
});

describe('who leads', () => {
  it('leads anew where that is asked for, before it books on', async () => {
    const log = new SaidLog();
    const { commit } = commitOn(log);
    await commit.submit(booking);
    await commit.leadAnew();
    await commit.leadAnew();
    expect(log.epoch).toBe(3);
    await commit.submit(booking);
    expect(log.epoch).toBe(3);
    await commit.close();
  });

  it('leads anew once it is closed, and leaves again', async () => {
    const log = new SaidLog();
    const { commit } = commitOn(log);
    await commit.submit(booking);
    await commit.close();
    await commit.leadAnew();
    expect(log).toMatchObject({ epoch: 2, leading: false });
  });
});

describe('a batch', () => {
  it('ends where it is long enough: who comes behind is in the next one', async () => {
    const log = new SaidLog();
    const { commit } = commitOn(log);
    const half = { ...booking, size: BATCH_ENTRIES_MAX / 2 };
    const asked = [half, half, booking].map((task) => commit.submit(task));
    expect(await Promise.all(asked)).toEqual([1, 2, 3]);
    expect(log.appended.map(({ count }) => count)).toEqual([2, 1]);
    await commit.close();
  });

  it('of readers takes in nobody who wants to book: he has to lead first', async () => {
    const log = new SaidLog();
    const { commit } = commitOn(log);
    let booked: Promise<unknown> | undefined;
    log.head = async () => {
      booked ??= commit.submit(booking).catch(({ code }) => code);
      return log.position;
    };
    log.lead = () => Promise.reject(refusal('BANK_BUSY'));
    expect(await commit.submit(look)).toBe('seen');
    expect(await booked).toBe('BANK_BUSY');
    await commit.close();
  });

  it('of readers takes in nobody who asks when the end was looked up: he may have been told more', async () => {
    const log = new SaidLog();
    const { commit } = commitOn(log);
    const moment: Task<string> = { ...nothing, run: (_, state) => state.position.seal };
    let late: Promise<string> | undefined;
    log.head = async () => {
      const { position } = log;
      log.position = { ...position, seal: 'answered since' };
      late ??= commit.submit(moment);
      return position;
    };
    expect(await commit.submit(moment)).toBe(JOURNAL_START.seal);
    expect(await late).toBe('answered since');
    await commit.close();
  });

  it('leaves no key in memory when it has ended', async () => {
    const entry = { key: 'k' } as Entry;
    const { commit } = commitOn(new SaidLog(), { find: async () => [entry] });
    const run = (_: Bookkeeper, state: LedgerState) => state.entryOfKey('k');
    expect(await commit.submit({ ...nothing, keys: ['k'], run })).toBe(entry);
    expect(commit.state?.entryOfKey('k')).toBeUndefined();
    await commit.close();
  });
});

describe('who leads', () => {
  it('looks at once when he hears that somebody may be waiting', async () => {
    const log = new SaidLog();
    const { commit } = commitOn(log);
    let isExpected = false;
    const looks: boolean[] = [];
    log.expectAsking = () => {
      isExpected = true;
    };
    log.yieldIfAsked = async () => void looks.push(isExpected);
    await commit.submit(booking);
    commit.lookAside();
    await commit.close();
    expect(looks.at(-1)).toBe(true);
  });

  it('leaves when he closes, behind the last answer', async () => {
    const log = new SaidLog();
    const { commit } = commitOn(log);
    const booked = commit.submit(booking);
    await commit.close();
    expect(await booked).toBe(1);
    expect(log.leading).toBe(false);
  });
});

describe('damage', () => {
  const damage = damaged('journal/a', 'it makes no sense');

  it('is looked at again with the desk taken anew, and nothing kept from before', async () => {
    const log = new SaidLog();
    let forgotten = false;
    const forget = () => {
      forgotten = true;
    };
    const find: Keys['find'] = async ([key]) => {
      if (key !== undefined && !(log.leading && log.epoch > 1 && forgotten)) throw damage;
      return [];
    };
    const { commit, isStopped } = commitOn(log, { find, forget });
    await commit.submit(booking);
    expect(await commit.submit({ ...look, keys: ['k'] })).toBe('seen');
    expect(isStopped()).toBe(false);
    await commit.close();
  });

  it('that is there still stops the bank, and whoever found it holds nobody up', async () => {
    const log = new SaidLog();
    const held: boolean[] = [];
    const find = () => Promise.reject(damage);
    const atNotice = () => void held.push(log.leading);
    const { commit, isStopped } = commitOn(log, { find, forget: () => {}, atNotice });
    await expect(commit.submit(look)).rejects.toBe(damage);
    expect(isStopped()).toBe(true);
    expect(held).toEqual([false]);
    await commit.close();
  });

  it('that somebody meets who only looks whether others wait stops the bank as well', async () => {
    const log = new SaidLog();
    const { commit, isStopped } = commitOn(log, { forget: () => {} });
    await commit.submit(booking);
    log.yieldIfAsked = () => Promise.reject(damage);
    commit.lookAside();
    const { turn } = nodeSystem();
    for (let turns = 0; log.epoch < 2 && turns < LOOKS_MAX; turns++) await turn();
    await turn(); // The first look has ended.
    expect(isStopped()).toBe(false);
    commit.lookAside();
    await commit.close();
    expect(isStopped()).toBe(true);
  });

  it('beside the requests is looked at again with the desk in hand', async () => {
    const log = new SaidLog();
    const { commit, isStopped } = commitOn(log);
    const held: boolean[] = [];
    await commit.confirmDamage(damage, async () => held.push(log.leading));
    expect(held).toEqual([true]);
    expect(isStopped()).toBe(false);
    await commit.close();
  });

  it.each([
    ['BANK_BUSY', 0],
    // Nobody can have the desk there.
    ['DISK_FULL', 1],
  ] as const)(
    'beside the requests of who does not get the desk (%s) is looked at again %i times',
    async (code, looks) => {
      const log = new SaidLog();
      const { commit, isStopped } = commitOn(log);
      log.lead = async () => {
        throw refusal(code);
      };
      let looked = 0;
      const look = async () => {
        looked++;
        throw damage;
      };
      await commit.confirmDamage(damage, look);
      expect([looked, isStopped()]).toEqual([looks, looks > 0]);
      await commit.close();
    },
  );

  it('is not what another failure tells of: nobody asks for the desk', async () => {
    const log = new SaidLog();
    const { commit } = commitOn(log);
    let looks = 0;
    await commit.confirmDamage(refusal('DISK_FULL'), async () => looks++);
    expect(looks).toBe(0);
    expect(log.epoch).toBe(0);
    await commit.close();
  });
});
