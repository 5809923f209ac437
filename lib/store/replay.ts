/** The journal told anew: what every account must look like, derived from its entries alone. */
import { hash } from 'node:crypto';
import { encodeDetails } from '../format/details.js';
import { type PassbookRow, rowOf } from '../format/passbook-page.js';
import type { Account } from '../ledger/account.js';
import { afterEntry } from '../ledger/account.js';
import { type AccountId, FIRST_ACCOUNT_NUMBER, nextNumberBehind } from '../ledger/account-id.js';
import type { Entry, Leg } from '../ledger/entry.js';

/** An account as the journal tells it. `digest` covers all of its rows so far. */
interface Told {
  readonly account: Account;
  readonly digest: string;
  /** Digests by row, for the rows that may not be posted yet. */
  readonly recent: Map<number, string>;
}

/** A digest over the digest before and everything that a row and a journal entry both tell. */
export function rowDigest(previous: string, row: PassbookRow): string {
  const told = [
    row.account,
    row.seq,
    row.bookedAt,
    row.type,
    row.transfer,
    row.counterparty,
    row.direction ?? '',
    row.amount,
    row.balance,
    row.held,
    row.limit ?? 'none',
    row.status,
    row.currency,
    row.memo,
    row.reference,
    row.valueDate,
    row.key,
    // In minor units, whatever the currency.
    encodeDetails(row.details, 0),
  ].join('\u0000');
  return hash('sha256', previous + told).slice(0, 32);
}

/** What a checkpoint must say that stands at the entry up to which everything is posted. */
export interface Posted {
  readonly nextAccount: number;
  readonly bookedAt: string;
  /** The accounts that have a passbook by then. */
  accounts(): Set<AccountId>;
}

export class Replay {
  readonly accounts = new Map<AccountId, Told>();
  readonly #postedTransfer: number;
  /** Accounts that were given another name behind what is posted. */
  readonly renamed = new Set<AccountId>();
  transfer = 0;
  bookedAt = '';
  #posted = { nextAccount: FIRST_ACCOUNT_NUMBER, bookedAt: '' };

  /** Rows of entries behind `postedTransfer` may or may not be on the passbooks. */
  constructor(postedTransfer: number) {
    this.#postedTransfer = postedTransfer;
  }

  get posted(): Posted {
    const accounts = () => {
      const posted = new Set<AccountId>();
      for (const [id, { recent }] of this.accounts) if (!recent.has(0)) posted.add(id);
      return posted;
    };
    return { ...this.#posted, accounts };
  }

  /** Follows all of `entries`. Answers what is wrong with the first that does not fit. */
  followAll(entries: Iterable<Entry>): string | undefined {
    for (const entry of entries) {
      const what = this.follow(entry);
      if (what !== undefined) return what;
    }
    return undefined;
  }

  /** Follows one entry. Answers what is wrong with it, or `undefined`. */
  follow(entry: Entry): string | undefined {
    if (entry.transfer <= this.transfer) return undefined; // Copied from the segment before.
    const wrong = this.#wrong(entry);
    if (wrong) return `entry ${entry.transfer}: ${wrong}`;
    this.transfer = entry.transfer;
    this.bookedAt = entry.bookedAt;
    for (const leg of [entry.debit, entry.credit]) if (leg) this.#post(entry, leg);
    if (entry.transfer <= this.#postedTransfer) this.#note(entry);
    else if (entry.type === 'rename' && entry.credit) this.renamed.add(entry.credit.account);
    return undefined;
  }

  #note({ type, credit, bookedAt }: Entry): void {
    let { nextAccount } = this.#posted;
    if (type === 'open' && credit) nextAccount = nextNumberBehind(nextAccount, credit.account);
    this.#posted = { nextAccount, bookedAt };
  }

  #wrong(entry: Entry): string | undefined {
    if (entry.transfer !== this.transfer + 1) return `it follows entry ${this.transfer}`;
    if (entry.bookedAt < this.bookedAt) return `it was booked before entry ${this.transfer}`;
    const { debit, credit, amount } = entry;
    const moves = amount !== 0n;
    if (!credit || (!debit && moves)) return 'a side is missing';
    return (
      this.#wrongLeg(entry, credit, amount) ?? (debit && this.#wrongLeg(entry, debit, -amount))
    );
  }

  #wrongLeg(entry: Entry, leg: Leg, change: bigint): string | undefined {
    const known = this.accounts.get(leg.account)?.account;
    if (!known && entry.type !== 'open') return `${leg.account} was never opened`;
    if (known && known.currency !== entry.currency) return `${leg.account} is in ${known.currency}`;
    const seq = known?.seq ?? 0;
    if (leg.seq !== seq + 1) return `row ${leg.seq} of ${leg.account} follows row ${seq}`;
    if (leg.balance !== (known?.balance ?? 0n) + change)
      return `the balance of ${leg.account} does not add up`;
    return undefined;
  }

  #post(entry: Entry, leg: Leg): void {
    const known = this.accounts.get(leg.account);
    const account = afterEntry(known?.account, entry, leg.account);
    const digest = rowDigest(known?.digest ?? '', rowOf(account, entry));
    const recent = known?.recent ?? new Map<number, string>();
    if (entry.transfer > this.#postedTransfer) {
      recent.set(leg.seq, digest).set(leg.seq - 1, known?.digest ?? '');
    }
    this.accounts.set(leg.account, { account, digest, recent });
  }

  /** Sum of all balances by currency: zero, each. */
  sums(): Map<string, bigint> {
    const sums = new Map<string, bigint>();
    for (const { account } of this.accounts.values()) {
      sums.set(account.currency, (sums.get(account.currency) ?? 0n) + account.balance);
    }
    return sums;
  }
}
