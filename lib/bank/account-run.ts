/**
 * One movement for each of many accounts, as a run that may be cut short anywhere and started again: what is booked
 * has a key that is made of the run and the account, and is never booked twice.
 */
import type { PassbookRow } from '../format/passbook-page.js';
import { type AccountId, isWorldId, parseCustomerId } from '../ledger/account-id.js';
import { BankError, refuseCancelled } from '../ledger/errors.js';
import { formatMinor, type Money, toMoney } from '../ledger/money.js';
import type { Receipt } from '../ledger/receipt.js';
import { given, readCurrency, readFlag } from '../ledger/request.js';
import { emptyText, readText, shown, TEXT_LENGTH_MAX } from '../ledger/text.js';
import type { PastBooks } from '../store/past.js';
import type { Bank, Booked, OperationResult } from './api.js';
import { cutShort } from './cut-short.js';
import type { Operation } from './operations.js';

/** Accounts that are read, and then booked at once. */
const ACCOUNTS_AT_ONCE = 2_000;
const NAME_LENGTH_MAX = 40;

/** What all runs are asked with. */
export interface AccountRunInput extends Booked {
  /** Names the run, so that two of one period are told apart. */
  readonly name?: string | undefined;
  /** Accounts of this currency; the bank's default unless given. */
  readonly currency?: string | undefined;
  /** The bank's own side: an account of the same currency; the outside unless given. */
  readonly account?: string | undefined;
  /** Whose; all customers of the currency unless given, but for `account`. */
  readonly accounts?: readonly string[] | undefined;
  readonly memo?: string | undefined;
  /** Called now and then. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
  /** Called for each account that something was booked for, or refused. */
  readonly onResult?: ((result: AccountRunResult) => void) | undefined;
}

/** What became of one account. */
export interface AccountRunResult {
  readonly id: string;
  readonly amount: Money;
  /** `in`: the account received it. */
  readonly direction: 'in' | 'out';
  readonly receipt: Receipt | undefined;
  readonly error: BankError | undefined;
}

export interface RunSum {
  readonly accounts: number;
  readonly sum: Money;
}

/** A run, from its first account to its last. */
export interface AccountRun {
  /** Accounts that were looked at. */
  readonly accounts: number;
  /** Those that received something, and those that gave; also what an earlier run had booked. */
  readonly paid: RunSum;
  readonly charged: RunSum;
  /** How many of both an earlier run had booked. */
  readonly replayed: number;
  readonly refused: number;
}

/** How a bank reads its past, and what it knows of currencies. */
export interface RunFiles {
  readonly now: () => number;
  readonly digitsOf: (currency: string) => number | undefined;
  /** The books up to the last entry, posted. */
  readonly books: (signal: AbortSignal | undefined) => Promise<PastBooks>;
}

/** What a run does with each account. */
interface Plan {
  /** The period that it is for: with the run's name and the account, the key of what is booked. */
  readonly key: string;
  readonly memo: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Accounts give what they have, where that is less. */
  readonly upTo: boolean;
  /**
   * What an account receives (below zero: gives), by its rows, newest first: each time the same. `undefined`: it has
   * no part in the run; an error: why it gets nothing.
   */
  readonly amountFor: (
    rows: AsyncGenerator<PassbookRow>,
  ) => Promise<bigint | undefined | BankError>;
}

interface Planned {
  readonly id: AccountId;
  /** What the account receives; below zero: what it gives. */
  readonly minor: bigint;
}

/** What the accounts of a run are told apart by, read at the door. */
export interface ReadRun {
  /** What the keys of all that it books begin with. */
  readonly prefix: string;
  readonly currency: string;
  readonly account: AccountId | undefined;
  readonly accounts: readonly AccountId[] | undefined;
  readonly memo: string | undefined;
  readonly dryRun: boolean;
}

/** @throws BankError for what is wrong with it in itself */
export function readRun(bank: Bank, input: AccountRunInput, kind: string): ReadRun {
  const { account, accounts, currency, name, memo, onProgress, onResult } = given(input);
  const named = name === undefined ? kind : readText(name, 'name', NAME_LENGTH_MAX);
  if (named === '' || named.includes('/')) {
    if (named === '') throw emptyText('name');
    throw new BankError('INVALID_TEXT', `The name ${shown(named)} has a slash.`, {
      details: { field: 'name' },
      hint: 'Take it out.',
    });
  }
  if (accounts !== undefined && !Array.isArray(accounts)) {
    throw new BankError('INVALID_TEXT', 'The accounts are no list of ids.', {
      hint: 'Give an array.',
    });
  }
  for (const [what, call] of Object.entries({ onProgress, onResult })) {
    if (call === undefined || typeof call === 'function') continue;
    throw new BankError('INVALID_TEXT', `${what} is ${shown(call)}, and no function.`, {
      details: { field: what },
      hint: 'Give a function, or leave it out.',
    });
  }
  return {
    prefix: name === undefined ? kind : `${kind}-${named}`,
    currency: currency === undefined ? bank.currency : readCurrency(currency),
    account: account === undefined ? undefined : parseCustomerId(account),
    accounts: accounts && [...new Set(Array.from(accounts, parseCustomerId))],
    memo: memo === undefined ? undefined : readText(memo, 'memo', TEXT_LENGTH_MAX.memo),
    dryRun: readFlag(input.dryRun, 'dryRun'),
  };
}

/** @throws BankError INVALID_CURRENCY, ACCOUNT_NOT_FOUND, CURRENCY_MISMATCH */
export async function digitsOfRun(
  bank: Bank,
  { digitsOf }: Pick<RunFiles, 'digitsOf'>,
  { currency, account }: ReadRun,
): Promise<number> {
  const digits = digitsOf(currency);
  if (digits === undefined) {
    throw new BankError('INVALID_CURRENCY', `${currency} is no active ISO 4217 currency.`, {
      details: { currency },
    });
  }
  const own = account === undefined ? undefined : await bank.account(account);
  if (own === undefined || own.currency === currency) return digits;
  throw new BankError(
    'CURRENCY_MISMATCH',
    `${own.id} is in ${own.currency}, the run in ${currency}.`,
    {
      details: { id: own.id, currency },
    },
  );
}

/** Books for each account what the plan makes of its rows. */
export async function runAccounts(
  bank: Bank,
  run: ReadRun,
  { files, digits }: { readonly files: RunFiles; readonly digits: number },
  input: AccountRunInput,
  { key, memo, metadata, upTo, amountFor }: Plan,
): Promise<AccountRun> {
  const { signal, onProgress } = input;
  const books = await files.books(signal);
  const count = new Counts(run.currency, digits, upTo, input.onResult);
  const ids = run.accounts ?? (await everyCustomer(books, run.account));
  let booking: Promise<void> = Promise.resolve();
  try {
    await all();
  } catch (error) {
    await booking.catch(() => undefined); // What is under way is booked or not, and told.
    const again = 'Ask for the same run again: it goes on, and books nothing twice.';
    throw cutShort(error, count.booked, 'accounts', again);
  }
  return count.run();

  async function all(): Promise<void> {
    for (let at = 0; at < ids.length; at += ACCOUNTS_AT_ONCE) {
      const planned: Planned[] = [];
      for (const id of ids.slice(at, at + ACCOUNTS_AT_ONCE)) {
        refuseCancelled(signal);
        const rows = books.rowsBack(id);
        const minor = await amountFor(rows);
        await rows.return(undefined);
        if (minor === undefined) {
          if (run.accounts) count.refuse(id, notThere(id, run.currency));
          continue;
        }
        count.accounts++;
        if (minor instanceof BankError) count.refuse(id, minor);
        else if (minor !== 0n) planned.push({ id, minor });
      }
      // The next ones are read while these are booked.
      await booking;
      booking = book(planned, Math.min(at + ACCOUNTS_AT_ONCE, ids.length));
      booking.catch(() => undefined); // Told when it is waited for.
    }
    await booking;
  }

  async function book(planned: readonly Planned[], done: number): Promise<void> {
    const said = { memo: run.memo ?? memo, metadata };
    const keyOf = (id: AccountId) => `${run.prefix}/${key}/${id}`;
    const operations = planned.map((one) => {
      const amount = formatMinor(one.minor < 0n ? -one.minor : one.minor, digits);
      return operationFor(one, amount, run, upTo, { ...said, idempotencyKey: keyOf(one.id) });
    });
    const results = await bank.batch(operations, { dryRun: run.dryRun, signal });
    for (const [index, result] of results.entries()) count.add(planned[index] as Planned, result);
    onProgress?.(done, ids.length);
  }
}

async function everyCustomer(books: PastBooks, own: AccountId | undefined): Promise<AccountId[]> {
  const ids: AccountId[] = [];
  for await (const id of books.ids()) if (!isWorldId(id) && id !== own) ids.push(id);
  return ids;
}

/** Why an account that was named has no part in a run. */
function notThere(id: AccountId, currency: string): BankError {
  return new BankError('ACCOUNT_NOT_FOUND', `There is no open account ${id} in ${currency}.`, {
    details: { id, currency },
  });
}

function operationFor(
  { id, minor }: Planned,
  amount: string,
  { account }: ReadRun,
  upTo: boolean,
  said: object,
): Operation {
  if (account === undefined) {
    return minor > 0n
      ? { op: 'deposit', id, amount, ...said }
      : { op: 'withdraw', id, amount, upTo, ...said };
  }
  const [from, to] = minor > 0n ? [account, id] : [id, account];
  return { op: 'transfer', from, to, amount, upTo: upTo && minor < 0n, ...said };
}

class Counts {
  accounts = 0;
  readonly #currency: string;
  readonly #digits: number;
  readonly #upTo: boolean;
  readonly #onResult: AccountRunInput['onResult'];
  readonly #in = { accounts: 0, minor: 0n };
  readonly #out = { accounts: 0, minor: 0n };
  #replayed = 0;
  #refused = 0;

  constructor(
    currency: string,
    digits: number,
    upTo: boolean,
    onResult: AccountRunInput['onResult'],
  ) {
    this.#upTo = upTo;
    this.#currency = currency;
    this.#digits = digits;
    this.#onResult = onResult;
  }

  add({ id, minor }: Planned, result: OperationResult): void {
    const side = minor > 0n ? this.#in : this.#out;
    const receipt = 'receipt' in result ? (result.receipt as Receipt) : undefined;
    const error = 'error' in result ? result.error : undefined;
    // Of what is taken only as far as it is there, the receipt knows how much it was.
    const moved = receipt?.amount.minor ?? (minor < 0n ? -minor : minor);
    if (receipt) {
      side.accounts++;
      side.minor += moved;
      if (receipt.replayed) this.#replayed++;
    } else if (this.#upTo && error?.code === 'INSUFFICIENT_FUNDS') {
      return; // It has nothing: as far as it goes, that was all.
    } else {
      this.#refused++;
    }
    const direction = minor > 0n ? 'in' : 'out';
    this.#onResult?.({ id, amount: this.#money(moved), direction, receipt, error });
  }

  /** An account that nothing is asked for. */
  refuse(id: AccountId, error: BankError): void {
    this.#refused++;
    this.#onResult?.({ id, amount: this.#money(0n), direction: 'in', receipt: undefined, error });
  }

  /** How many this run has booked. */
  get booked(): number {
    return this.#in.accounts + this.#out.accounts - this.#replayed;
  }

  run(): AccountRun {
    const { accounts } = this;
    const sum = (side: { accounts: number; minor: bigint }): RunSum =>
      Object.freeze({ accounts: side.accounts, sum: this.#money(side.minor) });
    const [paid, charged] = [sum(this.#in), sum(this.#out)];
    return Object.freeze({
      accounts,
      paid,
      charged,
      replayed: this.#replayed,
      refused: this.#refused,
    });
  }

  #money(minor: bigint): Money {
    return toMoney(minor, this.#currency, this.#digits);
  }
}
