import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { afterEach, describe, expect, it } from 'vitest';
import { openAt } from '#lib/bank/open-bank.js';
import { type Host, nodeHost } from '#lib/store/host.js';
import { noPoster } from '../machine/processes.js';
import { expectClean } from '../store/books.js';
import {
  type Asked,
  apply,
  ask,
  type Balances,
  expectLeftTidy,
  expectZero,
  letStale,
  readBooks,
  wasBooked,
} from './books.js';
import { programOf } from './branch.js';
import { canRun, proved } from './needs.js';
import { type FileSystem, PowerCutDisk } from './power-cut-disk.js';

/** How often the power goes on each file system: `npm run test:power-cuts -- --cuts 200`. */
const CUTS = Number(process.env.CUTS ?? 10);
/** A bank of its own for so many cuts: the checks read all of it. */
const CUTS_PER_BANK = 10;
const PROCESSES = 3;
const ACCOUNTS = 6;

/** What a process noted: what it asked for, and what it was answered. */
interface Note extends Partial<Omit<Asked, 'amount'>> {
  readonly amount?: string;
  readonly answered?: string;
  readonly transfer?: number;
  readonly seqs?: Readonly<Record<string, number>>;
  readonly refused?: string;
  readonly code?: string;
}

/** What survived must hold what had been answered before the power went. */
interface Cut {
  readonly number: number;
  /** How much of each process's notes was written before the cut began. */
  readonly noted: readonly number[];
  /** What was answered behind an earlier cut, if this is one of a recovery. */
  readonly recovered: readonly Asked[];
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * This machine behind a reboot. The writers of before are under way in the original, and would seem
 * alive by their ids; but the boot that gave them these ids is over.
 */
function rebooted(): Host {
  const host = nodeHost();
  const { identity } = host.system;
  const boot = randomBytes(16).toString('hex');
  const system = {
    ...host.system,
    identity: { ...identity, boot },
    isSurelyDead: (owner: typeof identity & { number: number; random: string }) =>
      owner.boot === boot && host.system.isSurelyDead({ ...owner, boot: identity.boot }),
  };
  // A thread would not know of the reboot: what there is to post is posted by who closes.
  return { ...host, system, startPoster: noPoster };
}

/** Processes that move money in a bank, and the notes that they keep outside of its disk. */
class Writers {
  readonly directory: string;
  readonly opening: Balances = new Map();
  readonly #folder = mkdtempSync(join(tmpdir(), 'drovebank-notes-'));
  #children: ChildProcess[] = [];

  constructor(directory: string) {
    this.directory = directory;
  }

  async start(): Promise<void> {
    const bank = await openBank(this.directory, { create: true });
    for (let opened = 0; opened < ACCOUNTS; opened++) {
      const { id } = await bank.openAccount({ firstName: 'Power', lastName: 'Cut' });
      await bank.deposit(id, '200.00');
      this.opening.set(id, 200_00n);
    }
    await bank.close();
    for (let started = 0; started < PROCESSES; started++) await this.#add();
  }

  /** Starts one more, and waits until it is at it. */
  async #add(): Promise<void> {
    const ids = [...this.opening.keys()].join(',');
    const at = this.#children.length;
    const args = [programOf('noted-transfers.js'), this.directory, this.#notesOf(at), ids];
    const stdio = ['pipe', 'inherit', 'inherit'] as const;
    this.#children.push(spawn(process.execPath, args, { stdio: [...stdio] }));
    while (this.#read(at).length < 1_000) await pause(10);
  }

  /** kill -9 for the oldest, and another one: so that desks are taken over while power goes. */
  async replaceOne(): Promise<void> {
    const oldest = this.#children.find((child) => child.signalCode === null && !child.killed);
    oldest?.kill('SIGKILL');
    await this.#add();
  }

  #notesOf(at: number): string {
    return join(this.#folder, `notes-${at}`);
  }

  /** How many bytes of notes each process has written. */
  noted(): number[] {
    return this.#children.map((_, at) => this.#read(at).length);
  }

  #read(at: number): Buffer {
    try {
      return readFileSync(this.#notesOf(at));
    } catch {
      return Buffer.alloc(0); // It has not begun.
    }
  }

  /** The notes; of each process the first so many bytes, and of those that came later none. */
  notes(noted: readonly number[] = this.noted()): Note[] {
    return this.#children.flatMap((_, at) => {
      const text = this.#read(at)
        .subarray(0, noted[at] ?? 0)
        .toString('utf8');
      return text
        .split('\n')
        .slice(0, -1)
        .map((line): Note => JSON.parse(line));
    });
  }

  /** Lets those that live end by themselves. Answers how they exited. */
  async end(): Promise<(number | null)[]> {
    const living = this.#children.filter((child) => !child.killed);
    return Promise.all(
      living.map(async (child) => {
        child.stdin?.end();
        if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
        return child.exitCode;
      }),
    );
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const toMinor = (amount = '') => BigInt(amount.replace('.', ''));

/** What was asked for, by all processes, to the end. */
function askedIn(notes: readonly Note[]): Asked[] {
  return notes.flatMap(({ key, from, to, amount }) => {
    if (key === undefined || to === undefined) return [];
    return [{ key, to, amount: toMinor(amount), ...(from === undefined ? {} : { from }) }];
  });
}

/**
 * Everything that must hold in what a cut left. Answers how many answers had to be there. `cutAgain`
 * is called when the first request behind the cut was answered.
 */
async function expectSurvived(
  directory: string,
  writers: Writers,
  cut: Cut,
  cutAgain: (recovered: readonly Asked[]) => void,
): Promise<number> {
  letStale(directory, true); // A reboot takes longer than that.
  const ids = [...writers.opening.keys()];
  const notes = writers.notes();
  const asked = [...askedIn(notes), ...cut.recovered];
  const before = writers.notes(cut.noted);
  const host = rebooted();
  const bank = await openAt(host, directory);
  const { booked, balances } = await readBooks(bank, ids);

  const expected = new Map(writers.opening);
  for (const one of asked) if (wasBooked(booked, one) !== undefined) apply(expected, one);
  expect(balances).toEqual(expected);
  const known = new Set(asked.map(({ key }) => key));
  const unknown = [...booked].filter(([key, [leg]]) => !known.has(key) && (leg?.seq ?? 0) > 2);
  expect(unknown, 'booked, and nobody had asked for it').toEqual([]);
  const answers = before.filter(({ answered }) => answered !== undefined);
  const lost = answers.filter(({ answered = '', transfer, seqs = {} }) => {
    const legs = booked.get(answered) ?? [];
    return legs[0]?.transfer !== transfer || legs.some(({ account, seq }) => seqs[account] !== seq);
  });
  expect(lost, 'answered before the cut, and not there').toEqual([]);
  for (const { key } of cut.recovered) expect(booked.has(key), `${key}, cut twice`).toBe(true);
  for (const { refused } of notes) {
    if (refused !== undefined) expect(booked.has(refused), `${refused} was refused`).toBe(false);
  }
  await expectZero(bank);
  await expectClean(bank);

  // The next request works, and what nobody had answered is settled by asking again.
  const next: Asked = { key: `after-${cut.number}`, to: ids[0] ?? '', amount: 1n };
  expect((await ask(bank, [next]))[0]?.replayed).toBe(false);
  cutAgain([...cut.recovered, next]);
  const answered = new Set(answers.map((note) => note.answered));
  for (const one of asked.filter(({ key }) => !answered.has(key)).slice(0, 3)) {
    await ask(bank, [one]).catch(({ code }) => void expect(code).toBe('INSUFFICIENT_FUNDS'));
  }
  await expectClean(bank);
  await bank.close();
  await expectLeftTidy(directory, host);

  const last = await openAt(host, directory);
  const books = await readBooks(last, ids);
  for (const one of [...asked, next]) wasBooked(books.booked, one);
  expect(books.booked.has(next.key)).toBe(true);
  await expectClean(last);
  await last.close();
  return answers.length + cut.recovered.length;
}

const needs = {
  test: 'test/kernel/power-cuts.test.ts',
  root: true,
  slow: !process.env.CUTS,
  devices: ['/dev/loop-control', '/proc/self/ns/mnt'],
};

describe.each<FileSystem>(['ext4', 'xfs'])('F: the power is cut on %s', (fileSystem) => {
  const proof = `F: power cuts on ${fileSystem}`;
  const undo: (() => unknown)[] = [];
  afterEach(async () => {
    for (const step of undo.reverse()) await step();
    undo.length = 0;
  });

  it.runIf(canRun(proof, needs))(
    'whoever had been answered finds it booked, once, and the bank goes on',
    { timeout: 60_000 + CUTS * 10_000 },
    async () => {
      const disk = await PowerCutDisk.make(fileSystem);
      undo.push(() => disk.remove());
      let [cuts, again, answers] = [0, 0, 0];
      for (let bank = 0; cuts < CUTS; bank++) {
        const name = `bank-${bank}`;
        const writers = new Writers(join(disk.disk, name));
        undo.push(() => writers.remove());
        await writers.start();
        const made: Cut[] = [];
        for (; cuts < CUTS && made.length < CUTS_PER_BANK; cuts++) {
          if (cuts % 3 === 2) await writers.replaceOne();
          await pause(Math.random() * 250);
          const noted = writers.noted();
          made.push({ number: disk.cut(), noted, recovered: [] });
        }
        expect(await writers.end()).toEqual(Array(PROCESSES).fill(0));
        for (const cut of made) {
          await disk.within(cut.number, async () => {
            const directory = join(disk.cutDisk, name);
            answers += await expectSurvived(directory, writers, cut, (recovered) => {
              // The power goes again while the first cut is recovered from: every other time.
              if (recovered.length > 1 || cut.number % 2 === 0) return;
              again++;
              made.push({ ...cut, number: disk.cut(cut.number), recovered });
            });
          });
        }
        writers.remove();
        rmSync(writers.directory, { recursive: true });
      }
      console.log(
        `${proof}: ${cuts} cuts, ${again} more while recovering, ${answers} answers that had to be there`,
      );
      expect(answers).toBeGreaterThan(0);
      proved(proof);
    },
  );
});
