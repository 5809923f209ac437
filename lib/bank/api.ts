import type { AccountStatus } from '../ledger/account.js';
import type { EntryType } from '../ledger/entry.js';
import type { BankError } from '../ledger/errors.js';
import type { Money } from '../ledger/money.js';
import type { Receipt } from '../ledger/receipt.js';
import type { Annotations, OpenAccountInput, TransferInput } from '../ledger/request.js';
import type { Health } from '../store/health.js';
import type { Verification, VerifyOptions } from '../store/verify.js';

/** Every async method takes a signal: aborted before the commit, nothing happens (CANCELLED). */
export interface Cancellable {
  readonly signal?: AbortSignal | undefined;
}

export interface OpenBankOptions extends Cancellable {
  /** Make the bank if the directory is absent or empty. */
  readonly create?: boolean;
  /** Default currency of a bank that is made; USD unless given. */
  readonly currency?: string;
  /** A bank that is made is for the directory's Unix group: folders 2770, files 0660. */
  readonly shared?: boolean;
  /** Open it although its file system is remote or unknown. */
  readonly force?: boolean;
}

export interface InitOptions extends Cancellable {
  readonly currency?: string;
  readonly shared?: boolean;
  readonly force?: boolean;
}

/** An account as lists and `account()` give it. */
export interface AccountInfo {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly currency: string;
  readonly status: AccountStatus;
  readonly ledger: Money;
  readonly held: Money;
  /** ledger − held + overdraft limit; `undefined` for `world`, which nothing limits. */
  readonly available: Money | undefined;
  /** `undefined` for `world`. */
  readonly overdraftLimit: Money | undefined;
  /** Rows in the account's passbook. */
  readonly entries: number;
}

/** The account that was opened, with the receipt's facts. */
export interface OpenedAccount extends AccountInfo {
  readonly transfer: number;
  readonly bookedAt: string;
  readonly replayed: boolean;
}

export interface Balance {
  readonly ledger: Money;
  readonly held: Money;
  readonly available: Money | undefined;
  /** Bank-wide number of the last entry that this balance includes. */
  readonly asOf: number;
}

/** One row of an account's passbook. Texts that were not given are ''. */
export interface HistoryEntry {
  readonly account: string;
  readonly seq: number;
  readonly bookedAt: string;
  readonly type: EntryType;
  readonly transfer: number;
  /** The other account; '' where there is none. */
  readonly counterparty: string;
  /** `undefined` for rows that move nothing. */
  readonly direction: 'in' | 'out' | undefined;
  readonly amount: Money;
  /** Ledger balance after the row. */
  readonly balance: Money;
  readonly held: Money;
  readonly memo: string;
  readonly reference: string;
  readonly valueDate: string;
  readonly key: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface HistoryOptions extends Cancellable {
  /** From this moment on (inclusive): a `Date`, `2026-11-20`, or a time with its zone. */
  readonly from?: Date | string | undefined;
  /** Up to this moment (exclusive). A day means its first instant, UTC. */
  readonly to?: Date | string | undefined;
  /** Newest first. */
  readonly reverse?: boolean | undefined;
  readonly limit?: number | undefined;
  /** Go on behind the row with this `seq` (what `page().next` gave). */
  readonly after?: number | undefined;
}

export interface AccountsOptions extends Cancellable {
  /** Any part of id, first or last name, case ignored; several words must all be found. */
  readonly search?: string | undefined;
  /** Sorted by id (the default), or by last name, first name, id. */
  readonly sort?: 'id' | 'name' | undefined;
  /** Go on behind this account (what `page().next` gave). */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  /** Include the bank's own `world-…` accounts. */
  readonly world?: boolean | undefined;
}

/** Items and where to go on: `next` is `undefined` at the end, else the `after` of the next call. */
export interface PageOf<Item, Cursor> {
  readonly items: readonly Item[];
  readonly next: Cursor | undefined;
}

/** An async iterator with a twin that gives one page (100 items unless `limit` says otherwise). */
export interface Listing<Item, Cursor> extends AsyncIterable<Item> {
  page(): Promise<PageOf<Item, Cursor>>;
}

/** A write that may be cancelled; `dryRun` decides and answers, and books nothing. */
export interface WriteOptions extends Annotations, Cancellable {
  readonly dryRun?: boolean | undefined;
}

export interface TransferManyOptions<Receipts extends boolean = boolean> extends Cancellable {
  /** All or none; the first refusal rejects with `details.index`. */
  readonly atomic?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  /** `false`: numbers alone are answered, in about half the time. */
  readonly receipts?: Receipts | undefined;
}

/** `from` absent: a deposit. `to` absent: a withdrawal. */
export interface MovementInput extends Omit<TransferInput, 'from' | 'to'> {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export type TransferResult = { readonly receipt: Receipt } | { readonly error: BankError };

/** What is answered with `receipts: false`: what the receipt says of the entry's number, and no more. */
export type NumberResult = Pick<Receipt, 'transfer' | 'replayed'> | { readonly error: BankError };

export type ManyResult<Receipts extends boolean> = Receipts extends false
  ? NumberResult
  : TransferResult;

/** One currency's sums at one consistent moment. `customers` + `world` = `sum` = 0. */
export interface CurrencyTotal {
  readonly currency: string;
  /** Customer accounts. */
  readonly accounts: number;
  readonly customers: Money;
  readonly world: Money;
  readonly sum: Money;
  readonly asOf: number;
}

/** A bank in a folder, open. Any number of processes may have the same one open. */
export interface Bank extends AsyncDisposable {
  readonly directory: string;
  readonly id: string;
  /** Default currency. */
  readonly currency: string;
  openAccount(
    input: OpenAccountInput & { dryRun?: boolean | undefined },
    options?: Cancellable,
  ): Promise<OpenedAccount>;
  deposit(id: string, amount: string | bigint, options?: WriteOptions): Promise<Receipt>;
  withdraw(id: string, amount: string | bigint, options?: WriteOptions): Promise<Receipt>;
  transfer(
    input: TransferInput & { dryRun?: boolean | undefined },
    options?: Cancellable,
  ): Promise<Receipt>;
  /** One result each, in order; deposits and withdrawals may be among them. */
  transferMany<Receipts extends boolean = true>(
    inputs: readonly MovementInput[],
    options?: TransferManyOptions<Receipts>,
  ): Promise<ManyResult<Receipts>[]>;
  account(id: string, options?: Cancellable): Promise<AccountInfo>;
  balance(id: string, options?: Cancellable): Promise<Balance>;
  history(id: string, options?: HistoryOptions): Listing<HistoryEntry, number>;
  accounts(options?: AccountsOptions): Listing<AccountInfo, string>;
  totals(options?: Cancellable): Promise<CurrencyTotal[]>;
  /** Holds both books against each other. Where they disagree, and that is seen twice, the bank is stopped. */
  verify(options?: VerifyOptions): Promise<Verification>;
  /** What waits to be posted, who is at the desk, how fast the bank grows. Books nothing, and reads little. */
  health(options?: Cancellable): Promise<Health>;
  /** Waits until the passbooks of `ids` (all that this process touched, if absent) show every answered entry. */
  posted(ids?: readonly string[], options?: Cancellable): Promise<void>;
  /** Answers what is under way, brings the passbooks up to date, and lets go of everything. */
  close(): Promise<void>;
}
