import type { Position } from '../format/position.js';
import type { LoggedBatch } from './journal.js';

/** A batch as it goes into the log: entries already encoded. */
export interface NewBatch {
  /** Lines of the entries, each with its line break. */
  readonly lines: Buffer | string;
  readonly count: number;
  /** Number of the last of them. */
  readonly transfer: number;
}

/** The log was taken over while a batch was on its way: whether it counts is not known here. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

/** The disk failed while a batch was written: nobody knows what it kept until recovery has looked. */
export class WriteFailed extends Error {
  override readonly name = 'WriteFailed';
  readonly file: string;

  constructor(file: string, step: 'write' | 'sync', cause: unknown) {
    super(`a ${step} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.file = file;
  }
}

/**
 * Where the order comes from. Nothing in ledger, posting or passbooks knows which log it is.
 */
export interface Log {
  /**
   * Becomes able to append, waiting for others if need be. Returns the log's end. `meanwhile` is called
   * again and again while it waits.
   */
  lead(meanwhile?: () => Promise<void>, signal?: AbortSignal): Promise<Position>;
  /** Whether this process leads, as far as it knows. */
  readonly leading: boolean;
  /**
   * Appends behind `expected`, the position that `lead` or the last `append` gave. When it returns,
   * the batch is durable and counts.
   * @throws Fenced when another process has taken over; WriteFailed; BankError DISK_FULL
   */
  append(expected: Position, batch: NewBatch): Promise<Position>;
  /** While leading: whether everything up to the last append still counts. */
  confirm(): Promise<boolean>;
  /** The newest position that counts for everybody; `undefined` until somebody has led since the boot. */
  head(): Promise<Position | undefined>;
  /** The epoch under which this process leads, 0 when it does not. */
  readonly epoch: number;
  /** All batches behind `from` up to `to`, which counts. */
  read(from: Position, to: Position): AsyncIterable<LoggedBatch>;
  /** Stops leading, cleanly, if somebody else waits to lead. `idle`: whether nothing is queued here. */
  yieldIfAsked(idle: () => boolean): Promise<void>;
  /** Somebody may be waiting: the next `yieldIfAsked` looks. */
  expectAsking(): void;
  /** Stops leading, cleanly. */
  leave(): Promise<void>;
}
