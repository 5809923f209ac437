/**
 * The state that decisions are made on, kept in memory: the accounts that somebody asked for, as they
 * stand after the journal up to `position`. What is not here is read from its passbook, and brought
 * up to date with the entries that came behind `base`.
 */

import { pageFile } from '../format/account-path.js';
import { CELL, type LegLine } from '../format/entry-line.js';
import { decodeEntry } from '../format/journal-row.js';
import type { Manifest } from '../format/manifest.js';
import type { Checkpoint, Position } from '../format/position.js';
import { type Account, afterEntry, afterMove } from '../ledger/account.js';
import {
  type AccountId,
  FIRST_ACCOUNT_NUMBER,
  givenAccountNumber,
  nextNumberBehind,
} from '../ledger/account-id.js';
import type { LedgerView } from '../ledger/booking.js';
import type { Entry } from '../ledger/entry.js';
import { assert } from '../ledger/errors.js';
import type { Breath } from './breath.js';
import { damaged, named } from './damage.js';
import type { LoggedBatch } from './journal.js';
import { ACCOUNTS_CACHED_MAX } from './limits.js';
import type { Opened } from './opened.js';
import type { Passbooks } from './passbooks.js';
import { Unposted } from './unposted.js';

/** What was there before something was tried out. */
interface Undo {
  readonly accounts: Map<AccountId, Account | undefined>;
  readonly keys: string[];
  readonly reversed: number[];
  readonly bookedAt: string;
  readonly nextAccountNumber: number;
}

export class LedgerState implements LedgerView {
  readonly defaultCurrency: string;
  position: Position;
  bookedAt: string;
  nextAccountNumber: number;
  /** Everything up to here is on the passbooks. */
  #posted: number;
  /** More has been posted since accounts were forgotten last. */
  #mayForget = false;
  readonly #manifest: Manifest;
  readonly #passbooks: Passbooks;
  readonly #accounts = new Map<AccountId, Account>();
  /** Entries behind the checkpoint of accounts that nobody has asked for yet. */
  readonly #unread: Unposted;
  /** The accounts and numbers as they were, while something is tried out. */
  #undo: Undo | undefined;
  /** Entries by the keys that the requests at hand name. */
  #keyed = new Map<string, Entry>();
  /** The same for those that they want to take back, and by the numbers of those for what took them back. */
  #numbered = new Map<number, Entry>();
  #reversals = new Map<number, Entry>();
  /** Some account in memory has a hold, or had one. */
  #holds = false;

  readonly #opened: Pick<Opened, 'has'>;

  constructor(
    manifest: Manifest,
    passbooks: Passbooks,
    checkpoint: Checkpoint,
    opened: Pick<Opened, 'has'>,
  ) {
    this.#opened = opened;
    this.defaultCurrency = manifest.currency;
    this.#manifest = manifest;
    this.#passbooks = passbooks;
    this.position = checkpoint.position;
    this.bookedAt = checkpoint.bookedAt;
    this.nextAccountNumber = Math.max(FIRST_ACCOUNT_NUMBER, checkpoint.nextAccount);
    this.#posted = checkpoint.position.transfer;
    const accounts = this.#accounts;
    this.#unread = new Unposted(checkpoint, {
      get knowsAny() {
        return accounts.size > 0;
      },
      take: (id, leg) => this.#take(id, leg),
    });
  }

  readonly digitsOf = (currency: string): number | undefined =>
    Object.hasOwn(this.#manifest.digits, currency) ? this.#manifest.digits[currency] : undefined;

  has(id: AccountId): boolean {
    return this.#accounts.has(id);
  }

  account(id: AccountId): Account | undefined {
    return this.#accounts.get(id);
  }

  entryOfKey(key: string): Entry | undefined {
    return this.#keyed.get(key);
  }

  entryNumbered(transfer: number): Entry | undefined {
    return this.#numbered.get(transfer);
  }

  reversalOf(transfer: number): Entry | undefined {
    return this.#reversals.get(transfer);
  }

  /** Whether some account in memory may have a hold. */
  get mayHold(): boolean {
    return this.#holds;
  }

  /** Makes an earlier entry known under its key, and under the number of the one that it takes back, for the decisions at hand. */
  remember(entry: Entry): void {
    if (entry.key !== '') {
      this.#keyed.set(entry.key, entry);
      this.#undo?.keys.push(entry.key);
    }
    const reverses = entry.details?.reverses;
    if (reverses === undefined) return;
    this.#reversals.set(reverses, entry);
    this.#undo?.reversed.push(reverses);
  }

  /** Makes an earlier entry known under its number, for the decisions at hand. */
  rememberNumber(entry: Entry): void {
    this.#numbered.set(entry.transfer, entry);
  }

  /** Ends a batch: its keys are forgotten, and, where there are too many, accounts that are cold. */
  endBatch(): void {
    // New ones: an emptied map's old tables let the engine keep what was in them, and cost a fifth of booking.
    if (this.#keyed.size > 0) this.#keyed = new Map();
    if (this.#numbered.size > 0) this.#numbered = new Map();
    if (this.#reversals.size > 0) this.#reversals = new Map();
    if (!this.#mayForget || this.#accounts.size <= ACCOUNTS_CACHED_MAX) return;
    this.#mayForget = false;
    for (const [id, account] of this.#accounts) {
      if (this.#accounts.size <= ACCOUNTS_CACHED_MAX / 2) break;
      if (account.transfer <= this.#posted) this.#accounts.delete(id);
    }
  }

  /** Takes in an entry that was decided here, on accounts that are in memory. */
  apply(entry: Entry): void {
    if (entry.debit) this.#applyLeg(entry, entry.debit.account);
    if (entry.credit) this.#applyLeg(entry, entry.credit.account);
    this.bookedAt = entry.bookedAt;
    if (entry.type !== 'open' || !entry.credit) return;
    this.nextAccountNumber = nextNumberBehind(this.nextAccountNumber, entry.credit.account);
  }

  #applyLeg(entry: Entry, id: AccountId): void {
    const known = this.#accounts.get(id);
    if (this.#undo && !this.#undo.accounts.has(id)) this.#undo.accounts.set(id, known);
    this.#set(id, afterEntry(known, entry, id));
  }

  #set(id: AccountId, account: Account): void {
    this.#accounts.set(id, account);
    if (account.held !== 0n) this.#holds = true;
  }

  /**
   * Follows those entries of a batch of the journal that come behind the entry `known`. Each process reads
   * all that the others wrote: no object is made of an entry. @throws FormatDamage
   */
  follow(batch: LoggedBatch, known: number): void {
    const unread = this.#unread;
    unread.add(batch, known);
    if (batch.position.transfer <= known) return;
    this.bookedAt = unread.bookedAt;
    this.nextAccountNumber = Math.max(this.nextAccountNumber, unread.nextAccount);
  }

  #take(id: AccountId, leg: LegLine): boolean {
    const known = this.#accounts.get(id);
    if (known === undefined) return false;
    this.#set(id, this.#after(known, id, leg));
    return true;
  }

  /** The account after its side of an entry. One that is known already changes nothing. */
  #after(known: Account | undefined, id: AccountId, { line, side }: LegLine): Account {
    const seq = line.count(side + 1);
    const before = known?.seq ?? 0;
    if (known && seq <= before) return known; // Its page was already further than we were.
    if (seq !== before + 1) throw gap(id, before, seq);
    const digits = known && this.digitsOf(known.currency);
    if (known && digits !== undefined && line.moves() && line.says(CELL.currency, known.currency)) {
      const balance = line.minor(side + 2, digits);
      return afterMove(known, seq, balance, line.count(CELL.transfer), line.bookedAt());
    }
    return afterEntry(known, decodeEntry(line.text(), this.digitsOf), id);
  }

  /** Brings accounts into memory. Those that do not exist stay unknown. Others run every now and then. */
  async load(ids: Iterable<AccountId>, breath?: Pick<Breath, 'take'>): Promise<void> {
    for (const id of ids) {
      if (!this.#accounts.has(id)) await this.#load(id);
      const rest = breath?.take();
      if (rest) await rest;
    }
  }

  async #load(id: AccountId): Promise<void> {
    let account: Account | undefined;
    let posted: number;
    do {
      // What is posted meanwhile is forgotten here, and perhaps not yet on that page: it is read again.
      posted = this.#posted;
      account = (await this.#passbooks.summary(id))?.account;
    } while (posted !== this.#posted);
    named('journal', () => {
      for (const leg of this.#unread.legsOf(id)) account = this.#after(account, id, leg);
    });
    if (account === undefined) {
      if (!(await this.#wasOpened(id))) return;
      throw damaged(pageFile(id), 'the passbook is missing');
    }
    this.#unread.delete(id);
    this.#set(id, account);
  }

  /** Whether there must be a passbook. For an id that somebody chose only the whole journal tells. */
  async #wasOpened(id: AccountId): Promise<boolean> {
    const number = givenAccountNumber(id);
    if (number !== undefined) {
      return number >= FIRST_ACCOUNT_NUMBER && number < this.nextAccountNumber;
    }
    if ((await this.#passbooks.sealedPages(id)).length > 0) return true;
    return this.#opened.has(id, this.position);
  }

  /** From here on changes can be taken back. */
  begin(): void {
    assert(this.#undo === undefined, 'something is being tried out already');
    const { bookedAt, nextAccountNumber } = this;
    this.#undo = { accounts: new Map(), keys: [], reversed: [], bookedAt, nextAccountNumber };
  }

  keep(): void {
    this.#undo = undefined;
  }

  /** Takes back what came after `begin`. */
  takeBack(): void {
    const undo = this.#undo;
    assert(undo !== undefined, 'nothing is being tried out');
    for (const [id, account] of undo.accounts) {
      if (account) this.#accounts.set(id, account);
      else this.#accounts.delete(id);
    }
    for (const key of undo.keys) this.#keyed.delete(key);
    for (const number of undo.reversed) this.#reversals.delete(number);
    this.nextAccountNumber = undo.nextAccountNumber;
    this.bookedAt = undo.bookedAt;
    this.#undo = undefined;
  }

  /**
   * Everything up to `transfer` is on the passbooks. Told at any moment: the accounts of a batch that is
   * being decided stay until it ends.
   */
  posted(transfer: number): void {
    if (transfer <= this.#posted) return;
    this.#posted = transfer;
    this.#mayForget = true;
    this.#unread.forget(transfer);
  }
}

function gap(id: AccountId, seq: number, next: number) {
  const file = pageFile(id);
  return damaged(file, `it ends at row ${seq}, and the journal goes on with row ${next}`);
}
