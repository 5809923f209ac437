/**
 * Proof D: several processes at work on one simulated disk, taking turns step by step as the seed says,
 * killed, stopped and resumed before any step; clocks that jump; power cuts. Afterwards every answer is
 * held against what the bank says in the end.
 */
import type { Bank } from '#lib/bank/api.js';
import { STALE_MS } from '#lib/disk/lock.js';
import { givenAccountId } from '#lib/ledger/account-id.js';
import { BankError } from '#lib/ledger/errors.js';
import { changes, type Step } from '#lib/testing/hooked-disk.js';
import { powerCuts } from '#lib/testing/power-cuts.js';
import { seededRandom } from '#lib/testing/random.js';
import { SimulatedMachine, type SimulatedProcess } from '#lib/testing/simulated-machine.js';
import { type Asked, ask, asText, BANK, expectPromises, must } from './oracle.js';
import { stepNameOf } from './steps.js';
import { FAULTS, type Fault, type Scene, type Target, targetAt, targetOf } from './targets.js';

/** How often each fault fired before each numbered step. */
export type FaultCounts = Map<string, Record<Fault, number>>;

const OPENING = 100_00n;
const KINDS = ['posix', 'ext4', 'xfs'] as const;
/** One of so many steps is struck, in a wild episode: one that changes something more often than a look. */
const ODDS = { look: 400, change: 40 };
const MACHINE_WIDE: readonly Fault[] = ['clock jump', 'write-back', 'power cut'];
/** Behind so many steps nothing befalls them any more: they may come to the end. */
const TROUBLE_STEPS_MAX = 40_000;
/** How much rarer it is in a calm one, where more work gets to its end. */
const CALM = [1, 4, 20] as const;
/** Steps of posting are struck as often in all of them: they are fewer. */
const POSTING = /^(P|a ticket)/;
/** Rows that an account has from the beginning: its page turns while they are at it. */
const ROWS_MAX = 62;
/** An episode that is after something strikes so often, or for so many steps; then it may come to its end. */
const STRIKES_MAX = 80;
/** The same for one in which somebody sleeps for long: others wait meanwhile. */
const SLEEPS_MAX = 4;
const TARGET_STEPS_MAX = 12_000;
/** The most that is asked for until then, and what is asked for behind it. */
const TARGET_REQUESTS_MAX = 300;
const LAST_REQUESTS = 3;
/** There who is stopped or dead is waited for less long: the waiting costs steps, and shows little. */
const TARGET_STALE_MS = 1_200;

/** A balance that somebody was told, and as of which entry. */
interface Seen {
  readonly id: string;
  readonly cents: bigint;
  readonly asOf: number;
}

export class Episode {
  readonly #random: () => number;
  readonly #counts: FaultCounts;
  #machine: SimulatedMachine;
  #accounts: string[] = [];
  readonly #asked: Asked[] = [];
  readonly #answered = new Set<string>();
  /** Keys of what was asked for and not, or not clearly, answered. */
  readonly #open = new Map<string, number>();
  readonly #seen: Seen[] = [];
  /** Number of the newest entry that anybody has been told of. */
  #told = 0;
  readonly #asleep = new Map<SimulatedProcess, number>();
  readonly #processes: number;
  readonly #staleMs: number;
  readonly #target: Target | undefined;
  readonly #scene: Scene;
  readonly #sleepsOnly: boolean;
  #requests: number;
  readonly #calm: number;
  /** Strikes at the target that are left; one of so many chances is taken. */
  #strikes = STRIKES_MAX;
  readonly #odds: number;
  /** Steps that were struck: whoever is set going again at one of them gets on. */
  readonly #struck = new WeakSet<Step>();
  #cutPower = () => {};
  steps = 0;
  /** Told of each step, to see what led to a violation. */
  trace: (line: string) => void = () => {};

  /** `sleepsAt`: somebody is stopped before this step, for longer than the stale time, and nothing else strikes. */
  constructor(seed: number, counts: FaultCounts = new Map(), sleepsAt?: string) {
    this.#random = seededRandom(seed ^ 0x5eed);
    this.#counts = counts;
    this.#target = sleepsAt === undefined ? targetOf(seed) : targetAt(sleepsAt, 'stop');
    this.#sleepsOnly = sleepsAt !== undefined;
    if (this.#sleepsOnly) this.#strikes = SLEEPS_MAX;
    this.#scene = this.#target?.scene ?? {};
    this.#odds = 1 + this.#below(2);
    this.#processes = this.#target ? this.#team(this.#target) : 2 + this.#below(3);
    // Locks give order, not safety: in some episodes they are worth little.
    const often = this.#target?.fault === 'stop' && !this.#scene.crowd ? 2 : 10;
    const weak = this.#below(often) === 0 && !this.#sleepsOnly;
    this.#staleMs = this.#target && !this.#sleepsOnly ? TARGET_STALE_MS : STALE_MS;
    const staleMs = weak ? 5 + this.#below(50) : this.#staleMs;
    this.#requests = this.#target ? TARGET_REQUESTS_MAX : 10 + this.#below(60);
    // What strays into an episode that is after something mostly makes others wait.
    this.#calm = (CALM[this.#below(CALM.length)] ?? 1) * (this.#target ? 4 : 1);
    this.#machine = new SimulatedMachine({
      seed,
      interleave: true,
      kind: KINDS[this.#below(KINDS.length)] ?? 'posix',
      staleMs,
      lateness: this.#target ? 3 + this.#below(10) : 1,
      roomAfterBytes: this.#scene.room || this.#below(2) === 0 ? 0 : 1_000_000,
      segmentBytesMax: this.#segmentBytesMax(),
      ...(this.#scene.shortPages || this.#below(4) === 0
        ? { pageRowsMax: 2 + this.#below(this.#scene.shortPages ? 2 : 8) }
        : {}),
      ...((this.#scene.barriers ?? this.#below(4) === 0)
        ? { barrierPagesMin: 1 + this.#below(this.#scene.barriers ? 2 : 6) }
        : {}),
    });
  }

  /** Few, behind a power cut above all: those that wait for each other take many steps. */
  #team({ fault, scene }: Target): number {
    const least = scene.crowd ?? (this.#sleepsOnly ? 2 : 1);
    return least + this.#below(fault === 'power cut' || scene.room ? 2 : 3);
  }

  #segmentBytesMax(): number {
    if (this.#scene.shortSegments) return 500 + this.#below(2_000);
    return this.#below(2) === 0 ? 2_000 + this.#below(8_000) : 1_000_000;
  }

  async run(): Promise<void> {
    await this.#setUp();
    while (this.#asked.length < this.#requests) await this.#era();
    const balances = new Map(this.#accounts.map((id) => [id, OPENING]));
    balances.set('world-usd', -OPENING * BigInt(this.#accounts.length));
    const settled = this.#asked.map((one) => ({ ...one, refused: this.#isRefused(one.key) }));
    this.#machine.beforeStep = () => {};
    await this.#expectSeen();
    const answered = [...this.#answered];
    await expectPromises(this.#machine, {
      ...{ before: balances, asked: settled, answered, again: false },
    });
  }

  async #setUp(): Promise<void> {
    const process = this.#machine.start();
    await this.#machine.run(async () => {
      await process.initBank(BANK);
      const bank = await process.openBank(BANK);
      const count = 3 + this.#below(3);
      for (let index = 0; index < count; index++) {
        await bank.openAccount({ firstName: 'Number', lastName: `${index}` });
        this.#accounts.push(givenAccountId(1001 + index));
      }
      await bank.transferMany(this.#accounts.map((to) => ({ to, amount: OPENING })));
      const [first = '', second = ''] = this.#accounts;
      const full = this.#below(2) * this.#below(ROWS_MAX);
      const toAndFro = [
        { from: first, to: second, amount: '1.00' },
        { from: second, to: first, amount: '1.00' },
      ];
      await bank.transferMany(Array.from({ length: full >> 1 }, () => toAndFro).flat());
      await bank.close();
    });
    process.kill();
    this.#machine.disk.settle();
  }

  /** From one power cut to the next, or to the end. */
  async #era(): Promise<void> {
    let cut = false;
    const power = new Promise<void>((resolve) => {
      this.#cutPower = () => {
        cut = true;
        resolve();
      };
    });
    const machine = this.#machine;
    const ticker = machine.start();
    ticker.host.system.every(50, () => this.#wakeSleepers());
    machine.beforeStep = (process, step) => {
      if (process !== ticker) this.#fate(process, step);
    };
    const slots = Array.from({ length: this.#processes }, () => this.#slot(machine));
    await machine.run(() => Promise.race([Promise.all(slots), power]));
    machine.beforeStep = () => {};
    ticker.kill();
    if (!cut) return;
    this.#asleep.clear();
    const ways = [...powerCuts(machine.disk.effects, 12, this.#random)];
    const survives = ways[this.#below(ways.length)] ?? new Set<number>();
    this.#machine = machine.rebooted(machine.disk.afterPowerCut(survives));
  }

  /** One process after the other, until enough was asked for. */
  async #slot(machine: SimulatedMachine): Promise<void> {
    while (this.#asked.length < this.#requests) {
      const process = machine.start();
      const work = this.#work(process);
      await Promise.race([work, process.killed]);
    }
  }

  async #work(process: SimulatedProcess): Promise<void> {
    const bank = await process.openBank(BANK);
    const rounds = 1 + this.#below(this.#target ? (this.#scene.rounds ?? 2) : 12);
    for (let round = 0; round < rounds && this.#asked.length < this.#requests; round++) {
      const count = 1 + this.#below(this.#target ? 2 : 3);
      const together = Array.from({ length: count }, () => this.#something(bank));
      await Promise.all(together);
    }
    await bank.close();
    must(process.open.size === 0, `still open: ${[...process.open.values()].join(', ')}`);
  }

  async #something(bank: Bank): Promise<void> {
    const roll = this.#random();
    const id = this.#account();
    const { favours } = this.#scene;
    if (favours && this.#below(2) === 0) {
      return favours === 'opening' ? this.#ask(bank, this.#opening()) : bank.posted();
    }
    if (roll < 0.14) return this.#look(bank, id);
    if (roll < 0.17) return bank.posted(this.#below(2) === 0 ? [id] : []);
    if (roll < 0.2) return this.#ask(bank, this.#opening());
    if (roll < 0.25) {
      const [total] = await bank.totals();
      must(total?.sum.minor === 0n, `P4: it adds up to ${total?.sum.amount}`);
      return;
    }
    if (roll < 0.3) {
      let seq = 0;
      for await (const row of bank.history(id)) must(row.seq === ++seq, `${id}: row ${row.seq}`);
      return;
    }
    if (roll < 0.4) return this.#many(bank);
    const old = this.#asked[this.#below(this.#asked.length)];
    const mayAgain = roll < 0.5 && old && old.group === undefined && !old.unkeyed;
    await this.#ask(bank, mayAgain ? old : this.#request(this.#below(3) === 0));
  }

  async #look(bank: Bank, id: string): Promise<void> {
    const told = this.#told;
    const { ledger, asOf } = await bank.balance(id);
    must(asOf >= told, `P5: a balance as of ${asOf} was shown when ${told} had been told`);
    this.#hear(asOf);
    this.#seen.push({ id, cents: ledger.minor, asOf });
  }

  #hear(transfer: number): void {
    this.#told = Math.max(this.#told, transfer);
  }

  /** Whether everybody who asked for it was refused: then it must never be there. */
  #isRefused(key: string): boolean {
    return !this.#answered.has(key) && this.#open.get(key) === 0;
  }

  #opens(keys: readonly string[], change: 1 | -1): void {
    for (const key of keys) this.#open.set(key, (this.#open.get(key) ?? 0) + change);
  }

  async #ask(bank: Bank, one: Asked): Promise<void> {
    const told = this.#told;
    this.#opens([one.key], 1);
    try {
      const receipt = (await ask(bank, one)) as { replayed: boolean; transfer: number };
      must(receipt.replayed || receipt.transfer > told, `${one.key} came before what was told`);
      this.#answered.add(one.key);
      this.#hear(receipt.transfer);
    } catch (error) {
      if (!(error instanceof BankError)) throw error;
      if (error.code === 'INSUFFICIENT_FUNDS') return this.#opens([one.key], -1);
      must(error.code === 'OUTCOME_UNKNOWN' || error.code === 'BANK_BUSY', `${one.key}: ${error}`);
    }
  }

  async #many(bank: Bank): Promise<void> {
    const group = `group-${this.#asked.length}`;
    const asked = Array.from({ length: 2 + this.#below(3) }, () => this.#request(false, group));
    const inputs = asked.map(({ from, to, amount, key }) => ({
      ...{ from, to, amount: asText(amount), idempotencyKey: key },
    }));
    const keys = asked.map(({ key }) => key);
    this.#opens(keys, 1);
    try {
      const results = await bank.transferMany(inputs, { atomic: true });
      for (const result of results) if ('receipt' in result) this.#hear(result.receipt.transfer);
      for (const key of keys) this.#answered.add(key);
    } catch (error) {
      const known = error instanceof BankError ? error.code : '';
      if (known === 'INSUFFICIENT_FUNDS') return this.#opens(keys, -1);
      must(known === 'OUTCOME_UNKNOWN' || known === 'BANK_BUSY', `${group}: ${error}`);
    }
  }

  #request(unkeyed = false, group?: string): Asked {
    const key = `key-${this.#asked.length}`;
    const [from, to] = [this.#account(), this.#account()];
    const amount = BigInt(1 + this.#below(40_00));
    const roll = this.#random();
    const into = roll < 0.2 || from === to;
    const one: Asked = {
      ...{ key, amount, unkeyed },
      ...(group === undefined ? {} : { group }),
      ...(into ? { to } : roll < 0.35 ? { from } : { from, to }),
    };
    this.#asked.push(one);
    return one;
  }

  /** Every balance that was shown is the one that the account had as of that entry, for good. */
  async #expectSeen(): Promise<void> {
    const process = this.#machine.start();
    await this.#machine.run(async () => {
      const bank = await process.openBank(BANK);
      for (const id of this.#accounts) {
        const rows = await collect(bank.history(id));
        for (const { cents, asOf } of this.#seen.filter((seen) => seen.id === id)) {
          const row = rows.findLast(({ transfer }) => transfer <= asOf);
          const found = row?.balance.minor ?? 0n;
          must(found === cents, `P5: ${id} as of ${asOf} was ${cents}, and is ${found} now`);
        }
      }
      await bank.close();
    });
    process.kill();
  }

  // What befalls them.

  #fate(process: SimulatedProcess, step: Step | undefined): void {
    this.steps++;
    this.trace(
      `${Math.round(this.#machine.time)} ${process.pid} ${step ? `${step.name} ${step.path}` : '…'}`,
    );
    if (this.steps > TROUBLE_STEPS_MAX) return;
    if (this.#target && this.#strikes > 0 && this.steps > TARGET_STEPS_MAX) this.#end();
    const name = step && stepNameOf(step);
    const fault = this.#aimed(process, step, name) ?? this.#stray(step, name);
    if (fault === undefined) return;
    // What strikes the machine strikes everybody, each at the step that it was about to take.
    const struck = MACHINE_WIDE.includes(fault) ? this.#machine.pending.map(stepNameOf) : [name];
    for (const at of struck) this.#count(at, fault);
    this.trace(`${process.pid} ${fault}`);
    if (fault === 'kill') process.kill();
    if (fault === 'stop') this.#stop(process);
    if (fault === 'clock jump') this.#machine.skew += (this.#random() - 0.5) * 86_400_000;
    if (fault === 'write-back') this.#machine.disk.writeBack(this.#random);
    if (fault === 'power cut') this.#cutPower();
    if (fault === 'power cut') process.stop();
  }

  /** What strikes because the episode is after it, or because it leads there. */
  #aimed(
    process: SimulatedProcess,
    step: Step | undefined,
    name: string | undefined,
  ): Fault | undefined {
    const target = this.#target;
    if (!target || !step || this.#strikes === 0 || this.#struck.has(step)) return undefined;
    const { by } = target.scene;
    if (name === target.step && this.#below(this.#odds) === 0) {
      this.#struck.add(step);
      this.#strikes--;
      if (this.#strikes === 0) this.#end();
      return target.fault;
    }
    if (by === undefined || name !== by.step || this.#below(by.odds) > 0) return undefined;
    this.#struck.add(step);
    if (by.fault !== 'stop') return by.fault;
    this.#sleep(process, 200 + this.#below(600));
    return undefined;
  }

  #end(): void {
    this.#strikes = 0;
    this.#requests = Math.min(this.#requests, this.#asked.length + LAST_REQUESTS);
  }

  /** What strikes by chance. */
  #stray(step: Step | undefined, name: string | undefined): Fault | undefined {
    if (this.#sleepsOnly) return undefined;
    const odds = step && changes(step) && name !== undefined ? ODDS.change : ODDS.look;
    const calm = name !== undefined && POSTING.test(name) && !this.#target ? 1 : this.#calm;
    if (this.#random() * odds * calm > 1) return undefined;
    const fault = FAULTS[this.#below(FAULTS.length)] ?? 'kill';
    return fault === 'power cut' && this.#below(6) > 0 ? undefined : fault;
  }

  #stop(process: SimulatedProcess): void {
    const long = this.#below(2.4 * this.#staleMs);
    if (this.#sleepsOnly) this.#sleep(process, this.#staleMs + 1_000 + long);
    else this.#sleep(process, this.#below(3) > 0 ? this.#below(100) : long);
  }

  #sleep(process: SimulatedProcess, ms: number): void {
    process.stop();
    this.#asleep.set(process, this.#machine.time + ms);
  }

  #wakeSleepers(): void {
    for (const [process, until] of this.#asleep) {
      if (until > this.#machine.time) continue;
      this.#asleep.delete(process);
      process.resume();
    }
  }

  #count(name: string | undefined, fault: Fault): void {
    if (name === undefined) return;
    const counts = this.#counts.get(name) ?? {
      ...{ kill: 0, stop: 0, 'clock jump': 0, 'write-back': 0, 'power cut': 0 },
    };
    counts[fault]++;
    this.#counts.set(name, counts);
  }

  #opening(): Asked {
    const key = `key-${this.#asked.length}`;
    const one: Asked = { key, to: undefined, amount: 0n, opens: `Newcomer ${key}` };
    this.#asked.push(one);
    return one;
  }

  #account(): string {
    return this.#accounts[this.#below(this.#accounts.length)] ?? '';
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
