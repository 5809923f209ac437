import type { Position } from '../format/position.js';
import type { Account } from '../ledger/account.js';
import { type AccountId, parseAccountId } from '../ledger/account-id.js';
import { type Decision, eachAccountOf } from '../ledger/decide.js';
import { assert, BankError, cancelledError } from '../ledger/errors.js';
import { type Receipt, toReceipt } from '../ledger/receipt.js';
import {
  type MoveRequest,
  type OpenAccountInput,
  type Request,
  readDeposit,
  readOpen,
  readTransfer,
  readWithdraw,
  type TransferInput,
} from '../ledger/request.js';
import type { Bookkeeper } from '../store/bookkeeper.js';
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
import { listAccounts, toAccountInfo } from './accounts.js';
import type * as api from './api.js';
import { listHistory } from './history.js';
import { sumTotals } from './totals.js';
import {
  type Answer,
  bookMany,
  type ManyOptions,
  withNumber,
  withReceipt,
} from './transfer-many.js';

/** How often an idle writer looks whether somebody else waits, should a watch have missed it. */
const ASIDE_LOOK_MS = 50;

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
  #aside: (() => void)[] = [];
  #reading: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(files: BankFiles) {
    const { directory, manifest, disk, system, log, passbooks, journal, digitsOf, poster } = files;
    this.#files = files;
    this.directory = directory;
    this.id = manifest.id;
    this.currency = manifest.currency;
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
      keys: new Keys(journal, digitsOf, JOURNAL_START),
      freshState: async () => {
        const checkpoint = await readCheckpoint(disk, directory);
        const opened = new Opened(journal, digitsOf, JOURNAL_START);
        return new LedgerState(manifest, passbooks, checkpoint, opened);
      },
      backlog: this.#posting,
      onLead: () => this.#lookAside(),
      requestsMax: QUEUE_REQUESTS_MAX,
    });
  }

  async openAccount(
    input: OpenAccountInput & { dryRun?: boolean | undefined },
    options: api.Cancellable = {},
  ): Promise<api.OpenedAccount> {
    const booking = new Booking(readOpen(input), input.dryRun === true, openedOf);
    return this.#submit(booking, options.signal);
  }

  deposit(id: string, amount: string | bigint, options: api.WriteOptions = {}): Promise<Receipt> {
    return rejecting(() =>
      this.#move(readDeposit(id, amount, options), options.dryRun, options.signal),
    );
  }

  withdraw(id: string, amount: string | bigint, options: api.WriteOptions = {}): Promise<Receipt> {
    return rejecting(() =>
      this.#move(readWithdraw(id, amount, options), options.dryRun, options.signal),
    );
  }

  transfer(
    input: TransferInput & { dryRun?: boolean | undefined },
    options: api.Cancellable = {},
  ): Promise<Receipt> {
    return rejecting(() => this.#move(readTransfer(input), input.dryRun, options.signal));
  }

  async transferMany<Receipts extends boolean = true>(
    inputs: readonly api.MovementInput[],
    options: api.TransferManyOptions<Receipts> = {},
  ): Promise<api.ManyResult<Receipts>[]> {
    const many: ManyOptions = { atomic: options.atomic === true, dryRun: options.dryRun === true };
    const answer: Answer<unknown> = options.receipts === false ? withNumber : withReceipt;
    const results = await this.#submit(bookMany(inputs, many, answer), options.signal);
    return results as api.ManyResult<Receipts>[];
  }

  async account(id: string, options: api.Cancellable = {}): Promise<api.AccountInfo> {
    const { account, digits } = await this.#look(parseAccountId(id), options.signal);
    return toAccountInfo(account, digits);
  }

  async balance(id: string, options: api.Cancellable = {}): Promise<api.Balance> {
    const { account, digits, asOf } = await this.#look(parseAccountId(id), options.signal);
    const { ledger, held, available } = toAccountInfo(account, digits);
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

  accounts(options: api.AccountsOptions = {}): api.Listing<api.AccountInfo, string> {
    const { signal } = options;
    return listAccounts(options, this.#files.digitsOf, {
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

  async totals(options: api.Cancellable = {}): Promise<api.CurrencyTotal[]> {
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
      for (const stop of this.#aside) stop();
      await this.#files.log.close();
    }
  }

  #move(request: MoveRequest, dryRun: boolean | undefined, signal: AbortSignal | undefined) {
    return this.#submit(new Booking(request, dryRun === true, receiptOf), signal);
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

/** One request to be booked. A class, and its answers no closures: each request makes one. */
class Booking<T> implements Task<T> {
  readonly books: boolean;
  readonly size = 1;
  readonly keys: readonly string[];
  readonly #request: Request;
  readonly #answer: (book: Bookkeeper, decision: Decision) => T;

  constructor(
    request: Request,
    dryRun: boolean,
    answer: (book: Bookkeeper, decision: Decision) => T,
  ) {
    this.books = !dryRun;
    this.keys = request.key === '' || request.freshKey ? NO_KEYS : [request.key];
    this.#request = request;
    this.#answer = answer;
  }

  eachId(state: LedgerState, each: (id: AccountId) => void): void {
    eachAccountOf(state, this.#request, each);
  }

  run(book: Bookkeeper): T {
    return this.books ? this.#book(book) : book.dryly(() => this.#book(book));
  }

  #book(book: Bookkeeper): T {
    return this.#answer(book, book.book(this.#request));
  }
}

const NO_KEYS: readonly string[] = [];

function receiptOf(book: Bookkeeper, { entry, replayed }: Decision): Receipt {
  return toReceipt(entry, book.digitsOf(entry.currency), replayed);
}

function openedOf(book: Bookkeeper, { entry, replayed }: Decision): api.OpenedAccount {
  assert(entry.credit !== undefined, 'an account was opened without a leg');
  const { transfer, bookedAt, currency } = entry;
  const info = toAccountInfo(book.opened(entry), book.digitsOf(currency));
  return Object.freeze({ ...info, transfer, bookedAt, replayed });
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
