import { writeEntry } from '../format/journal-row.js';
import type { RowWriter } from '../format/row-writer.js';
import { type Account, afterEntry } from '../ledger/account.js';
import type { AccountId } from '../ledger/account-id.js';
import type { Decision, Moment } from '../ledger/booking.js';
import { decide } from '../ledger/decide.js';
import { expiryBefore, expiryOn } from '../ledger/decide-hold.js';
import type { Entry } from '../ledger/entry.js';
import { assert, BankError } from '../ledger/errors.js';
import { isFarAhead } from '../ledger/hold.js';
import type { Request } from '../ledger/request.js';
import type { LedgerState } from './ledger-state.js';

/**
 * Decides the requests of one batch, one after the other, each on the state that those before it
 * leave, and collects the lines that go into the journal.
 */
export class Bookkeeper {
  readonly #state: LedgerState;
  readonly #now: number;
  readonly #lines: RowWriter;
  /** Somebody has said that the clock is right, however far ahead it is. */
  readonly #acceptClock: boolean;
  /** Made for the first entry: most who only look need none. */
  #bookedAt: string | undefined;
  #count = 0;
  /** Those that can be found again by a key, or by the number of the one that they take back. */
  readonly keyed: Entry[] = [];
  /** Number of the last entry decided. */
  transfer: number;

  /** `lines` is written over: nobody needs what is in it any more. */
  constructor(state: LedgerState, now: number, lines: RowWriter, acceptClock = false) {
    this.#acceptClock = acceptClock;
    this.#state = state;
    this.#now = now;
    this.#lines = lines;
    lines.cut(0);
    this.transfer = state.position.transfer;
  }

  get count(): number {
    return this.#count;
  }

  /** The entries' lines, in order. */
  get lines(): Buffer {
    return this.#lines.bytes;
  }

  digitsOf(currency: string): number {
    const digits = this.#state.digitsOf(currency);
    assert(digits !== undefined, `${currency} has no digits`);
    return digits;
  }

  account(id: AccountId): Account | undefined {
    return this.#state.account(id);
  }

  /** The account that an `open` entry opened, as it was then. */
  opened(entry: Entry): Account {
    assert(entry.credit !== undefined, `entry ${entry.transfer} opens nothing`);
    return afterEntry(undefined, entry, entry.credit.account);
  }

  /** Books a request, or answers with the entry that its key was used for. @throws BankError */
  book(request: Request): Decision {
    if (this.#state.mayHold) this.#endOverdue((at) => expiryBefore(this.#state, request, at));
    const decision = decide(this.#state, request, this.#moment());
    if (!decision.replayed) this.#enter(decision.entry);
    return decision;
  }

  /** Ends those holds of an account whose time is over. */
  expire(id: AccountId): void {
    this.#endOverdue((at) => {
      const account = this.#state.account(id);
      return account && expiryOn(this.#state, account, at);
    });
  }

  #endOverdue(next: (at: Moment) => Entry | undefined): void {
    for (let entry = next(this.#moment()); entry; entry = next(this.#moment())) {
      this.#refuseFarAhead(entry);
      this.#enter(entry);
    }
  }

  /** What has ended can't be made undone: a clock that jumped is to be looked at first. */
  #refuseFarAhead({ bookedAt, details }: Entry): void {
    const last = this.#state.bookedAt;
    if (this.#acceptClock || !isFarAhead(bookedAt, last)) return;
    throw new BankError(
      'CLOCK_AHEAD',
      `The clock says ${bookedAt}, the last entry is of ${last}: hold ${details?.hold?.id} would end by that.`,
      { details: { now: bookedAt, last } },
    );
  }

  #moment(): Moment {
    this.#bookedAt ??= this.#time();
    return { transfer: this.transfer + 1, bookedAt: this.#bookedAt };
  }

  #enter(entry: Entry): void {
    this.#state.apply(entry);
    if (entry.key !== '' || entry.details !== undefined) {
      this.#state.remember(entry);
      this.keyed.push(entry);
    }
    writeEntry(this.#lines, entry, this.digitsOf(entry.currency));
    this.#count++;
    this.transfer = entry.transfer;
  }

  /** Never before the last entry, whatever the clock does. */
  #time(): string {
    const time = new Date(this.#now).toISOString();
    return time > this.#state.bookedAt ? time : this.#state.bookedAt;
  }

  /** All of what `work` books, or, if it throws, nothing. */
  atomically<T>(work: () => Promise<T>): Promise<T> {
    return this.#tryOut(work, true);
  }

  /** What `work` would answer; nothing is booked. */
  dryly<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#tryOut(work, false);
  }

  async #tryOut<T>(work: () => T | Promise<T>, keep: boolean): Promise<T> {
    const { transfer } = this;
    const count = this.#count;
    const { length } = this.#lines;
    const keyed = this.keyed.length;
    this.#state.begin();
    let kept = false;
    try {
      const result = await work();
      kept = keep;
      return result;
    } finally {
      if (kept) {
        this.#state.keep();
      } else {
        this.#state.takeBack();
        this.#lines.cut(length);
        this.#count = count;
        this.keyed.length = keyed;
        this.transfer = transfer;
      }
    }
  }
}
