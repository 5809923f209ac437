/** The index of accounts, held against the accounts that the journal tells. Reads only. */
import type { Checkpoint } from '../format/position.js';
import { keyOf } from '../format/sorted-run.js';
import type { Account } from '../ledger/account.js';
import type { AccountId } from '../ledger/account-id.js';
import { damaged } from './damage.js';
import { isSameLine, ROSTER, ROSTER_FILE, rosterLine } from './roster-index.js';
import { type IndexPlace, LISTS_READ_MAX, RunGone, SortedIndex } from './sorted-index.js';

/** Accounts as they were told, and those of them that the index must have. */
export interface ToldAccounts {
  /** The account of an id; `undefined`: there was none up to the entry `transfer`. */
  account(id: AccountId): Account | undefined;
  readonly transfer: number;
  /** Those that were given another name behind the checkpoint. */
  readonly renamed: ReadonlySet<AccountId>;
  readonly posted: ReadonlySet<AccountId>;
}

/**
 * Holds the index that goes with a checkpoint, or with one behind it, against what was told; where nothing was,
 * only what is needed to search it is read. Answers what was looked at. @throws BankError BANK_DAMAGED, of one of its files
 */
export async function verifyRoster(
  place: IndexPlace,
  checkpoint: Checkpoint,
  told: ToldAccounts | undefined,
): Promise<string> {
  const index = new SortedIndex(place, ROSTER);
  let gone = '';
  for (let looks = 0; looks < LISTS_READ_MAX; looks++) {
    const list = await index.list(checkpoint);
    if (list === undefined) return 'none yet: it is made with the next posting';
    try {
      const lines = index.lines(list.runs, told ? '' : BEHIND_ALL);
      const count = await holdAgainst(lines, list.position.transfer, told);
      return told ? `${count} accounts` : `${list.runs.length} runs`;
    } catch (error) {
      if (!(error instanceof RunGone)) throw error;
      gone = error.file; // Whoever posts may have put another list in its place.
    }
  }
  throw damaged(gone, 'the file is missing');
}

/** Behind every id. */
const BEHIND_ALL = '~';

async function holdAgainst(
  lines: AsyncIterable<string>,
  reached: number,
  told: ToldAccounts | undefined,
): Promise<number> {
  let count = 0;
  let posted = 0;
  for await (const line of lines) {
    count++;
    const id = keyOf(line) as AccountId;
    if (told?.posted.has(id)) posted++;
    const account = told?.account(id);
    if (account === undefined && reached > (told?.transfer ?? 0)) continue; // Opened meanwhile.
    if (told?.renamed.has(id)) continue; // The index has another moment than the account.
    if (account === undefined || !isSameLine(rosterLine(account), line))
      throw damaged(ROSTER_FILE, `it names ${id} otherwise than the journal does`);
  }
  const lacking = (told?.posted.size ?? 0) - posted;
  if (lacking > 0)
    throw damaged(ROSTER_FILE, `it lacks ${lacking} of ${told?.posted.size} accounts`);
  return count;
}
