/**
 * Group commit: requests that come while the disk is busy form the next batch. One write, one sync,
 * then all of them are answered. Reading goes the same way: every answer waits until the state that
 * it was made from counts.
 *
 *  G1 lead the log, and follow it to its end (for reading alone: follow it as far as it counts)
 *  G2 take what is queued
 *  G3 bring the accounts and keys that it names into memory
 *  G4 decide one after the other
 *  G5 append the entries: durable, and the desk was looked at; without entries: look at the desk
 *  G6 answer
 */
import type { Disk } from '../disk/disk.js';
import type { System } from '../disk/system.js';
import type { Position } from '../format/position.js';
import { RowWriter } from '../format/row-writer.js';
import type { AccountId } from '../ledger/account-id.js';
import { assert, BankError, cancelledError } from '../ledger/errors.js';
import { record, type Writable } from '../ledger/record.js';
import { Aborts } from './aborts.js';
import { Bookkeeper } from './bookkeeper.js';
import { Breath } from './breath.js';
import { channels } from './channels.js';
import { damaged, declareDamage, isDamageFound, named } from './damage.js';
import { asBankError } from './disk-error.js';
import type { Keys } from './keys.js';
import type { LedgerState } from './ledger-state.js';
import { AHEAD_REQUESTS_MAX, BATCH_ENTRIES_MAX, DECISIONS_AT_ONCE } from './limits.js';
import { Fenced, type Log, WriteFailed } from './log.js';

/** Something to be answered from the state of one moment. */
export interface Task<T> {
  /** Whether it may book entries, so that the log must be led. */
  readonly books: boolean;
  /** Entries that it asks for, at most; holds of its accounts that are over end besides. */
  readonly size: number;
  /** Calls `each` with the accounts that it needs; asked again when those are known. */
  eachId(state: LedgerState, each: (id: AccountId) => void): void;
  /** The idempotency keys that it names. */
  readonly keys: readonly string[];
  /** Numbers of the entries that it wants to take back. */
  readonly reverses?: readonly number[] | undefined;
  /** Answers, or throws the refusal. Long work answers later, and takes a breath now and then. */
  run(book: Bookkeeper, state: LedgerState, breath: Pick<Breath, 'take'>): T | Promise<T>;
}

/** Asks for nothing but that this process leads. What was answered is replaced by it. */
const NOTHING: Task<undefined> = {
  books: true,
  size: 0,
  eachId: () => {},
  keys: [],
  run: () => undefined,
};

interface Waiting {
  /** Let go of once it is answered: thousands of requests would be copied by each collection of young objects. */
  task: Task<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
  /** Of all requests of this process. */
  readonly number: number;
  cancelled: boolean;
}

const WaitingRecord = record(function (
  this: Writable<Waiting>,
  task: Waiting['task'],
  resolve: Waiting['resolve'],
  reject: Waiting['reject'],
  signal: AbortSignal | undefined,
  number: number,
) {
  this.task = task;
  this.resolve = resolve;
  this.reject = reject;
  this.signal = signal;
  this.number = number;
  this.cancelled = false;
});

/** The batch that was on its way: where, by which writer, up to which entry. */
interface Mine {
  readonly before: Position;
  readonly epoch: number;
  readonly transfer: number;
  readonly count: number;
}

/** What a task answered, or the refusal that it threw. */
interface Outcome {
  readonly value: unknown;
  readonly refusal: BankError | undefined;
}

const OutcomeRecord = record(function (
  this: Writable<Outcome>,
  value: unknown,
  refusal: BankError | undefined,
) {
  this.value = value;
  this.refusal = refusal;
});

export interface GroupCommitParts {
  readonly disk: Disk;
  readonly system: System;
  readonly directory: string;
  readonly log: Log;
  readonly keys: Keys;
  /** A state that knows nothing yet, to follow the log from. */
  freshState(): Promise<LedgerState>;
  /** Holds back who books while too much is answered and not yet posted: `false`, not yet. Is told what was answered. */
  readonly backlog: {
    admit(): Promise<boolean>;
    answered(position: Position, entries: number): void;
  };
  /** Called when this process has come to lead the log, be it only to read where nobody else had. */
  onLead(): void;
  /** The clock is right, however far ahead of the last entry it is. */
  readonly acceptClock?: boolean;
  /** Requests that may wait. */
  readonly requestsMax: number;
}

export class GroupCommit {
  readonly #parts: GroupCommitParts;
  #queue: Waiting[] = [];
  #asked = 0;
  #state: LedgerState | undefined;
  #running: Promise<void> | undefined;
  #closed = false;
  /** The desk is to be taken anew, before the next batch. */
  #anew = false;
  /** Damage was seen once; seen again, holding the desk, it is believed. */
  #suspected = false;
  readonly #breath: Breath;
  /** The lines of the batch at hand: one is made at a time. */
  readonly #lines = new RowWriter();
  readonly #aborts = new Aborts<Waiting>((waiting) => this.#cancel(waiting));

  constructor(parts: GroupCommitParts) {
    this.#parts = parts;
    this.#breath = new Breath(parts.system);
  }

  get state(): LedgerState | undefined {
    return this.#state;
  }

  /** Queues a task; resolves when its answer counts. */
  submit<T>(task: Task<T>, signal?: AbortSignal): Promise<T> {
    if (this.#closed) return Promise.reject(closedError());
    if (signal?.aborted) return Promise.reject(cancelledError(signal));
    if (this.#queue.length >= this.#parts.requestsMax) {
      const message = `${this.#queue.length} requests wait already.`;
      return Promise.reject(new BankError('BANK_BUSY', message));
    }
    return new Promise<T>((resolve, reject) => {
      const answer = resolve as (value: unknown) => void;
      const waiting: Waiting = new WaitingRecord(task, answer, reject, signal, this.#asked++);
      if (signal) this.#aborts.add(signal, waiting);
      this.#queue.push(waiting);
      this.#wake();
    });
  }

  /** Looks whether somebody else wants to lead, if nothing is under way here. */
  lookAside(): void {
    if (!this.#parts.log.leading) return;
    this.#parts.log.expectAsking();
    if (this.#running === undefined) this.#wake();
  }

  /**
   * Takes the desk anew, and so marks again what counts: of a mark that somebody took away nobody is shown
   * what was answered.
   */
  async leadAnew(): Promise<void> {
    if (this.#closed) {
      await this.#parts.log.lead();
      return this.#parts.log.leave();
    }
    this.#anew = true;
    await this.#lead();
  }

  /** Comes to lead, and books nothing. */
  #lead(): Promise<undefined> {
    return this.submit(NOTHING);
  }

  /** Answers what is queued, then leaves the log. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running) await this.#running;
    await this.#parts.log.leave();
  }

  #wake(): void {
    // Started in a microtask: what is asked for in one go becomes one batch.
    this.#running ??= Promise.resolve()
      .then(() => this.#run())
      .finally(() => {
        this.#running = undefined;
        if (this.#queue.length > 0) this.#wake();
      });
  }

  async #run(): Promise<void> {
    const { log } = this.#parts;
    const idle = () => this.#queue.length === 0;
    do {
      if (!idle()) await this.#batch();
      // Behind the answers. Who asks again and again would let nothing else run: no timer, no signal.
      await this.#breath.take();
      try {
        await log.yieldIfAsked(idle);
      } catch (error) {
        this.#state = undefined;
        await this.#failAll(error);
      }
    } while (!idle());
  }

  #cancel(waiting: Waiting): void {
    const at = this.#queue.indexOf(waiting);
    if (at === -1) return; // Under way: its outcome will be told.
    this.#queue.splice(at, 1);
    waiting.cancelled = true;
    waiting.reject(cancelledError(waiting.signal));
  }

  async #batch(): Promise<void> {
    const { log, system } = this.#parts;
    let state: LedgerState;
    const asked = this.#asked;
    let books = this.#queue.some(({ task }) => task.books);
    let held = false;
    try {
      held = books && !(await this.#parts.backlog.admit());
      // Who only looks does not wait for that.
      if (held && this.#queue.every(({ task }) => task.books)) return;
      if (held) books = false;
      state = await this.#ready(books);
    } catch (error) {
      // Where nothing can be booked (no room, no permission) there may still be something to read.
      const failed = this.#queue.filter(({ task }) => task.books === books);
      this.#queue = this.#queue.filter(({ task }) => task.books !== books);
      await this.#fail(failed, error);
      return;
    }
    const batch = this.#take(asked, held);
    const start = system.monotonic();
    let book: Bookkeeper;
    let outcomes: Outcome[];
    try {
      await this.#load(state, batch);
      book = new Bookkeeper(state, system.now(), this.#lines, this.#parts.acceptClock);
      outcomes = await this.#decide(batch, book, state);
      state.endBatch();
    } catch (error) {
      this.#state = undefined;
      await this.#fail(batch, error);
      return;
    }
    const before = state.position;
    const epoch = log.epoch;
    try {
      if (book.count > 0) {
        const { lines, count, transfer } = book;
        state.position = await log.append(before, { lines, count, transfer });
        this.#parts.keys.booked(before, book.keyed, state.position);
        this.#parts.backlog.answered(state.position, count);
        if (channels.commit.hasSubscribers) this.#publish(count, state.position, start);
      } else if (log.leading && !(await log.confirm())) {
        throw new Fenced('the desk is gone');
      }
    } catch (error) {
      await this.#afterFailure(error, batch, outcomes, {
        before,
        epoch,
        transfer: book.transfer,
        count: book.count,
      });
      return;
    }
    this.#suspected = false;
    await this.#settle(batch, outcomes);
  }

  /** G4. Nobody else looks at the state while others run in between. */
  async #decide(batch: readonly Waiting[], book: Bookkeeper, state: LedgerState) {
    const outcomes: Outcome[] = [];
    for (const { task } of batch) {
      const outcome = attempt(() => task.run(book, state, this.#breath));
      const { value } = outcome;
      outcomes.push(value instanceof Promise ? await attemptLater(value) : outcome);
      if (outcomes.length % DECISIONS_AT_ONCE === 0) await this.#breath.take();
    }
    return outcomes;
  }

  /** G6. Who is answered may have much to do at once, and others run before the next is. */
  async #settle(batch: readonly Waiting[], outcomes: readonly Outcome[]): Promise<void> {
    let decisions = 0;
    for (const [index, waiting] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome && !outcome.refusal) waiting.resolve(outcome.value);
      else waiting.reject(outcome?.refusal);
      const { size } = waiting.task;
      waiting.task = NOTHING;
      decisions += size;
      if (decisions < DECISIONS_AT_ONCE) continue;
      decisions = 0;
      // Of much that was asked for at once the answer keeps its program busy, and no clock knows yet for how long.
      const isLarge = size >= DECISIONS_AT_ONCE;
      await (isLarge ? this.#breath.rest() : this.#breath.take());
    }
  }

  #publish(entries: number, position: Position, start: number): void {
    const { directory, system } = this.#parts;
    const ms = system.monotonic() - start;
    channels.commit.publish({ directory, entries, transfer: position.transfer, ms });
  }

  /** G1. @returns the state at the end of the log, or as far as it counts */
  async #ready(books: boolean): Promise<LedgerState> {
    const { log } = this.#parts;
    if (this.#anew) {
      this.#anew = false;
      await log.leave();
    }
    if (log.leading && this.#state) return this.#state;
    // Before the log's end is looked up: a checkpoint read later might be ahead of it.
    this.#state ??= await this.#parts.freshState();
    const lead = () => log.lead(() => this.#keepUp());
    const position = books ? await lead() : ((await log.head()) ?? (await lead()));
    if (log.leading) this.#parts.onLead();
    return this.#follow(position);
  }

  /**
   * While the others lead: follows them, and brings the accounts into memory that the next requests
   * name. When it is our turn, only their last batches are left to read.
   */
  async #keepUp(): Promise<void> {
    const head = await this.#parts.log.head();
    if (!head) return;
    const state = await this.#follow(head);
    await this.#loadAccounts(state, this.#queue.slice(0, AHEAD_REQUESTS_MAX));
  }

  async #follow(position: Position): Promise<LedgerState> {
    const state = this.#state;
    assert(state !== undefined, 'nothing to follow the log with');
    this.#state = undefined; // Kept only if it gets there whole.
    const from = state.position;
    let { transfer } = from;
    if (from.seal !== position.seal) {
      for await (const batch of this.#parts.log.read(from, position)) {
        const known = transfer;
        // A batch that was copied into the next segment comes twice.
        named(`journal/${batch.position.segment}`, () => state.follow(batch, known));
        transfer = Math.max(transfer, batch.position.transfer);
        await this.#breath.take();
      }
      state.position = position;
    }
    this.#state = state;
    return state;
  }

  /** G2. */
  #take(asked: number, held: boolean): Waiting[] {
    const leading = this.#parts.log.leading;
    let size = 0;
    let count = 0;
    const later: Waiting[] = [];
    const batch: Waiting[] = [];
    for (const waiting of this.#queue) {
      if (size >= BATCH_ENTRIES_MAX) break;
      count++;
      // Who does not lead looked how far all is answered for, and somebody may have been answered since.
      const isLater = leading
        ? held && waiting.task.books
        : waiting.task.books || waiting.number >= asked;
      if (isLater) later.push(waiting);
      else {
        batch.push(waiting);
        size += waiting.task.size;
        // From here on it can no longer be taken back.
        if (waiting.signal) this.#aborts.remove(waiting.signal, waiting);
      }
    }
    this.#queue = [...later, ...this.#queue.slice(count)];
    return batch;
  }

  /** G3. */
  async #load(state: LedgerState, batch: readonly Waiting[]): Promise<void> {
    const keys: string[] = [];
    const reversed: number[] = [];
    for (const { task } of batch) {
      for (const key of task.keys) keys.push(key);
      if (task.reverses) reversed.push(...task.reverses);
    }
    const known = this.#parts.keys;
    for (const entry of await known.find(keys, state.position)) state.remember(entry);
    if (reversed.length > 0) {
      for (const entry of await known.numbered(reversed, state.position)) {
        state.rememberNumber(entry);
      }
      for (const entry of await known.reversalsOf(reversed, state.position)) state.remember(entry);
    }
    await this.#loadAccounts(state, batch);
  }

  async #loadAccounts(state: LedgerState, batch: readonly Waiting[]): Promise<void> {
    // Twice: whose world account is needed shows when the account itself is known.
    for (let round = 0; round < 2; round++) {
      const missing = new Set<AccountId>();
      const look = (id: AccountId) => {
        if (!state.has(id)) missing.add(id);
      };
      for (const { task } of batch) task.eachId(state, look);
      if (missing.size === 0) return;
      await state.load(missing, this.#breath);
    }
  }

  async #afterFailure(
    error: unknown,
    batch: readonly Waiting[],
    outcomes: readonly Outcome[],
    mine: Mine,
  ): Promise<void> {
    this.#state = undefined;
    if (error instanceof Fenced) return this.#learnFate(batch, outcomes, mine);
    if (error instanceof WriteFailed) {
      const found = damaged(error.file, error.message, error);
      await declareDamage(this.#parts, found);
      for (const waiting of batch) waiting.reject(unknownError(found));
      return;
    }
    await this.#fail(batch, error);
  }

  /** Another process took over: the journal shows whether the batch on its way counts. */
  async #learnFate(
    batch: readonly Waiting[],
    outcomes: readonly Outcome[],
    mine: Mine,
  ): Promise<void> {
    // Without entries nothing is in doubt: all are answered anew, from what counts now.
    let counts = false;
    try {
      if (mine.count > 0) counts = await this.#isInJournal(mine);
    } catch (cause) {
      for (const waiting of batch) waiting.reject(unknownError(cause));
      return;
    }
    if (counts) await this.#settle(batch, outcomes);
    else this.#queue = [...batch, ...this.#queue];
  }

  /** Leads again, and looks whether the journal took the batch in: only then is it settled for ever. */
  async #isInJournal(mine: Mine): Promise<boolean> {
    const { log } = this.#parts;
    const position = await log.lead();
    for await (const { epoch, position: behind } of log.read(mine.before, position)) {
      if (epoch === mine.epoch && behind.transfer === mine.transfer) return true;
    }
    return false;
  }

  async #failAll(error: unknown): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    await this.#fail(queue, error);
  }

  /** Nothing of `batch` was booked. */
  async #fail(batch: readonly Waiting[], error: unknown): Promise<void> {
    const told = asBankError(error);
    if (isDamageFound(told)) {
      const books = batch.some(({ task }) => task.books);
      const again = await this.#holdAndLookAgain(books);
      if (again === 'look') {
        this.#queue = [...batch, ...this.#queue];
        return;
      }
      if (again === 'sure') await this.#declare(told);
    }
    for (const waiting of batch) {
      if (!waiting.cancelled) waiting.reject(told);
    }
  }

  /**
   * Damage is believed when it is seen a second time, with the desk in hand that could change it. Who
   * cannot get the desk tells what it saw, and stops nobody; on a full disk nobody can have it.
   */
  async #holdAndLookAgain(books: boolean): Promise<'look' | 'sure' | 'only tell'> {
    if (this.#suspected) return 'sure';
    this.#suspected = true;
    this.#state = undefined;
    this.#parts.keys.forget();
    try {
      await this.#parts.log.leave(); // What was held may be what was wrong.
      await this.#parts.log.lead();
      return 'look';
    } catch (error) {
      const told = asBankError(error);
      if (!books && isDiskFull(told)) return 'look';
      this.#suspected = false;
      return isDamageFound(told) ? 'sure' : 'only tell';
    }
  }

  /**
   * Damage that somebody came upon beside the requests: `look` reads the same again, with the desk in
   * hand. Still there, it stops the bank. Who cannot get the desk is as above.
   */
  async confirmDamage(error: unknown, look: () => Promise<unknown>): Promise<void> {
    if (!isDamageFound(error)) return;
    try {
      await this.#lead();
    } catch (refusal) {
      if (!isDiskFull(refusal)) return;
    }
    try {
      await look();
    } catch (again) {
      const told = asBankError(again);
      if (isDamageFound(told)) await this.#declare(told);
    }
  }

  /** Stops the bank, everywhere: `error` was seen with the desk in hand. */
  async #declare(error: BankError): Promise<void> {
    await this.#parts.log.leave();
    await declareDamage(this.#parts, error);
  }
}

function isDiskFull(told: unknown): boolean {
  return told instanceof BankError && told.code === 'DISK_FULL';
}

function attempt(work: () => unknown): Outcome {
  try {
    return new OutcomeRecord(work(), undefined);
  } catch (error) {
    return refused(error);
  }
}

async function attemptLater(work: Promise<unknown>): Promise<Outcome> {
  try {
    return new OutcomeRecord(await work, undefined);
  } catch (error) {
    return refused(error);
  }
}

/** Whatever is no refusal is a bug. */
function refused(error: unknown): Outcome {
  if (error instanceof BankError) return new OutcomeRecord(undefined, error);
  throw error;
}

function unknownError(cause: unknown): BankError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BankError('OUTCOME_UNKNOWN', `Whether this was booked is not known: ${why}`, {
    cause,
  });
}

function closedError(): BankError {
  return new BankError('CANCELLED', 'The bank was closed.', { hint: 'Open it again.' });
}
