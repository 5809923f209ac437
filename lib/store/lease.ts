/**
 * The lease: who may write the journal, or post, now. proper-lockfile makes the candidates wait for
 * each other, tickets put them in order, and the desk makes it safe (desk.ts).
 *
 *  L1 draw a ticket, unless nobody waits and the lock is free
 *  L2 wait until it is the oldest that stirs, touching it
 *  L3 take the lock; break it first if the desk's owner took the desk under it and is surely dead
 *  L4 rename the desk to the own name, one epoch up; lost: back to L2
 *  L5 remove the ticket
 */
import { dirname } from 'node:path';
import { type Disk, orClose } from '../disk/disk.js';
import type { Lock } from '../disk/lock.js';
import type { System } from '../disk/system.js';
import { BankError, refuseCancelled } from '../ledger/errors.js';
import type { Desk, Desks } from './desk.js';
import { KEEP_UP_MS, LEASE_WAIT_MAX_MS, TICKET_TOUCH_MS, WAIT_LOOK_MS } from './limits.js';
import type { Queue, Ticket } from './queue.js';

/** A desk that was taken, and whose it was before. */
export interface Taken {
  readonly desk: Desk;
  readonly before: Desk;
  /** Lets go of the lock. The desk keeps its name until somebody else takes it. */
  release(): Promise<void>;
}

export class Lease {
  readonly #disk: Disk;
  readonly #system: System;
  readonly #desks: Desks;
  readonly #queue: Queue;
  readonly #lock: Lock;
  #heard = () => {};
  #unwatch: (() => void)[] = [];

  constructor(disk: Disk, system: System, desks: Desks, queue: Queue, lock: Lock) {
    this.#disk = disk;
    this.#system = system;
    this.#desks = desks;
    this.#queue = queue;
    this.#lock = lock;
  }

  /** Takes it only if no living process has it or waits for it. */
  async tryTake(epochMin: () => Promise<number>): Promise<Taken | undefined> {
    if ((await this.#queue.waiting()).length > 0) return undefined;
    return this.tryTakeFree(epochMin);
  }

  /** Takes it if no living process has it. */
  async tryTakeFree(epochMin: () => Promise<number>): Promise<Taken | undefined> {
    return this.#tryDesk(epochMin);
  }

  /** Waits for it, calling `meanwhile` again and again. `epochMin` says which epoch has been used already elsewhere. */
  async take(
    epochMin: () => Promise<number>,
    meanwhile: () => Promise<void> = async () => {},
    signal?: AbortSignal,
  ): Promise<Taken> {
    let taken = await this.tryTake(epochMin);
    if (taken) return taken;
    let ticket = await this.#queue.draw();
    this.#listen();
    const start = this.#system.monotonic();
    let touched = start;
    let kept = Number.NEGATIVE_INFINITY;
    try {
      for (;;) {
        refuseCancelled(signal);
        const now = this.#system.monotonic();
        if (now - start > LEASE_WAIT_MAX_MS) throw await this.#busy();
        if (now - touched > TICKET_TOUCH_MS) {
          touched = now;
          // Somebody who took us for dead removed it: draw anew.
          if (!(await this.#queue.touch(ticket))) ticket = await this.#queue.draw();
        }
        // Listening begins before the look: a sound in between is not missed.
        const pause = this.#system.pause(Math.min(WAIT_LOOK_MS, KEEP_UP_MS));
        this.#heard = pause.wake;
        taken = await this.#tryTurn(ticket, epochMin);
        if (taken) {
          pause.wake();
          return taken;
        }
        // Not at each sound: it comes when the bank changes hands, and the next one needs the processor.
        if (now - kept > KEEP_UP_MS) {
          await meanwhile();
          kept = this.#system.monotonic();
        }
        await pause.done;
      }
    } finally {
      // What can't be told of is let go of: nobody would know that it is ours.
      const untold = { close: async () => taken?.release() };
      const drawn = ticket;
      await orClose(untold, () => this.#queue.remove(drawn));
    }
  }

  /** Hears of tickets and locks that come and go; kept, since who waited once waits again. */
  #listen(): void {
    if (this.#unwatch.length > 0) return;
    const folders = [this.#queue.folder, dirname(this.#desks.folder)];
    this.#unwatch = folders.map((folder) => this.#disk.watch(folder, () => this.#heard()));
  }

  close(): void {
    for (const stop of this.#unwatch) stop();
    this.#unwatch = [];
  }

  async #tryTurn(ticket: Ticket, epochMin: () => Promise<number>): Promise<Taken | undefined> {
    const [first] = await this.#queue.waiting();
    if (first !== undefined && first.name !== ticket.name) return undefined;
    return this.#tryDesk(epochMin);
  }

  async #tryDesk(epochMin: () => Promise<number>): Promise<Taken | undefined> {
    let lost = false;
    const onLost = () => {
      lost = true;
    };
    let release = await this.#lock.tryTake(onLost);
    if (!release) {
      if (!(await this.#isHeldByTheDead())) return undefined;
      this.#lock.breakDead();
      release = await this.#lock.tryTake(onLost);
      if (!release) return undefined;
    }
    const lock = this.#lock.identity();
    const letGo = release;
    const releaseOnce = async () => {
      if (!lost) await letGo().catch(() => {}); // Gone already: somebody took us for dead.
      lost = true;
    };
    try {
      const before = await this.#desks.find();
      const epoch = 1 + Math.max(before.owner.number, await epochMin());
      // Whoever slept since it took the lock may have lost it: under no lock no desk is taken.
      const desk = lock === '' ? undefined : await this.#desks.take(before, epoch, lock);
      if (desk) return { desk, before, release: releaseOnce };
    } catch (error) {
      await releaseOnce();
      throw error;
    }
    await releaseOnce();
    return undefined;
  }

  /** Whether the desk's owner took it under this very lock, and is surely dead. */
  async #isHeldByTheDead(): Promise<boolean> {
    const { owner } = await this.#desks.find();
    return owner.random === this.#lock.identity() && this.#system.isSurelyDead(owner);
  }

  async #busy(): Promise<BankError> {
    const { owner } = await this.#desks.find();
    return new BankError(
      'BANK_BUSY',
      `Another process (pid ${owner.pid}) has held the bank for ${LEASE_WAIT_MAX_MS / 1000} s.`,
      { details: { pid: owner.pid } },
    );
  }
}
