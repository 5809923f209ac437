import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Disk } from '#lib/disk/disk.js';
import { parseOwner } from '#lib/format/owner-name.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { KillSwitch, Sleeper } from '../machine/hooked-disk.js';
import { Machine, type PlayedProcess } from '../machine/processes.js';
import { expectClean, expectTidy } from './books.js';

const ACCOUNTS = 5;
const OPENING = 100_00n;
const PROCESSES = 3;
const REQUESTS = 240;

/** Numbers from 0 to below 1 that are the same for the same seed. */
function dice(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return { next, below: (limit: number) => Math.floor(next() * limit) };
}

interface Asked {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  /** Every answer that somebody got. */
  readonly answers: (number | 'refused')[];
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Processes that move money, are killed or stopped at random steps, and are followed by others. */
class Storm {
  readonly #machine: Machine;
  readonly #dice: ReturnType<typeof dice>;
  readonly #ids: readonly string[];
  readonly asked: Asked[] = [];
  readonly seen: string[] = [];

  constructor(machine: Machine, seed: number, ids: readonly string[]) {
    this.#machine = machine;
    this.#dice = dice(seed);
    this.#ids = ids;
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: PROCESSES }, () => this.#slot()));
  }

  /** One process after the other, until all is asked. */
  async #slot(): Promise<void> {
    while (this.asked.length < REQUESTS) {
      const kill = new KillSwitch();
      const sleeper = new Sleeper();
      const slow = (disk: Disk) =>
        hooked(disk, async (_, go) => {
          if (this.#dice.next() < 0.2) await turn();
          return go();
        });
      const process = await this.#machine.start((disk) => kill.on(sleeper.on(slow(disk))));
      const fate = this.#dice.next();
      if (fate < 0.5) kill.arm(this.#dice.below(200), this.#dice.next() < 0.3);
      else if (fate < 0.8) sleeper.arm(this.#dice.below(200), fate < 0.65 ? 'before' : 'behind');
      void sleeper.asleep.then(async () => {
        this.#machine.kill(process);
        for (let turns = this.#dice.below(400); turns > 0; turns--) await turn();
        this.#machine.dead.delete(process.pid);
        sleeper.wake();
      });
      await Promise.race([this.#work(process), kill.struck]);
      if (kill.isDead) this.#machine.kill(process);
    }
  }

  async #work(process: PlayedProcess): Promise<void> {
    const requests = 5 + this.#dice.below(40);
    for (let done = 0; done < requests && this.asked.length < REQUESTS; done++) {
      const together = Array.from({ length: 1 + this.#dice.below(4) }, () => this.#one(process));
      await Promise.all(together);
    }
    await process.bank.close();
  }

  async #one({ bank }: PlayedProcess): Promise<void> {
    const id = this.#ids[this.#dice.below(ACCOUNTS)] ?? '';
    const roll = this.#dice.next();
    if (roll < 0.1) return bank.posted([id]);
    if (roll < 0.15) {
      const [total] = await bank.totals();
      if (total?.sum.minor !== 0n) this.seen.push(`totals add up to ${total?.sum.amount}`);
      return;
    }
    if (roll < 0.2) {
      const { items } = await bank.history(id, { reverse: true, limit: 80 }).page();
      for (const [index, { seq }] of items.entries()) {
        if (seq !== (items[0]?.seq ?? 0) - index) this.seen.push(`${id} has no row before ${seq}`);
      }
      return;
    }
    await this.ask(bank, roll < 0.35 ? this.#old() : this.#new());
  }

  #old(): Asked {
    return this.asked[this.#dice.below(this.asked.length)] ?? this.#new();
  }

  #new(): Asked {
    const from = this.#dice.below(ACCOUNTS);
    const to = (from + 1 + this.#dice.below(ACCOUNTS - 1)) % ACCOUNTS;
    const asked: Asked = {
      key: `key-${this.asked.length}`,
      from: this.#ids[from] ?? '',
      to: this.#ids[to] ?? '',
      amount: BigInt(1 + this.#dice.below(60_00)),
      answers: [],
    };
    this.asked.push(asked);
    return asked;
  }

  async ask(bank: PlayedProcess['bank'], asked: Asked): Promise<void> {
    const { from, to, amount, key } = asked;
    try {
      const receipt = await bank.transfer({ from, to, amount, idempotencyKey: key });
      asked.answers.push(receipt.transfer);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'INSUFFICIENT_FUNDS') asked.answers.push('refused');
      else if (code !== 'OUTCOME_UNKNOWN') this.seen.push(`${key}: ${code} ${error}`);
    }
  }
}

/** `SEEDS=17,18` plays these again; who runs when depends on the machine as well. */
const seeds = process.env.SEEDS?.split(',').map(Number) ?? [1, 2, 3, 4];

describe('processes that are killed and stopped at random', () => {
  it.each(seeds)('book what they answered exactly once: seed %i', async (seed) => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const open = (index: number) =>
      first.bank.openAccount({ firstName: 'A', lastName: `${index}` });
    const ids = (await Promise.all(Array.from({ length: ACCOUNTS }, (_, i) => open(i)))).map(
      ({ id }) => id,
    );
    await first.bank.transferMany(ids.map((to) => ({ to, amount: OPENING })));
    await first.bank.close();

    const storm = new Storm(machine, seed, ids);
    await storm.run();
    expect(storm.seen).toEqual([]);

    const last = await machine.start();
    const balances = new Map(ids.map((id) => [id, OPENING]));
    const booked = new Map<string, string[]>();
    for (const id of ids) {
      for await (const { key, transfer, direction, amount } of last.bank.history(id)) {
        if (key === '') continue;
        booked.set(key, [...(booked.get(key) ?? []), `${transfer}`]);
        const change = direction === 'in' ? amount.minor : -amount.minor;
        balances.set(id, (balances.get(id) ?? 0n) + change);
      }
    }
    for (const { key, answers } of storm.asked) {
      const numbers = booked.get(key) ?? [];
      // Both legs of one entry, or none.
      expect([0, 2], key).toContain(numbers.length);
      expect(numbers[0], key).toBe(numbers[1]);
      for (const answer of answers)
        if (answer !== 'refused') expect(`${answer}`, key).toBe(numbers[0]);
    }
    for (const id of ids) expect((await last.bank.balance(id)).ledger.minor).toBe(balances.get(id));
    expect((await last.bank.totals())[0]?.customers.minor).toBe(OPENING * BigInt(ACCOUNTS));
    await expectClean(last.bank);
    await last.bank.posted();
    await last.bank.close();
    const after = await machine.start();
    await expectClean(after.bank);
    await after.bank.close();
    // Tickets of the dead lie there until somebody has looked at them for a while.
    for (const queue of [after.files.writerQueue, after.files.posterQueue]) {
      for (const name of readdirSync(queue.folder)) {
        expect([...machine.dead]).toContain(parseOwner(name)?.pid);
        rmSync(join(queue.folder, name));
      }
    }
    expectTidy(machine.directory);
  });
});
