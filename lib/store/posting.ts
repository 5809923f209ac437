/**
 * When posting happens, seen from a process that has the bank open: in a thread beside the event loop
 * while work goes on; at once, and here, when a short-lived process leaves.
 */

import type { Disk } from '../disk/disk.js';
import type { System } from '../disk/system.js';
import type { Position } from '../format/position.js';
import { BankError, refuseCancelled } from '../ledger/errors.js';
import { readCheckpoint } from './checkpoint.js';
import { declareDamage, isDamageFound } from './damage.js';
import { asBankError } from './disk-error.js';
import {
  BACKLOG_ENTRIES_MAX,
  BATCH_ENTRIES_MAX,
  HOLD_BACK_ENTRY_MS,
  HOLD_BACK_MS_MAX,
  POSTING_DELAY_MS,
  POSTING_INLINE_ENTRIES_MAX,
  TICKET_FRESH_MS,
  TICKET_TOUCH_MS,
  WAIT_LOOK_MS,
} from './limits.js';
import { encodeWish, type Poster } from './poster.js';
import type { PosterThread } from './poster-thread.js';
import type { Queue } from './queue.js';

export interface PostingParts {
  readonly disk: Disk;
  readonly system: System;
  readonly directory: string;
  readonly poster: Poster;
  readonly queue: Queue;
  startThread(): PosterThread;
  /** Told how far the passbooks are, now and then. */
  onPosted(transfer: number): void;
  /** Makes sure that whoever posts is shown what was answered up to `transfer`. */
  show(transfer: number): Promise<void>;
  /** @throws BankError BANK_DAMAGED when nobody will post any more */
  refuseDamaged(): Promise<void>;
}

export class Posting {
  readonly #parts: PostingParts;
  #thread: PosterThread | undefined;
  #starting: (() => void) | undefined;
  /** The last entry that this process has answered for. */
  #answered = 0;
  #posted = 0;
  /** In the last batch of this process, for which nobody was held back yet. */
  #entries = 0;
  /** For how long requests are still to be held back: less than a timer can wait for is left for later. */
  #owedMs = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** The posting that this thread is at: one at a time. */
  #round: Promise<number | undefined> | undefined;

  constructor(parts: PostingParts) {
    this.#parts = parts;
  }

  /** A batch of so many entries of this process was answered. */
  answered(position: Position, entries: number): void {
    this.#answered = position.transfer;
    this.#entries = entries;
    if (this.#thread?.alive || this.#starting) return;
    this.#starting = this.#parts.system.every(POSTING_DELAY_MS, () => this.#start());
  }

  #start(): void {
    this.#starting?.();
    this.#starting = undefined;
    // One that ended, when the bank was damaged say, posts no more: the next one does.
    if (!this.#thread?.alive) this.#thread = this.#parts.startThread();
  }

  /**
   * Holds back who books, the more the fuller the backlog is: nobody is stopped for long. Waits a moment at most;
   * answers whether that was enough.
   */
  async admit(): Promise<boolean> {
    const { system } = this.#parts;
    if (system.monotonic() - this.#lookedAt > POSTING_DELAY_MS / 4) await this.#look();
    const fill = (this.#answered - this.#posted) / BACKLOG_ENTRIES_MAX;
    if (fill < 0.5) {
      this.#entries = 0;
      this.#owedMs = 0;
      return true;
    }
    if (!this.#thread?.alive) this.#start();
    if (this.#hasRoom()) {
      // By entry, not by batch: large batches would not be slowed down. Steep at the end, so that most of the room is used.
      this.#owedMs += this.#entries * HOLD_BACK_ENTRY_MS * ((fill - 0.5) * 2) ** 5;
      this.#owedMs = Math.min(this.#owedMs, HOLD_BACK_MS_MAX);
      this.#entries = 0;
      if (this.#owedMs < 1) return true;
      const ms = Math.min(this.#owedMs, WAIT_LOOK_MS);
      this.#owedMs -= ms;
      await system.pause(ms).done;
      return this.#owedMs < 1;
    }
    await system.pause(WAIT_LOOK_MS).done;
    await this.#parts.refuseDamaged(); // Who should post may have found damage.
    await this.#look();
    return this.#hasRoom();
  }

  /** Whether the largest batch still fits. */
  #hasRoom(): boolean {
    return this.#answered - this.#posted <= BACKLOG_ENTRIES_MAX - BATCH_ENTRIES_MAX;
  }

  async #look(): Promise<void> {
    const { disk, directory, system, onPosted } = this.#parts;
    this.#lookedAt = system.monotonic();
    this.#posted = (await readCheckpoint(disk, directory)).position.transfer;
    onPosted(this.#posted);
  }

  /** Waits until the passbooks of `ids` (of all, if empty) show every entry up to `transfer`. */
  async flush(transfer: number, ids: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.#look();
    if (this.#posted >= transfer) return;
    if (transfer - this.#posted > POSTING_INLINE_ENTRIES_MAX && !this.#thread?.alive) this.#start();
    if (await this.#postHere(transfer)) return;
    await this.#ask(transfer, ids, signal);
  }

  /** Posts in this thread, if no other does. Answers whether the passbooks got as far as `transfer`. */
  async #postHere(transfer: number): Promise<boolean> {
    while (this.#round) {
      await this.#round.catch(() => {}); // Told to whoever began it.
      await this.#look();
      if (this.#posted >= transfer) return true;
    }
    if (this.#thread?.alive) return false;
    this.#round = this.#postRound(transfer);
    try {
      if (((await this.#round) ?? 0) >= transfer) return true;
    } finally {
      this.#round = undefined;
    }
    await this.#look(); // Another process may have done it.
    return this.#posted >= transfer;
  }

  /**
   * Posts up to `transfer`: what others go on booking is theirs to post, or this one would never be done.
   * Answers up to which entry everything is posted; `undefined` when another process has the role.
   */
  async #postRound(transfer: number): Promise<number | undefined> {
    const { poster } = this.#parts;
    if (!(await poster.tryStart())) return undefined;
    try {
      return await poster.post((_, posted) => posted < transfer);
    } catch (error) {
      await this.#reportDamage(error);
      throw error;
    } finally {
      await poster.stop();
    }
  }

  /** What the poster found damaged while it held its desk nobody else has changed meanwhile. */
  async #reportDamage(error: unknown): Promise<void> {
    if (isDamageFound(error)) await declareDamage(this.#parts, error);
  }

  /** Draws a ticket, and waits until whoever posts has served it. */
  async #ask(transfer: number, ids: readonly string[], signal?: AbortSignal): Promise<void> {
    const { queue, system, disk } = this.#parts;
    const wish = encodeWish({ transfer, ids });
    let ticket = await queue.draw(wish);
    let heard = () => {};
    const unwatch = disk.watch(queue.folder, () => heard());
    let touched = system.monotonic();
    try {
      for (;;) {
        refuseCancelled(signal);
        const late = system.monotonic() - touched;
        if (!(await queue.isThere(ticket))) {
          if (late < TICKET_FRESH_MS / 2) return;
          // It may be gone because we did not stir, and not because it was served.
          ticket = await queue.draw(wish);
          touched = system.monotonic();
        }
        if (late > TICKET_TOUCH_MS) {
          if (await queue.touch(ticket)) touched = system.monotonic();
          await this.#parts.refuseDamaged();
          await this.#parts.show(transfer);
          this.#thread?.wake();
          // Whoever posted may have died or stopped: then it is our turn.
          if (await this.#postHere(transfer)) return;
        }
        const pause = system.pause(WAIT_LOOK_MS);
        heard = pause.wake;
        await pause.done;
      }
    } finally {
      unwatch();
      await queue.remove(ticket);
    }
  }

  /**
   * Posts what this process has answered for, and ends the thread. Who only looked (as far as `seen`)
   * posts what a process that died had answered, if it may and nobody else does.
   */
  async close(seen: number): Promise<void> {
    this.#starting?.();
    this.#starting = undefined;
    try {
      if (this.#answered > 0) await this.flush(this.#answered, []);
      else await this.#postForTheDead(seen);
    } finally {
      await this.#thread?.stop();
      this.#thread = undefined;
    }
  }

  async #postForTheDead(seen: number): Promise<void> {
    if (seen <= this.#posted) return;
    try {
      await this.#look();
      if (seen > this.#posted) await this.#postHere(seen);
    } catch (error) {
      const told = asBankError(error);
      // Who may only read has seen all there is to see.
      if (!(told instanceof BankError) || told.code === 'BANK_DAMAGED') throw error;
    }
  }
}
