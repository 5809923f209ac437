/**
 * Proof D, exhaustive: few processes with short programs on one simulated disk, and every order in which
 * they may take their steps. Whoever may go next is a choice, and so is each kill and each sync that
 * fails; at each moment the power may go. A run is made again from its beginning for every choice that was
 * left open, and ends where it comes to a state that was seen: the same disk, the same changes that
 * are not durable, and every process having seen the same.
 *
 * Locks are worth nothing here: each who asks has one. So everybody believes at any moment that it may
 * take over, and who waits for its turn is as good as stopped.
 */
import { OpenedBank } from '#lib/bank/bank.js';
import type { Disk, DiskFile } from '#lib/disk/disk.js';
import type { Lock } from '#lib/disk/lock.js';
import type { Manifest } from '#lib/format/manifest.js';
import { BankError } from '#lib/ledger/errors.js';
import { readManifest } from '#lib/store/manifest-file.js';
import type { BankFiles } from '#lib/store/store.js';
import { wire } from '#lib/store/store.js';
import { stateOf } from '#lib/testing/crashes.js';
import { changes, hooked, type Step } from '#lib/testing/hooked-disk.js';
import { powerCuts } from '#lib/testing/power-cuts.js';
import { seededRandom } from '#lib/testing/random.js';
import type { FailedSync, SimulatedDisk } from '#lib/testing/simulated-disk.js';
import type { Ready, SimulatedMachine, SimulatedProcess } from '#lib/testing/simulated-machine.js';
import { ADA } from './operations.js';
import {
  type Asked,
  ask,
  BANK,
  type Balances,
  expectBooked,
  expectPromises,
  must,
} from './oracle.js';
import { ready } from './scenario.js';

/** One thing that a process does. */
type Deed =
  | Asked
  /** Shows a balance. */
  | 'look'
  /** Leaves the journal cleanly. */
  | 'leave'
  | 'post'
  /** The disk loses the journal's last batch, which was answered for: from here on everybody must hear of it. */
  | 'lose the end';

/** What a process does next: several requests go at once. */
export type Act = Deed | readonly Asked[];

export interface Program {
  readonly name: string;
  /** Asked for and answered before, by a process that was killed then. */
  readonly killed?: readonly Asked[];
  /** One list for each process. */
  readonly processes: readonly (readonly Act[])[];
  /** Steps on these paths are told apart; all others go together with the one before. */
  readonly shared?: RegExp;
  readonly segmentBytesMax?: number;
  readonly roomAfterBytes?: number;
}

/** How much may befall them in one run. */
export interface Bounds {
  /** How often somebody has to stand back who could go on. */
  readonly preemptions: number;
  readonly kills: number;
  readonly failedSyncs: number;
  /** Power cuts that are tried at one moment, at most. */
  readonly cuts: number;
  readonly how?: readonly FailedSync[];
}

export interface Counts {
  schedules: number;
  steps: number;
  states: number;
  /** Disks that were left in the end, told apart by what was told. */
  ends: number;
  'power cuts': number;
}

/** A promise that was broken, and how. */
export class Broken extends Error {
  readonly program: string;
  readonly schedule: string;
  readonly violation: string;

  constructor(program: string, schedule: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const violation = cause instanceof BankError ? `P8: ${why}` : why; // A sound bank that refuses.
    super(`${program}: ${violation}\n  schedule: ${schedule}`, { cause });
    this.program = program;
    this.schedule = schedule;
    this.violation = violation;
  }
}

/** One of so many disks is looked at in every way, the others for what was answered. */
const WHOLE_LOOK_EVERY = 8;
const WRITING = /\/desks\/writer(\/|$)|\/journal(\/[0-9]|$)/;
export const POSTING = /\/desks\/poster(\/|$)|\/accounts\/|\/journal\/checkpoint/;

/** Plays every schedule within the bounds. @throws Broken */
export async function explore(program: Program, bounds: Bounds): Promise<Counts> {
  const search = await begin(program, bounds);
  await search.run();
  return search.counts;
}

/** Plays one schedule again, as `Broken` tells it; `trace` hears of each step. */
export async function replay(
  program: Program,
  bounds: Bounds,
  schedule: string,
  trace: (line: string) => void,
): Promise<void> {
  const search = await begin(program, bounds);
  await search.play(parseSchedule(schedule), trace);
}

async function begin(program: Program, bounds: Bounds): Promise<Search> {
  const [machine, balances = new Map()] = await ready({
    ...{ asked: [], work: async () => {} },
    ...program,
  });
  const manifest = await readManifest(machine.disk.port(), BANK);
  return new Search(program, bounds, { machine, balances, manifest });
}

/** What was answered last is gone from the disk. */
function loseEnd(disk: SimulatedDisk): void {
  const [path = '', bytes = Buffer.of()] =
    [...disk.tree()].findLast(([name]) => /\/journal\/[0-9]/.test(name)) ?? [];
  const end = bytes.lastIndexOf('\ndeposit,') + 1;
  const file = disk.port().open(path, 'write') as DiskFile;
  file.truncate(end);
  disk.settle();
}

/** What every run begins with. */
interface Beginning {
  readonly machine: SimulatedMachine;
  readonly balances: Balances;
  readonly manifest: Manifest;
}

/** `A*3, B, kill A`: who went, so many times one after the other. */
function formatSchedule(labels: readonly string[]): string {
  const runs: [string, number][] = [];
  for (const label of labels) {
    const last = runs.at(-1);
    if (last?.[0] === label) last[1]++;
    else runs.push([label, 1]);
  }
  return runs.map(([label, count]) => (count === 1 ? label : `${label}*${count}`)).join(', ');
}

function parseSchedule(text: string): string[] {
  const [orders = ''] = text.split(/(?:, )?power cut/);
  const parts = orders.split(', ').filter((part) => part !== '');
  return parts.flatMap((part) => {
    const [label = '', count = '1'] = part.split('*');
    return new Array<string>(Number(count)).fill(label);
  });
}

/** What anybody was told in a run. */
class Told {
  readonly answered = new Set<string>();
  /** Told that they were not booked. */
  readonly denied = new Set<string>();
  readonly seen: { readonly cents: bigint; readonly asOf: number }[] = [];
  /** The newest entry that anybody has heard of. */
  newest = 0;

  text(): string {
    const seen = this.seen.map(({ cents, asOf }) => `${cents}@${asOf}`);
    return `${[...this.answered].sort()}|${[...this.denied].sort()}|${seen}`;
  }

  clone(): Told {
    const clone = new Told();
    for (const key of this.answered) clone.answered.add(key);
    for (const key of this.denied) clone.denied.add(key);
    clone.seen.push(...this.seen);
    clone.newest = this.newest;
    return clone;
  }
}

/** A moment at which the power may go. */
interface Moment {
  readonly disk: SimulatedDisk;
  readonly told: Told;
  readonly schedule: string;
  readonly stopped: boolean;
}

/** Where a run is left, because what comes was seen already. */
class Seen extends Error {}

class Search {
  readonly counts: Counts = { schedules: 0, steps: 0, states: 0, ends: 0, 'power cuts': 0 };
  readonly program: Program;
  readonly bounds: Bounds;
  readonly machine: SimulatedMachine;
  readonly balances: Balances;
  readonly manifest: Manifest;
  readonly #numbers = new Map<string, number>();
  readonly #states = new Set<string>();
  readonly #moments = new Set<string>();
  readonly #ends = new Set<string>();

  constructor(program: Program, bounds: Bounds, { machine, balances, manifest }: Beginning) {
    this.program = program;
    this.bounds = bounds;
    this.machine = machine;
    this.balances = balances;
    this.manifest = manifest;
  }

  async run(): Promise<void> {
    const open: (readonly string[])[] = [[]];
    for (let prefix = open.pop(); prefix; prefix = open.pop()) {
      const run = await this.play(prefix);
      open.push(...run.left);
      this.counts.schedules++;
      this.counts.steps += run.steps;
    }
    this.counts.states = this.#states.size;
  }

  async play(prefix: readonly string[], trace?: (line: string) => void): Promise<Run> {
    const run = new Run(this, prefix, trace);
    try {
      await run.go();
    } catch (error) {
      if (!(error instanceof Seen)) throw this.#broken(run.schedule, error);
    }
    for (const moment of run.moments) await this.#cutPower(moment);
    if (run.ended && !run.damaged)
      await this.#expectKept(run.end(), run.machine.killed(run.machine.disk));
    return run;
  }

  /** Whether nobody was in this state before. */
  isNewState(state: string): boolean {
    const { size } = this.#states;
    return this.#states.add(state).size > size;
  }

  /** The same number for the same text. */
  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size + 1);
    return this.#numbers.size;
  }

  isNewMoment(state: string): boolean {
    const { size } = this.#moments;
    return this.bounds.cuts > 0 && this.#moments.add(state).size > size;
  }

  async #cutPower(moment: Moment): Promise<void> {
    const { disk } = moment;
    for (const survives of powerCuts(disk.effects, this.bounds.cuts, seededRandom(1))) {
      const lost = disk.effects.filter(({ number }) => !survives.has(number));
      const text = lost.map((effect) => effect.text).join('; ') || 'nothing';
      const schedule = `${moment.schedule}, power cut that loses ${text}`;
      const left = disk.afterPowerCut(survives);
      await this.#expectKept({ ...moment, schedule }, this.machine.rebooted(left), true);
    }
  }

  async #expectKept(moment: Moment, machine: SimulatedMachine, cut = false): Promise<void> {
    const { told, schedule, stopped } = moment;
    const end = `${cut} ${stateOf(machine.disk)} ${told.text()}`;
    if (this.#ends.has(end)) return;
    this.#ends.add(end);
    this.counts[cut ? 'power cuts' : 'ends']++;
    const asked = this.program.processes
      .flat(2)
      .filter((act) => typeof act !== 'string') as Asked[];
    // What was told not to have happened never shows, unless somebody asks again.
    const settled = asked.map((one) =>
      one.unkeyed && told.denied.has(one.key) ? { ...one, refused: true } : one,
    );
    const { killed = [] } = this.program;
    const answered = [...killed.map(({ key }) => key), ...told.answered];
    const denied = [...told.denied];
    const promised = { before: this.balances, asked: [...killed, ...settled], answered, denied };
    try {
      if (told.seen.length > 0) await expectSeen(machine, told, stopped);
      const rarely = this.#ends.size % WHOLE_LOOK_EVERY === 1;
      if (stopped || rarely) await expectPromises(machine, { ...promised, stops: stopped });
      else await expectBooked(machine, promised);
    } catch (error) {
      throw this.#broken(schedule, error);
    }
  }

  #broken(schedule: string, error: unknown): Broken {
    return error instanceof Broken ? error : new Broken(this.program.name, schedule, error);
  }
}

/** Every balance that was shown is the one that the account had as of that entry, for good. */
async function expectSeen(machine: SimulatedMachine, told: Told, stopped: boolean): Promise<void> {
  if (stopped) return;
  const process = machine.start();
  await machine.run(async () => {
    const bank = await process.openBank(BANK);
    const { asOf: newest } = await bank.balance(ADA);
    must(newest >= told.newest, `P5: shown as of ${newest}, when ${told.newest} had been told`);
    const rows: { transfer: number; balance: { minor: bigint } }[] = [];
    for await (const row of bank.history(ADA)) rows.push(row);
    for (const { cents, asOf } of told.seen) {
      const found = rows.findLast(({ transfer }) => transfer <= asOf)?.balance.minor ?? 0n;
      must(found === cents, `P5: shown as ${cents} as of ${asOf}, and is ${found} now`);
    }
    await bank.close();
  });
  process.kill();
}

/** One of the processes. */
interface Player {
  readonly name: string;
  readonly process: SimulatedProcess;
  /** Stands for all that the disk has told it: with the program it says where it stands. */
  heard: number;
  turns: number;
}

class Run {
  readonly machine: SimulatedMachine;
  readonly left: string[][] = [];
  readonly moments: Moment[] = [];
  steps = 0;
  ended = false;
  damaged = false;
  readonly #search: Search;
  readonly #prefix: readonly string[];
  readonly #trace: ((line: string) => void) | undefined;
  readonly #labels: string[] = [];
  readonly #players: Player[] = [];
  readonly #told = new Told();
  #current: Player | undefined;
  #preemptions: number;
  #kills: number;
  #failedSyncs: number;

  constructor(
    search: Search,
    prefix: readonly string[],
    trace: ((line: string) => void) | undefined,
  ) {
    this.#search = search;
    this.#prefix = prefix;
    this.#trace = trace;
    const { preemptions, kills, failedSyncs } = search.bounds;
    this.#preemptions = preemptions;
    this.#kills = kills;
    this.#failedSyncs = failedSyncs;
    this.machine = search.machine.killed(search.machine.disk);
    this.machine.choose = (ready) => this.#choose(ready);
  }

  get schedule(): string {
    return formatSchedule(this.#labels);
  }

  async go(): Promise<void> {
    const { processes } = this.#search.program;
    await this.machine.run(() =>
      Promise.all(processes.map((acts, index) => this.#start(acts, 'ABCDE'[index] ?? '?'))),
    );
    this.ended = true;
  }

  end(): Moment {
    return this.#moment(this.machine.disk);
  }

  #moment(disk: SimulatedDisk): Moment {
    const stopped = this.#failedSyncs < this.#search.bounds.failedSyncs;
    return { disk, told: this.#told.clone(), schedule: this.schedule, stopped };
  }

  async #start(acts: readonly Act[], name: string): Promise<void> {
    const process = this.machine.start((disk) => this.#between(() => player, disk));
    const player: Player = { name, process, heard: 0, turns: 0 };
    this.#players.push(player);
    const work = this.#play(player, acts);
    await Promise.race([work, process.killed]);
  }

  async #play({ process }: Player, acts: readonly Act[]): Promise<void> {
    const lockAt = () => worthlessLock(process.pid);
    const { manifest } = this.#search;
    const files = wire({ ...process.host, lockAt, startPoster: noThread }, BANK, manifest);
    const bank = new OpenedBank(files);
    for (const act of acts) await this.#act(bank, files, act);
  }

  async #act(bank: OpenedBank, files: BankFiles, act: Act): Promise<void> {
    if (Array.isArray(act)) {
      await Promise.all(act.map((one: Asked) => this.#act(bank, files, one)));
      return;
    }
    await this.#do(bank, files, act as Deed);
  }

  async #do(bank: OpenedBank, files: BankFiles, act: Deed): Promise<void> {
    const told = this.#told;
    const { newest } = told;
    if (act === 'lose the end') {
      loseEnd(this.machine.disk);
      this.damaged = true;
      return;
    }
    try {
      if (act === 'leave') await files.log.leave();
      else if (act === 'post') {
        if (await files.poster.tryStart()) await files.poster.post();
      } else if (act === 'look') {
        const { ledger, asOf } = await bank.balance(ADA);
        must(asOf >= newest, `P5: shown as of ${asOf}, when ${newest} had been told`);
        told.seen.push({ cents: ledger.minor, asOf });
        told.newest = Math.max(told.newest, asOf);
      } else {
        const receipt = (await ask(bank, act)) as { replayed: boolean; transfer: number };
        must(receipt.replayed || receipt.transfer > newest, `${act.key} came before what was told`);
        told.answered.add(act.key);
        told.newest = Math.max(told.newest, receipt.transfer);
      }
      must(!this.damaged, 'P6: the journal has lost what was answered for, and nobody is told');
    } catch (error) {
      if (!(error instanceof BankError)) throw error;
      if (error.code === 'OUTCOME_UNKNOWN') return;
      const stopped = this.#failedSyncs < this.#search.bounds.failedSyncs;
      const mayBeDamaged = stopped || this.damaged;
      const expected =
        error.code === 'BANK_BUSY' || (mayBeDamaged && error.code === 'BANK_DAMAGED');
      must(expected, `P8: told ${error.code}: ${error.message}`);
      if (typeof act !== 'string') told.denied.add(act.key);
    }
  }

  /** Between a process and its disk: what it hears, and syncs that fail. */
  #between(player: () => Player, disk: Disk): Disk {
    const hear = (what: unknown) => {
      const one = player();
      const text = Buffer.isBuffer(what) ? what.toString('latin1') : (JSON.stringify(what) ?? '');
      one.heard = this.#search.numberOf(`${one.heard} ${text}`);
    };
    const port = hooked(disk, async (step, go) => {
      try {
        const fails = this.#failureOf(player(), step);
        const answer = fails
          ? await this.machine.step<never>(player().process, () => fails(), step)
          : await go();
        if (!isFile(answer)) hear(answer);
        return answer;
      } catch (error) {
        hear((error as { code?: string }).code);
        throw error;
      }
    });
    return {
      ...port,
      async open(path, mode) {
        const file = await port.open(path, mode);
        return {
          ...file,
          async read(buffer, position) {
            const count = await file.read(buffer, position);
            hear(buffer.subarray(0, count));
            return count;
          },
        };
      },
    };
  }

  #failureOf({ name }: Player, step: Step): (() => never) | undefined {
    if (step.name !== 'sync' || this.#failedSyncs === 0 || !step.path.includes('/journal/')) return;
    const { how = ['forgotten'] } = this.#search.bounds;
    const choices = ['', ...how].map((kind) => (kind === '' ? `${name} syncs` : `${name} ${kind}`));
    const chosen = this.#decide(choices);
    const kind = how[chosen - 1];
    if (kind === undefined) return undefined;
    this.#failedSyncs--;
    return () => this.machine.disk.failSync(step.path, kind);
  }

  /** One of several ways to go on. The others are kept for later runs. */
  #decide(choices: readonly string[]): number {
    const at = this.#labels.length;
    const wanted = this.#prefix[at];
    const chosen = wanted === undefined ? 0 : choices.indexOf(wanted);
    if (chosen === -1) throw new Error(`"${wanted}" is none of ${choices.join(', ')}`);
    if (wanted === undefined) {
      for (const other of choices.slice(1)) this.left.push([...this.#labels, other]);
    }
    this.#labels.push(choices[chosen] ?? '');
    return chosen;
  }

  #choose(ready: readonly Ready[]): number | undefined {
    const mine = ready.map(({ process }) => this.#players.find((one) => one.process === process));
    const local = ready.findIndex(({ step }) => !step || !this.#isShared(step));
    if (local !== -1) {
      this.steps++;
      return local;
    }
    if (this.#labels.length >= this.#prefix.length) this.#look();
    const first = mine.indexOf(this.#current);
    const goes = mine.flatMap((one, index) => {
      const isFree = first === -1 || one === this.#current || this.#preemptions > 0;
      return isFree ? [{ label: `${one?.name}`, index }] : [];
    });
    goes.sort((a, b) => Number(b.index === first) - Number(a.index === first));
    const step = ready[first]?.step;
    const kills = step && changes(step) && this.#kills > 0 ? [`kill ${this.#current?.name}`] : [];
    const chosen = this.#decide([...goes.map(({ label }) => label), ...kills]);
    const go = goes[chosen];
    if (go === undefined) {
      this.#kills--;
      this.#trace?.(`kill ${this.#current?.name}`);
      this.#current?.process.kill();
      this.#current = undefined;
      return undefined;
    }
    const next = mine[go.index];
    if (first !== -1 && next !== this.#current) this.#preemptions--;
    this.#current = next;
    if (next) next.turns++;
    const going = ready[go.index]?.step;
    this.#trace?.(`${next?.name}: ${going?.name} ${going?.path}`);
    this.steps++;
    return go.index;
  }

  #isShared({ name, path }: Step): boolean {
    if (name === 'close' || (name === 'open' && path.includes('/journal/'))) return false;
    return (this.#search.program.shared ?? WRITING).test(path);
  }

  /** @throws Seen where everything that may come was seen */
  #look(): void {
    const { disk } = this.machine;
    const mark = disk.fingerprint();
    const told = this.#told.text();
    if (!this.damaged && this.#search.isNewMoment(`${mark} ${told}`)) {
      this.moments.push(this.#moment(disk.clone()));
    }
    const players = this.#players.map(
      ({ heard, turns, process: { state } }) => `${heard} ${turns} ${state}`,
    );
    const budget = [this.#preemptions, this.#kills, this.#failedSyncs, this.machine.time];
    const state = `${mark} ${told} ${players} ${budget} ${this.#current?.name}`;
    if (!this.#search.isNewState(state) && this.#trace === undefined) throw new Seen();
  }
}

function isFile(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'write' in answer;
}

/** Everybody gets it, whenever they ask: two may well believe that they have it. */
function worthlessLock(pid: number): Lock {
  return { tryTake: async () => async () => {}, identity: () => `${pid}`, breakDead() {} };
}

const noThread = () => ({ alive: true, wake() {}, async stop() {} });
