/**
 * Ids and names for whoever types: as the passbooks and their index have them, beside whoever is at work. Nothing is
 * led, waited for or written; what was not posted yet is missing.
 */
import { nodeDisk } from '../disk/node-disk.js';
import { keyOf } from '../format/sorted-run.js';
import { isWorldId } from '../ledger/account-id.js';
import { bankDisk } from '../store/bank-disk.js';
import { readCheckpoint } from '../store/checkpoint.js';
import { digitsBy, readManifest } from '../store/manifest-file.js';
import { Passbooks } from '../store/passbooks.js';
import { ROSTER } from '../store/roster-index.js';
import { SortedIndex } from '../store/sorted-index.js';
import { readDirectory } from './read-directory.js';

export interface AccountName {
  readonly id: string;
  readonly name: string;
}

export interface AccountNames {
  /**
   * The first accounts whose ids begin with `start`, in the order of their ids, at most `count`; those behind all that
   * begin with `behind`, if it is given. None where there is no index.
   */
  beginning(start: string, count: number, behind?: string): Promise<AccountName[]>;
}

/** Nobody else waits to be let run. */
const ALONE = { monotonic: () => 0, turn: () => Promise.resolve() };

/** The names in the bank in `directory`. @throws BankError INVALID_TEXT, BANK_NOT_FOUND, BANK_TOO_NEW, BANK_DAMAGED */
export async function openNames(directory: string): Promise<AccountNames> {
  const path = readDirectory(directory);
  const disk = bankDisk(nodeDisk(), path);
  const passbooks = new Passbooks(disk, path, digitsBy(await readManifest(nodeDisk(), path)));
  const index = new SortedIndex({ disk, system: ALONE, directory: path }, ROSTER);
  return {
    async beginning(start, count, behind) {
      const found: AccountName[] = [];
      const list = await index.list(await readCheckpoint(disk, path));
      const mark = behind === undefined ? justBefore(start) : behindAll(behind);
      for await (const line of index.lines(list?.runs ?? [], mark)) {
        const id = keyOf(line);
        if (found.length === count || !id.startsWith(start)) break;
        const account = isWorldId(id) ? undefined : (await passbooks.summary(id))?.account;
        if (account) found.push({ id, name: `${account.firstName} ${account.lastName}` });
      }
      return found;
    },
  };
}

/** Behind every letter of an id. */
const LAST = '~';
/** Ids stand in their order: those that begin with a text together, between these two. */
const behindAll = (start: string) => `${start}${LAST}`;
const justBefore = (start: string) =>
  start &&
  `${start.slice(0, -1)}${String.fromCharCode(start.charCodeAt(start.length - 1) - 1)}${LAST}`;
