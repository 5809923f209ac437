import type { Position } from '../format/position.js';
import { type Account, withoutOverdue } from '../ledger/account.js';
import { type AccountId, parseAccountId, parseCustomerId } from '../ledger/account-id.js';
import { eachAccountOf } from '../ledger/decide.js';
import { BankError, cancelledError, refuseCancelled } from '../ledger/errors.js';
import { HOLDS_MAX, overdueAt } from '../ledger/hold.js';
import type { ChangeReceipt, HoldReceipt, Receipt } from '../ledger/receipt.js';
import {
  type CaptureInput,
  type ChangeRequest,
  type CloseInput,
  type FreezeInput,
  type HoldInput,
  type LimitInput,
  type OpenAccountInput,
  type RenameInput,
  type Request,
  type ReverseInput,
  readCapture,
  readClose,
  readDeposit,
  readFlag,
  readFreeze,
  readHold,
  readLimit,
  readOpen,
  readOrder,
  readRelease,
  readRename,
  readReopen,
  readReverse,
  readTransfer,
  readUnfreeze,
  readWithdraw,
  type TransferInput,
  usedKeys,
  withKey,
} from '../ledger/request.js';
import { readPin } from '../ledger/text.js';
import type { Bookkeeper } from '../store/bookkeeper.js';
import { channels } from '../store/channels.js';
import { readCheckpoint } from '../store/checkpoint.js';
import { damaged } from '../store/damage.js';
import { asBankError } from '../store/disk-error.js';
import { GroupCommit, type Task } from '../store/group-commit.js';
import { examine, type Health } from '../store/health.js';
import { JOURNAL_START } from '../store/journal.js';
import { Keys } from '../store/keys.js';
import { LedgerState } from '../store/ledger-state.js';
import { QUEUE_REQUESTS_MAX } from '../store/limits.js';
import { Opened } from '../store/opened.js';
import { PastBooks } from '../store/past.js';
import { Pins } from '../store/pins.js';
import { Posting } from '../store/posting.js';
import { Roster } from '../store/roster.js';
import { RosterIndex } from '../store/roster-index.js';
import type { BankFiles } from '../store/store.js';
import {
  bookProblem,
  type Verification,
  type VerifyOptions,
  verifyFiles,
} from '../store/verify.js';
import { unreadToo } from '../store/verify-passbook.js';
import type { AccountRun, RunFiles } from './account-run.js';
import { listAccounts, toAccountInfo, toBalance } from './accounts.js';
import type * as api from './api.js';
import {
  type Answer,
  bookMany,
  type ManyOptions,
  readMovement,
  withNumber,
  withReceipt,
} from './book-many.js';
import { listEntries } from './entries.js';
import { type ExchangeInput, type ExchangeReceipt, exchange } from './exchange.js';
import { chargeFee, type FeeInput } from './fee.js';
import { listHistory } from './history.js';
import { type InterestInput, payInterest } from './interest.js';
import { whyNotOpen } from './lost-hold.js';
import {
  type Operation,
  type OperationReceipt,
  operationReceipt,
  readOperation,
} from './operations.js';
import {
  addOrder,
  type DueInput,
  type DueRun,
  type DueTransfer,
  endedError,
  endOrder,
  everyOrder,
  type OrderBooks,
  runDue,
  type StandingOrder,
  type StandingOrderInput,
} from './orders.js';
import { pastBalance, pastTotals, readPast } from './past.js';
import { sumTotals } from './totals.js';

/** How often an idle writer looks whether somebody else waits, should a watch have missed it. */
const ASIDE_LOOK_MS = 50;
/** How often an open bank that runs standing orders looks whether some are due. */
const DUE_LOOK_MS = 3_600_000;

/** The verbs on one open bank. */
export class OpenedBank implements api.Bank {
  readonly directory: string;
  readonly id: string;
  readonly currency: string;
  readonly #files: BankFiles;
  readonly #commit: GroupCommit;
  readonly #posting: Posting;
  readonly #roster: Roster;
  readonly #index: RosterIndex;
  readonly #pins: Pins;
  readonly #acceptClock: boolean;
  #aside: (() => void)[] = [];
  #stopDue = () => {};
  #reading: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(files: BankFiles, options: Pick<api.OpenBankOptions, 'acceptClock' | 'runDue'> = {}) {
    const { directory, manifest, disk, system, log, passbooks, journal, digitsOf, poster } = files;
    this.#files = files;
    this.#acceptClock = readFlag(options.acceptClock, 'acceptClock');
    this.directory = directory;
    this.id = manifest.id;
    this.currency = manifest.currency;
    this.#pins = new Pins(files);
    this.#roster = new Roster(files);
    this.#index = new RosterIndex(files);
    this.#posting = new Posting({
      disk,
      system,
      directory,
      poster,
      queue: files.posterQueue,
      startThread: files.startPoster,
      onPosted: (transfer) => this.#commit.state?.posted(transfer),
      show: async (transfer) => {
        const shown = await log.shown();
        if ((shown?.transfer ?? 0) < transfer) await this.#commit.leadAnew();
      },
      refuseDamaged: async () => {
        await log.owner();
        await files.stations.poster.desks.find(); // Without a desk nobody posts, and nobody says so.
      },
    });
    this.#commit = new GroupCommit({
      disk,
      system,
      directory,
      log,
      keys: new Keys(journal, digitsOf, JOURNAL_START, files),
      freshState: async () => {
        const checkpoint = await readCheckpoint(disk, directory);
        const opened = new Opened(journal, digitsOf, JOURNAL_START);
        return new LedgerState(manifest, passbooks, checkpoint, opened);
      },
      backlog: this.#posting,
      onLead: () => this.#lookAside(),
      acceptClock: this.#acceptClock,
      requestsMax: QUEUE_REQUESTS_MAX,
    });
    if (readFlag(options.runDue, 'runDue')) this.#runDueHourly();
  }

  async openAccount(
    input: OpenAccountInput & { dryRun?: boolean | undefined },
    options: api.Cancellable = {},
  ): Promise<api.OpenedAccount> {
    const request = readOpen(input);
    return this.#book(request, { dryRun: input.dryRun, signal: options.signal });
  }

  deposit(id: string, amount: string | bigint, options: api.WriteOptions = {}): Promise<Receipt> {
    return rejecting(() => this.#book(readDeposit(id, amount, options), options));
  }

  withdraw(
    id: string,
    amount: string | bigint,
    options: api.WriteOptions & Pick<TransferInput, 'upTo'> = {},
  ): Promise<Receipt> {
    return rejecting(() => this.#book(readWithdraw(id, amount, options), options));
  }

  transfer(
    input: TransferInput & { dryRun?: boolean | undefined },
    options: api.Cancellable = {},
  ): Promise<Receipt> {
    return rejecting(() => {
      const request = readTransfer(input);
      return this.#book(request, { dryRun: input.dryRun, signal: options.signal });
    });
  }

  hold(
    id: string,
    amount: string | bigint,
    options: HoldInput & api.Booked = {},
  ): Promise<HoldReceipt> {
    return rejecting(() => this.#book(readHold(id, amount, options), options));
  }

  capture(hold: string, options: CaptureInput & api.Booked = {}): Promise<Receipt> {
    return this.#onHold(() => this.#book(readCapture(hold, options), options));
  }

  release(hold: string, options: api.WriteOptions = {}): Promise<HoldReceipt> {
    return this.#onHold(() => this.#book(readRelease(hold, options), options));
  }

  /** Says more of a hold that is not open. */
  async #onHold<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const now = new Date(this.#files.system.now()).toISOString();
      throw await this.#inPast(() => whyNotOpen(this.#files, error, () => this.#head(), now));
    }
  }

  reverse(transfer: number, options: ReverseInput & api.Booked = {}): Promise<Receipt> {
    return rejecting(() => this.#book(readReverse(transfer, options), options));
  }

  freeze(id: string, options: FreezeInput & api.Booked = {}): Promise<ChangeReceipt> {
    return rejecting(() => this.#change(readFreeze(id, options), options));
  }

  unfreeze(id: string, options: api.WriteOptions = {}): Promise<ChangeReceipt> {
    return rejecting(() => this.#change(readUnfreeze(id, options), options));
  }

  closeAccount(id: string, options: CloseInput & api.Booked = {}): Promise<ChangeReceipt> {
    return rejecting(() => this.#change(readClose(id, options), options));
  }

  reopen(id: string, options: api.WriteOptions = {}): Promise<ChangeReceipt> {
    return rejecting(() => this.#change(readReopen(id, options), options));
  }

  rename(id: string, options: RenameInput & api.Booked = {}): Promise<ChangeReceipt> {
    return rejecting(() => this.#change(readRename(id, options), options));
  }

  limit(id: string, options: LimitInput & api.Booked = {}): Promise<ChangeReceipt> {
    return rejecting(() => this.#change(readLimit(id, options), options));
  }

  async transferMany<Receipts extends boolean = true>(
    inputs: readonly api.MovementInput[],
    options: api.TransferManyOptions<Receipts> = {},
  ): Promise<api.ManyResult<Receipts>[]> {
    const how = { ...howMany(options), read: readMovement, name: 'Transfer' };
    const answer: Answer<unknown> = options.receipts === false ? withNumber : withReceipt;
    const results = await this.#submit(bookMany(inputs, how, answer), options.signal);
    return results as api.ManyResult<Receipts>[];
  }

  async batch(
    operations: readonly Operation[],
    options: api.BatchOptions = {},
  ): Promise<api.OperationResult[]> {
    const how = { ...howMany(options), read: readOperation, name: 'Operation' };
    return this.#submit(bookMany(operations, how, withOperationReceipt), options.signal);
  }

  exchange(input: ExchangeInput): Promise<ExchangeReceipt> {
    return exchange(this, input);
  }

  payInterest(input: InterestInput): Promise<AccountRun> {
    return this.#inPast(() => payInterest(this, this.#runFiles(), input));
  }

  chargeFee(input: FeeInput): Promise<AccountRun> {
    return this.#inPast(() => chargeFee(this, this.#runFiles(), input));
  }

  addStandingOrder(input: StandingOrderInput): Promise<StandingOrder> {
    return addOrder(this, this.#orderBooks(), input);
  }

  async *standingOrders(
    options: api.Cancellable & { ended?: boolean } = {},
  ): AsyncGenerator<StandingOrder> {
    const ended = readFlag(options.ended, 'ended');
    for await (const order of everyOrder(this.#orderBooks(), ended)) {
      refuseCancelled(options.signal);
      yield order;
    }
  }

  endStandingOrder(order: number, options: api.Booked = {}): Promise<StandingOrder> {
    return endOrder(this.#orderBooks(), order, options);
  }

  runDue(options: DueInput = {}): Promise<DueRun> {
    return runDue(this.#orderBooks(), options);
  }

  /** Whoever has a bank open may do so, and all at once: each day that is due is booked once. */
  #runDueHourly(): void {
    const { directory } = this;
    const run = () => {
      this.runDue().then(
        (outcome) => channels.due.publish({ directory, ...outcome }),
        (error) => this.#closing ?? channels.due.publish({ directory, error }),
      );
    };
    this.#stopDue = this.#files.system.every(DUE_LOOK_MS, run);
    run();
  }

  #orderBooks(): OrderBooks {
    const { system, digitsOf } = this.#files;
    return {
      now: () => system.now(),
      acceptClock: this.#acceptClock,
      digitsOf,
      byKeys: (keys) => {
        const run = (_: Bookkeeper, state: LedgerState) => keys.map((key) => state.entryOfKey(key));
        const size = keys.length;
        return this.#submit({ books: false, size, eachId: () => {}, keys, run }, undefined);
      },
      note: (kind, id, said, key, options) =>
        this.#change(withKey(readOrder(kind, id, said), key), options),
      transfer: (due, { dryRun, signal }) => {
        const how: ManyOptions<DueTransfer> = {
          ...{ atomic: false, dryRun: readFlag(dryRun, 'dryRun'), name: 'Transfer' },
          read: ({ input, key }) => withKey(readTransfer(input), key),
          unless: ({ order, endKey }, state) =>
            state.entryOfKey(endKey) === undefined ? undefined : endedError(order),
          asks: due.map(({ endKey }) => endKey),
        };
        return this.#submit(bookMany(due, how, withOperationReceipt), signal);
      },
      lastBookedAt: () => this.#now(({ bookedAt }) => bookedAt),
    };
  }

  #runFiles(): RunFiles {
    const { system, digitsOf } = this.#files;
    const books = async (signal: AbortSignal | undefined) => {
      await this.posted([], { signal });
      const { transfer } = await this.#head(signal);
      return PastBooks.at(this.#files, { transfer }, () => this.#head(signal));
    };
    return { now: () => system.now(), digitsOf, books };
  }

  async setPin(id: string, pin: string, { signal }: api.Cancellable = {}): Promise<void> {
    const account = parseCustomerId(id);
    const read = readPin(pin);
    const { entries } = await this.account(account, { signal });
    await told(() => this.#pins.set(account, read, entries));
  }

  async checkPin(id: string, pin: string, { signal }: api.Cancellable = {}): Promise<api.PinCheck> {
    const account = parseCustomerId(id);
    const read = readPin(pin);
    const { entries } = await this.account(account, { signal });
    const seen = await told(() => this.#pins.check(account, read, entries));
    return Object.freeze({ seen });
  }

  async account(id: string, options: api.Cancellable = {}): Promise<api.AccountInfo> {
    const { account, digits } = await this.#lookNow(parseAccountId(id), options.signal);
    return toAccountInfo(account, digits);
  }

  async balance(id: string, options: api.AtOptions = {}): Promise<api.Balance> {
    if (options.at !== undefined) {
      const [parsed, past] = [parseAccountId(id), readPast(options.at)];
      await this.#look(parsed, options.signal);
      return this.#inPast(() => pastBalance(this.#files, parsed, past, () => this.#head()));
    }
    const { account, digits, asOf } = await this.#lookNow(parseAccountId(id), options.signal);
    const { ledger, held, available } = toBalance(account, digits);
    return Object.freeze({ ledger, held, available, asOf });
  }

  history(id: string, options: api.HistoryOptions = {}): api.Listing<api.HistoryEntry, number> {
    const account = parseAccountId(id);
    const known = () => this.#look(account, options.signal);
    const head = () => this.#head(options.signal);
    return listHistory(this.#files, account, options, known, head, (error, look) =>
      this.#commit.confirmDamage(error, look),
    );
  }

  entries(options: api.EntriesOptions = {}): api.Listing<api.EntryInfo, number> {
    return listEntries(this.#files, options, () => this.#head(options.signal));
  }

  accounts(options: api.AccountsOptions = {}): api.Listing<api.AccountInfo, string> {
    const { signal } = options;
    return listAccounts(options, this.#files, {
      all: () => this.#readRoster(signal),
      index: {
        ids: (head, moment, question) =>
          this.#inTurn(
            () => this.#index.ids(head, moment, question),
            signal,
            // By then the journal may go on in another segment.
            async () => this.#index.ids(await this.#head(signal), moment, question),
          ),
      },
      head: () => this.#head(signal),
      look: (ids) => this.#lookAt(ids, signal),
    });
  }

  async totals(options: api.AtOptions = {}): Promise<api.CurrencyTotal[]> {
    if (options.at !== undefined) {
      const [past, { signal }] = [readPast(options.at), options];
      return this.#inPast(() => pastTotals(this.#files, past, () => this.#head(signal), signal));
    }
    const accounts = await this.#readRoster(options.signal);
    return sumTotals(accounts, this.#files.digitsOf, this.#roster.transfer);
  }

  async verify(options: VerifyOptions = {}): Promise<Verification> {
    await this.#head(options.signal);
    let found: Verification | undefined;
    const look = async (): Promise<void> => {
      found = await told(() => verifyFiles(this.#files, options, unreadToo(this.directory)));
      const problem = bookProblem(found);
      if (problem) throw damaged(problem.file, problem.what);
    };
    try {
      await look();
    } catch (error) {
      await this.#commit.confirmDamage(error, look);
      if (found === undefined) throw error;
    }
    return found as Verification;
  }

  async health(options: api.Cancellable = {}): Promise<Health> {
    const read = ({ position, bookedAt }: LedgerState) => ({ position, bookedAt });
    const { position, bookedAt } = await this.#now(read, options.signal);
    return told(() => examine(this.#files, position, bookedAt), options.signal);
  }

  async posted(ids: readonly string[] = [], options: api.Cancellable = {}): Promise<void> {
    const accounts = ids.map(parseAccountId);
    const { transfer } = await this.#head(options.signal);
    await told(() => this.#posting.flush(transfer, accounts, options.signal), options.signal);
  }

  close(): Promise<void> {
    this.#closing ??= told(() => this.#close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    try {
      await this.#commit.close();
      await this.#posting.close(this.#commit.state?.position.transfer ?? 0);
    } finally {
      this.#stopDue();
      for (const stop of this.#aside) stop();
      await this.#files.log.close();
    }
  }

  #change(request: ChangeRequest, options: api.Booked): Promise<ChangeReceipt> {
    return this.#book(request, options);
  }

  /** Each kind of request is answered with its own kind of receipt. */
  #book<Answer extends OperationReceipt>(
    request: Request,
    { dryRun, signal }: api.Booked,
  ): Promise<Answer> {
    const booking = new Booking(request, readFlag(dryRun, 'dryRun'));
    return this.#submit(booking as unknown as Task<Answer>, signal);
  }

  #submit<T>(task: Task<T>, signal: AbortSignal | undefined): Promise<T> {
    return this.#commit.submit(task, signal);
  }

  /** Who has led once may still lead when it is idle: it hears of others who want to. */
  #lookAside(): void {
    if (this.#aside.length > 0) return;
    const { disk, system, writerQueue } = this.#files;
    const aside = () => this.#commit.lookAside();
    this.#aside = [disk.watch(writerQueue.folder, aside), system.every(ASIDE_LOOK_MS, aside)];
  }

  /**
   * An account as it stands, without holds whose time is over. They end by entries, which whoever looks books
   * first; who may not, or can't, is told what they will leave.
   */
  async #lookNow(id: AccountId, signal: AbortSignal | undefined) {
    const seen = await this.#look(id, signal);
    const now = new Date(this.#files.system.now()).toISOString();
    if (!overdueAt(seen.account.terms.holds, now)) return seen;
    try {
      await this.#submit(
        {
          books: true,
          size: HOLDS_MAX,
          eachId: (_, each) => each(id),
          keys: [],
          run: (book) => book.expire(id),
        },
        signal,
      );
    } catch (error) {
      if (!(error instanceof BankError) || !UNABLE.includes(error.code)) throw error;
      const isTrusted = error.code !== 'CLOCK_AHEAD';
      return isTrusted ? { ...seen, account: withoutOverdue(seen.account, now) } : seen;
    }
    return this.#look(id, signal);
  }

  /** An account as it stands. @throws BankError ACCOUNT_NOT_FOUND */
  #look(id: AccountId, signal: AbortSignal | undefined) {
    return this.#submit<{ account: Account; digits: number; asOf: number }>(
      {
        books: false,
        size: 1,
        eachId: (_, each) => each(id),
        keys: [],
        run: (book) => {
          const account = book.account(id);
          if (account === undefined) {
            throw new BankError('ACCOUNT_NOT_FOUND', `There is no account ${id}.`, {
              details: { id },
            });
          }
          const asOf = Math.max(book.transfer, account.transfer);
          return { account, digits: book.digitsOf(account.currency), asOf };
        },
      },
      signal,
    );
  }

  /** The newest position that counts. */
  #head(signal?: AbortSignal): Promise<Position> {
    return this.#now(({ position }) => position, signal);
  }

  /** What `read` makes of the state as it is now, of no account. */
  #now<T>(read: (state: LedgerState) => T, signal?: AbortSignal): Promise<T> {
    const run = (_: Bookkeeper, state: LedgerState) => read(state);
    return this.#submit({ books: false, size: 0, eachId: () => {}, keys: [], run }, signal);
  }

  /** Those of some accounts that there are, as they stand. */
  #lookAt(ids: readonly AccountId[], signal: AbortSignal | undefined) {
    return this.#submit<{ accounts: Account[]; moment: number }>(
      {
        books: false,
        size: ids.length,
        eachId: (_, each) => ids.forEach(each),
        keys: [],
        run: (book) => {
          const accounts = ids.map((id) => book.account(id));
          const moment = book.transfer;
          return { accounts: accounts.filter((account) => account !== undefined), moment };
        },
      },
      signal,
    );
  }

  /** Reads passbooks as they were; what looks like damage is looked at again, with the desk in hand. */
  async #inPast<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await told(read);
    } catch (error) {
      await this.#commit.confirmDamage(error, read);
      throw error;
    }
  }

  #readRoster(signal: AbortSignal | undefined): Promise<ReadonlyMap<AccountId, Account>> {
    return this.#inTurn(() => this.#roster.read(() => this.#head(signal)), signal);
  }

  /** One at a time: what is known of all accounts is brought up to date in place. */
  #inTurn<T>(
    read: () => Promise<T>,
    signal: AbortSignal | undefined,
    again: () => Promise<unknown> = read,
  ): Promise<T> {
    const next = this.#reading
      .catch(() => {})
      .then(() => told(read, signal))
      .catch(async (error) => {
        await this.#commit.confirmDamage(error, again);
        throw error;
      });
    this.#reading = next;
    return next;
  }
}

const withOperationReceipt: Answer<{ readonly receipt: OperationReceipt }> = (book, decision) => ({
  receipt: operationReceipt(book, decision),
});

/** One request to be booked. A class, and its answers no closures: each request makes one. */
class Booking implements Task<OperationReceipt> {
  readonly books: boolean;
  readonly size = 1;
  readonly keys: readonly string[];
  readonly #request: Request;

  constructor(request: Request, dryRun: boolean) {
    this.books = !dryRun;
    this.keys = usedKeys(request);
    this.#request = request;
  }

  get reverses(): readonly number[] | undefined {
    return this.#request.kind === 'reverse' ? [this.#request.transfer] : undefined;
  }

  eachId(state: LedgerState, each: (id: AccountId) => void): void {
    eachAccountOf(state, this.#request, each);
  }

  run(book: Bookkeeper): OperationReceipt | Promise<OperationReceipt> {
    return this.books ? this.#book(book) : book.dryly(() => this.#book(book));
  }

  #book(book: Bookkeeper): OperationReceipt {
    return operationReceipt(book, book.book(this.#request));
  }
}

/** Why an entry that is due may be left to somebody else. */
const UNABLE: readonly string[] = [
  ...['BANK_READ_ONLY', 'NO_PERMISSION', 'DISK_FULL', 'BANK_BUSY', 'CLOCK_AHEAD'],
];

function howMany({ atomic, dryRun }: api.BatchOptions) {
  return { atomic: readFlag(atomic, 'atomic'), dryRun: readFlag(dryRun, 'dryRun') };
}

/** What is wrong with a request in itself rejects as well: who asks has one place to look at. */
function rejecting<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Runs what reads or writes files; its failures are told as the refusals that they mean. */
export async function told<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted) throw cancelledError(signal);
    throw asBankError(error);
  }
}
