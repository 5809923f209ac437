import type { AccountStatus } from '../ledger/account.js';
import type { EntryType, Frozen } from '../ledger/entry.js';
import type { EntryFilterInput } from '../ledger/entry-filter.js';
import type { BankError } from '../ledger/errors.js';
import type { Money } from '../ledger/money.js';
import type { ChangeReceipt, HoldReceipt, Receipt } from '../ledger/receipt.js';
import type {
  Annotations,
  CaptureInput,
  CloseInput,
  FreezeInput,
  HoldInput,
  LimitInput,
  OpenAccountInput,
  RenameInput,
  ReverseInput,
  TransferInput,
} from '../ledger/request.js';
import type { Health } from '../store/health.js';
import type { Verification, VerifyOptions } from '../store/verify.js';
import type { AccountRun } from './account-run.js';
import type { ExchangeInput, ExchangeReceipt } from './exchange.js';
import type { FeeInput } from './fee.js';
import type { InterestInput } from './interest.js';
import type { Operation, OperationReceipt } from './operations.js';
import type { DueInput, DueRun, StandingOrder, StandingOrderInput } from './orders.js';

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
  /** The clock is right, be it more than 31 days ahead of the last entry: holds may end by it. */
  readonly acceptClock?: boolean;
  /** Runs standing orders that are due, now and each hour while the bank is open (`drovebank:due` tells what came of it). */
  readonly runDue?: boolean;
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
  /** How much may leave it at once, and in one day; `undefined`: any amount. */
  readonly transferLimit: Money | undefined;
  readonly dayLimit: Money | undefined;
  /** What it refuses while it is frozen: to give, or also to receive. */
  readonly refuses: Frozen | undefined;
  /** Open holds, oldest first. */
  readonly holds: readonly HoldInfo[];
  /** Rows in the account's passbook. */
  readonly entries: number;
}

/** Money that is set aside. */
export interface HoldInfo {
  /** `a10017.42`: the account, and the number of the entry that placed it. */
  readonly id: string;
  /** What is left of it. */
  readonly amount: Money;
  /** When it ends; `undefined`: when it is used or released. */
  readonly expiresAt: string | undefined;
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
  /** Bank-wide number of the last entry that this balance includes; of a past moment, of the account's last one. */
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

/** A question about now, or about a past moment. */
export interface AtOptions extends Cancellable {
  /**
   * As of this moment (a `Date`, `2026-11-20`: its first instant, or a time with its zone), or behind the transfer with
   * this number; what was booked then counts.
   */
  readonly at?: Date | string | number | undefined;
}

export interface HistoryOptions extends Cancellable, EntryFilterInput {
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

/** One entry of the bank, as both sides have it. Texts that were not given are ''. */
export interface EntryInfo {
  readonly transfer: number;
  readonly bookedAt: string;
  readonly type: EntryType;
  readonly amount: Money;
  /** The account that gave; `undefined` where one account changed alone. */
  readonly from: string | undefined;
  /** The account that received, that was opened, or that changed alone. */
  readonly to: string | undefined;
  readonly memo: string;
  readonly reference: string;
  readonly valueDate: string;
  readonly key: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface EntriesOptions extends Cancellable, EntryFilterInput {
  /** Booked from this moment on (inclusive), and up to this one (exclusive). */
  readonly from?: Date | string | undefined;
  readonly to?: Date | string | undefined;
  readonly limit?: number | undefined;
  /** Go on behind the transfer with this number (what `page().next` gave). */
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

/** Of a write: `dryRun` decides and answers, and books nothing. */
export interface Booked extends Cancellable {
  readonly dryRun?: boolean | undefined;
}

/** A write that may be cancelled. */
export interface WriteOptions extends Annotations, Booked {}

export interface BatchOptions extends Booked {
  /** All or none; the first refusal rejects with `details.index`. */
  readonly atomic?: boolean | undefined;
}

/** What a right PIN is answered with. */
export interface PinCheck {
  /** Rows of the passbook at the last right PIN, or when it was set: those behind it are new to its holder. */
  readonly seen: number;
}

/** One result of {@link Bank.batch}. */
export type OperationResult =
  | { readonly receipt: OperationReceipt }
  | { readonly error: BankError };

export interface TransferManyOptions<Receipts extends boolean = boolean> extends BatchOptions {
  /** `false`: numbers alone are answered, which take a quarter of the memory of what receipts are made from. */
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
  withdraw(
    id: string,
    amount: string | bigint,
    options?: WriteOptions & Pick<TransferInput, 'upTo'>,
  ): Promise<Receipt>;
  transfer(
    input: TransferInput & { dryRun?: boolean | undefined },
    options?: Cancellable,
  ): Promise<Receipt>;
  /**
   * One result each, in order; deposits and withdrawals may be among them. A receipt is made when it is looked at,
   * each time anew.
   */
  transferMany<Receipts extends boolean = true>(
    inputs: readonly MovementInput[],
    options?: TransferManyOptions<Receipts>,
  ): Promise<ManyResult<Receipts>[]>;
  /** Requests of any kind, one result each, in order; atomic ones are linked: all or none. */
  batch(operations: readonly Operation[], options?: BatchOptions): Promise<OperationResult[]>;
  /** Sets money aside: it is no longer available, and still the account's. */
  hold(id: string, amount: string | bigint, options?: HoldInput & Booked): Promise<HoldReceipt>;
  /** Moves what was set aside, or a part of it. */
  capture(hold: string, options?: CaptureInput & Booked): Promise<Receipt>;
  /** Gives back what was set aside. */
  release(hold: string, options?: WriteOptions): Promise<HoldReceipt>;
  /** Takes the transfer with this number back, by another one in the other direction; once. */
  reverse(transfer: number, options?: ReverseInput & Booked): Promise<Receipt>;
  freeze(id: string, options?: FreezeInput & Booked): Promise<ChangeReceipt>;
  unfreeze(id: string, options?: WriteOptions): Promise<ChangeReceipt>;
  /** Closes an account at zero, or sweeps what it has to another one. */
  closeAccount(id: string, options?: CloseInput & Booked): Promise<ChangeReceipt>;
  reopen(id: string, options?: WriteOptions): Promise<ChangeReceipt>;
  rename(id: string, options: RenameInput & Booked): Promise<ChangeReceipt>;
  limit(id: string, options: LimitInput & Booked): Promise<ChangeReceipt>;
  /** Moves money from an account of one currency to one of another, at a rate: two linked movements. */
  exchange(input: ExchangeInput): Promise<ExchangeReceipt>;
  /**
   * Pays each account what its balances at the end of each day earn, and charges what is owed. The same run asked
   * for again goes on where it was cut short, and pays nobody twice.
   */
  payInterest(input: InterestInput): Promise<AccountRun>;
  /** Charges each account a fee for a period; asked for again, it charges nobody twice. */
  chargeFee(input: FeeInput): Promise<AccountRun>;
  /** Gives a standing order: the same amount again and again, on the days that it names. */
  addStandingOrder(input: StandingOrderInput): Promise<StandingOrder>;
  /** All that nobody has ended; with `ended`, those as well. */
  standingOrders(options?: Cancellable & { ended?: boolean }): AsyncIterable<StandingOrder>;
  endStandingOrder(order: number, options?: Booked): Promise<StandingOrder>;
  /** Books what standing orders are due today, and were in the 31 days before: once, whoever runs it. */
  runDue(options?: DueInput): Promise<DueRun>;
  /**
   * Gives an account a PIN of four digits, in the place of the one that it has. It lies hashed, apart from both books.
   */
  setPin(id: string, pin: string, options?: Cancellable): Promise<void>;
  /**
   * Whether a PIN is the account's: counted before it is looked at, so that guesses count whoever makes them, and from
   * how many processes. @throws BankError PIN_WRONG, PIN_LOCKED
   */
  checkPin(id: string, pin: string, options?: Cancellable): Promise<PinCheck>;
  account(id: string, options?: Cancellable): Promise<AccountInfo>;
  balance(id: string, options?: AtOptions): Promise<Balance>;
  history(id: string, options?: HistoryOptions): Listing<HistoryEntry, number>;
  /** The bank's entries, the oldest first: all of them, or those that are searched for. */
  entries(options?: EntriesOptions): Listing<EntryInfo, number>;
  accounts(options?: AccountsOptions): Listing<AccountInfo, string>;
  totals(options?: AtOptions): Promise<CurrencyTotal[]>;
  /** Holds both books against each other. Where they disagree, and that is seen twice, the bank is stopped. */
  verify(options?: VerifyOptions): Promise<Verification>;
  /** What waits to be posted, who is at the desk, how fast the bank grows. Books nothing, and reads little. */
  health(options?: Cancellable): Promise<Health>;
  /** Waits until the passbooks of `ids` (all that this process touched, if absent) show every answered entry. */
  posted(ids?: readonly string[], options?: Cancellable): Promise<void>;
  /** Answers what is under way, brings the passbooks up to date, and lets go of everything. */
  close(): Promise<void>;
}
