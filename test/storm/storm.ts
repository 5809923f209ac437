import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBank } from 'drovebank';
import { STALE_MS } from '#lib/disk/lock.js';
import { seededRandom } from '#lib/testing/random.js';
import type { Note } from './notes.js';

const PROGRAM = fileURLToPath(new URL('./storm-process.js', import.meta.url));
const CURRENCIES = ['USD', 'EUR'];
const ACCOUNTS = 20;
const OPENING = '500.00';
const PROCESSES = 5;
/** Fewer at work than this, and one more joins. */
const AT_WORK_MIN = 3;
const REQUESTS_AT_ONCE = 8;
/** One of so many only looks. */
const READER_EVERY = 3;

type Fault = 'kill' | 'stop' | 'long stop' | 'leave' | 'join';
/** How often each strikes in six seconds. While who may write is stopped for long nobody else gets on. */
const FAULTS: readonly (readonly [Fault, number])[] = [
  ['kill', 3],
  ['stop', 2],
  ['long stop', 0.5],
  ['leave', 1],
  ['join', 2],
];

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Member {
  readonly name: string;
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  stopped: boolean;
  killed: boolean;
  leaving: boolean;
}

/** How often what struck. */
export interface Struck {
  kills: number;
  stops: number;
  longStops: number;
  joined: number;
  left: number;
}

/** Many real processes on one bank, and what befalls them. The seed says what, when, and whom. */
export class Storm {
  readonly directory: string;
  readonly struck: Struck = { kills: 0, stops: 0, longStops: 0, joined: 0, left: 0 };
  /** Entries that were there before the first note. */
  opening = 0;
  readonly #folder = mkdtempSync(join(tmpdir(), 'drovebank-storm-'));
  readonly #seed: number;
  readonly #random: () => number;
  readonly #members: Member[] = [];
  /** Who was killed, and whose requests nobody has asked again yet. */
  readonly #dead: string[] = [];

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
    this.directory = join(this.#folder, 'bank');
  }

  /** Lets it rage for about so long, until everybody has left. */
  async rage(seconds: number): Promise<void> {
    await this.#openAccounts();
    const start = performance.now();
    for (let started = 0; started < PROCESSES; started++) this.#start();
    while (!this.#isUnderWay()) await pause(10);
    const ms = Math.max(0, seconds * 1_000 - (performance.now() - start));
    await Promise.all([pause(ms), ...this.#faults(seconds, ms)]);
    await this.#end();
    // Behind the storm somebody comes to an ordinary bank.
    this.#start(this.#dead.shift(), false);
    await this.#end();
  }

  async #end(): Promise<void> {
    for (const member of this.#members) this.#leave(member);
    await Promise.all(this.#members.map(({ exited }) => exited));
  }

  async #openAccounts(): Promise<void> {
    const bank = await openBank(this.directory, { create: true });
    const opened = Array.from({ length: ACCOUNTS }, (_, index) => {
      const currency = CURRENCIES[index % CURRENCIES.length] ?? '';
      return bank.openAccount({ firstName: 'Storm', lastName: `${index}`, currency });
    });
    const accounts = await Promise.all(opened);
    await bank.transferMany(accounts.map(({ id }) => ({ to: id, amount: OPENING })));
    this.opening = (await bank.totals())[0]?.asOf ?? 0;
    await bank.close();
  }

  #start(dead = '', looksOnly = this.#members.length % READER_EVERY === READER_EVERY - 1): void {
    const name = `p${this.#members.length}`;
    const seed = `${this.#seed * 1_000 + this.#members.length}`;
    const atOnce = looksOnly ? '0' : `${REQUESTS_AT_ONCE}`;
    const args = [PROGRAM, this.directory, this.#notes, name, seed, atOnce, dead];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'inherit', 'inherit'] });
    child.stdin?.on('error', () => {}); // It was killed before it was told.
    const exited = new Promise((resolve) => child.once('exit', resolve));
    this.#members.push({ name, child, exited, stopped: false, killed: false, leaving: false });
  }

  /** Enough have begun, or somebody never will. */
  #isUnderWay(): boolean {
    const begun = new Set(this.notes().map(({ by }) => by));
    return begun.size >= AT_WORK_MIN || this.ends().length > 0;
  }

  /** Each at its own moment, so that what it does is over within `ms`, if it can. */
  #faults(seconds: number, ms: number): Promise<void>[] {
    const below = (limit: number) => Math.floor(this.#random() * limit);
    return FAULTS.flatMap(([fault, often]) => {
      const times = Math.ceil((often * seconds) / 6) + below(Math.ceil(often));
      return Array.from({ length: times }, async () => {
        const long = STALE_MS + 100 + below(seconds > 6 ? 4_000 : 200);
        const stopMs = fault === 'long stop' ? long : 50 + below(800);
        const [at, whom] = [below(Math.max(1, ms - stopMs)), this.#random()];
        await pause(at);
        await this.#strike(fault, whom, stopMs);
      });
    });
  }

  async #strike(fault: Fault, whom: number, stopMs: number): Promise<void> {
    if (fault === 'join') return this.#join();
    const living = this.#members.filter(({ killed, leaving }) => !killed && !leaving);
    // A kill may also strike who is stopped.
    const possible = living.filter(({ stopped }) => fault === 'kill' || !stopped);
    const member = possible[Math.floor(whom * possible.length)];
    if (member === undefined) {
      this.#join();
      return this.#strike(fault, whom, stopMs);
    }
    if (fault === 'kill') await this.#kill(member);
    else if (fault === 'leave') this.#leave(member);
    else return this.#stop(member, stopMs);
    const atWork = living.filter((other) => other !== member && !other.stopped);
    if (atWork.length < AT_WORK_MIN) this.#join();
  }

  #join(): void {
    this.struck.joined++;
    this.#start(this.#dead.shift());
  }

  async #kill(member: Member): Promise<void> {
    member.killed = true;
    member.child.kill('SIGKILL');
    this.struck.kills++;
    await member.exited;
    this.#dead.push(member.name);
  }

  async #stop(member: Member, ms: number): Promise<void> {
    member.stopped = true;
    member.child.kill('SIGSTOP');
    this.struck[ms > STALE_MS ? 'longStops' : 'stops']++;
    await pause(ms);
    member.stopped = false;
    member.child.kill('SIGCONT');
  }

  #leave(member: Member): void {
    if (member.killed || member.leaving) return;
    member.leaving = true;
    member.child.stdin?.end();
    this.struck.left++;
  }

  /** How those ended who should have left in order, and did not. */
  ends(): string[] {
    return this.#members.flatMap(({ name, child: { exitCode, signalCode }, killed }) => {
      if (killed || (exitCode ?? 0) + (signalCode ?? '').length === 0) return [];
      return [`${name} ended with ${signalCode ?? exitCode}`];
    });
  }

  get #notes(): string {
    return join(this.#folder, 'notes');
  }

  /** In the order in which they were written. A line that a kill cut off is nobody's note. */
  notes(): Note[] {
    if (!existsSync(this.#notes)) return [];
    const lines = readFileSync(this.#notes, 'utf8').split('\n');
    return lines.flatMap((line): Note[] => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  }

  /** Journal and passbooks, as they lie there. */
  files(): Map<string, Buffer> {
    const under = (folder: string) =>
      readdirSync(join(this.directory, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.csv'))
        .map((name) => join(this.directory, folder, name));
    const paths = [...under('journal'), ...under('accounts')];
    return new Map(paths.map((path) => [path, readFileSync(path)]));
  }

  /** Tickets that nobody waits behind any more. */
  tickets(): string[] {
    return ['writer', 'poster'].flatMap((role) =>
      readdirSync(join(this.directory, `desks/${role}.queue`)),
    );
  }

  remove(): void {
    this.#killAll();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Leaves bank and notes for whoever wants to see what went wrong. */
  keep(): void {
    this.#killAll();
    console.error(`bank and notes of the storm of seed ${this.#seed} are left in ${this.#folder}`);
  }

  #killAll(): void {
    for (const { child } of this.#members) child.kill('SIGKILL');
  }
}
