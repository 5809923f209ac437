import { writeEntry } from '../format/journal-row.js';
import type { RowWriter } from '../format/row-writer.js';
import { type Account, afterEntry } from '../ledger/account.js';
import type { AccountId } from '../ledger/account-id.js';
import { type Decision, decide } from '../ledger/decide.js';
import type { Entry } from '../ledger/entry.js';
import { assert } from '../ledger/errors.js';
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
  /** Made for the first entry: most who only look need none. */
  #bookedAt: string | undefined;
  #count = 0;
  /** Number of the last entry decided. */
  transfer: number;

  /** `lines` is written over: nobody needs what is in it any more. */
  constructor(state: LedgerState, now: number, lines: RowWriter) {
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
    this.#bookedAt ??= this.#time();
    const at = { transfer: this.transfer + 1, bookedAt: this.#bookedAt };
    const decision = decide(this.#state, request, at);
    if (decision.replayed) return decision;
    const { entry } = decision;
    this.#state.apply(entry);
    if (entry.key !== '') this.#state.rememberKey(entry);
    writeEntry(this.#lines, entry, this.digitsOf(entry.currency));
    this.#count++;
    this.transfer = entry.transfer;
    return decision;
  }

  /** Never before the last entry, whatever the clock does. */
  #time(): string {
    const time = new Date(this.#now).toISOString();
    return time > this.#state.bookedAt ? time : this.#state.bookedAt;
  }

  /** All of what `work` books, or, if it throws, nothing. */
  atomically<T>(work: () => T): T {
    return this.#tryOut(work, true);
  }

  /** What `work` would answer; nothing is booked. */
  dryly<T>(work: () => T): T {
    return this.#tryOut(work, false);
  }

  #tryOut<T>(work: () => T, keep: boolean): T {
    const { transfer } = this;
    const count = this.#count;
    const { length } = this.#lines;
    this.#state.begin();
    let kept = false;
    try {
      const result = work();
      kept = keep;
      return result;
    } finally {
      if (kept) {
        this.#state.keep();
      } else {
        this.#state.takeBack();
        this.#lines.cut(length);
        this.#count = count;
        this.transfer = transfer;
      }
    }
  }
}
