/**
 * `index/roster…`: which accounts there are, by id, with their names in small letters: for lists and search,
 * however many accounts a bank has. The poster, who alone writes it, brings it up to date before each checkpoint, which
 * names it: one that goes with the checkpoint has every account that this has.
 */
import { decodeText, encodeText, splitRow } from '../format/csv.js';
import { encodeIndexList, type IndexList } from '../format/index-list.js';
import { entriesOfType } from '../format/journal-row.js';
import type { DigitsOf } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import { keyOf, linesIn } from '../format/sorted-run.js';
import { type Account, afterEntry } from '../ledger/account.js';
import type { AccountId } from '../ledger/account-id.js';
import { readCheckpoint } from './checkpoint.js';
import { named } from './damage.js';
import { unlessUnfit } from './index-keeper.js';
import { type IndexKind, inOrder, joinedWith } from './index-writer.js';
import type { Log } from './log.js';
import {
  INDEX_FOLDER,
  type IndexPlace,
  LISTS_READ_MAX,
  RunGone,
  SortedIndex,
} from './sorted-index.js';

export const ROSTER: IndexKind = {
  name: 'roster',
  cell: 'index',
  header: 'id,names',
  filtered: false,
  joins: 2,
  linesOf: (batch, digitsOf) => openedIn(batch, digitsOf).map(({ line }) => line),
};
export const ROSTER_FILE = `${INDEX_FOLDER}/${ROSTER.name}.csv`;

type Named = Pick<Account, 'id' | 'firstName' | 'lastName'>;

/** An account's line: `a10017,"ada lovelace"`. */
export function rosterLine({ id, firstName, lastName }: Named): string {
  return `${id},${latin1(encodeText(`${firstName} ${lastName}`.toLowerCase()))}`;
}

/** A word of a search as it stands in the lines that have it. */
function asInLines(word: string): string {
  return latin1(word.replaceAll('"', '""'));
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

/** Whether an account's line is that of an account with all of these words: a line has commas and quotes of its own. */
function hasWords(line: string, words: readonly string[]): boolean {
  const [id = '', names = ''] = splitRow(Buffer.from(line, 'latin1').toString()) ?? [];
  const text = `${id} ${decodeText(names)}`;
  return words.every((word) => text.includes(word));
}

/** Whether two lines tell the same names. Another version of Node may know small letters that this one does not. */
export function isSameLine(one: string, other: string): boolean {
  const small = (line: string) => Buffer.from(line, 'latin1').toString().toLowerCase();
  return one === other || small(one) === small(other);
}

/** An account's line, and the number of the entry that opened it, or named it anew. */
interface Opened {
  readonly line: string;
  readonly transfer: number;
}

/** The accounts that a batch opens, and behind them those that it gives another name: an account comes before its names. */
function openedIn(lines: Buffer, digitsOf: DigitsOf): Opened[] {
  const opened: Opened[] = [];
  for (const entry of entriesOfType('open', lines, digitsOf)) {
    for (const leg of [entry.debit, entry.credit]) {
      if (leg?.seq !== 1) continue;
      const account = afterEntry(undefined, entry, leg.account);
      opened.push({ line: rosterLine(account), transfer: entry.transfer });
    }
  }
  for (const entry of entriesOfType('rename', lines, digitsOf)) {
    const id = entry.credit?.account;
    if (id) opened.push({ line: rosterLine({ ...entry, id }), transfer: entry.transfer });
  }
  return opened;
}

interface RosterIndexParts extends IndexPlace {
  readonly digitsOf: DigitsOf;
  readonly log: Pick<Log, 'read'>;
}

/** What is asked of the index: ids in order, at most `count`. */
export interface Question {
  /** Behind this id. */
  readonly behind: string;
  /** In small letters: id and names have all of them in them. */
  readonly words: readonly string[];
  readonly count: number;
}

/** A reader's side: what the index has, and what was opened behind it. */
export class RosterIndex {
  readonly #parts: RosterIndexParts;
  readonly #index: SortedIndex;
  /** Accounts opened behind the index, up to `#position`. */
  #recent: Opened[] = [];
  #position: Position | undefined;
  /** What was asked last: whoever asks for accounts asks again behind the look at them. */
  #answered: { readonly question: string; readonly ids: readonly AccountId[] } | undefined;

  constructor(parts: RosterIndexParts) {
    this.#parts = parts;
    this.#index = new SortedIndex(parts, ROSTER);
  }

  /**
   * What is asked for, of all accounts that there were behind the entry `moment`, and perhaps some that were
   * opened since; `head` is how far the journal counts, behind it. `undefined` where there is no index, or it cannot be used.
   */
  ids(
    head: Position,
    moment: number,
    question: Question,
  ): Promise<readonly AccountId[] | undefined> {
    return unlessUnfit(async () => {
      for (let looks = 0; looks < LISTS_READ_MAX; looks++) {
        const list = await this.#catchUp(head);
        if (list === undefined) return undefined;
        const recent = this.#recent.filter(({ transfer }) => transfer <= moment);
        const asked = JSON.stringify([list, recent.length, question]);
        if (this.#answered?.question === asked) return this.#answered.ids;
        try {
          const ids = await this.#look(list, recent, question);
          this.#answered = { question: asked, ids };
          return ids;
        } catch (error) {
          // Another list may name what became of the run.
          const again = await this.#catchUp(head);
          if (!(error instanceof RunGone) || isSame(again, list)) throw error;
        }
      }
      return undefined;
    });
  }

  /** Reads the list, and what was opened behind it up to `head`. */
  async #catchUp(head: Position): Promise<IndexList | undefined> {
    const { disk, directory, digitsOf, log } = this.#parts;
    // In this order: the list has all that a checkpoint has which was there before it.
    const checkpoint = await readCheckpoint(disk, directory);
    const list = await this.#index.list(checkpoint);
    if (list === undefined) return undefined;
    const posted = checkpoint.position;
    const covered = posted.transfer > list.position.transfer ? posted : list.position;
    const known = this.#position;
    this.#position = undefined; // Kept only if it gets there whole.
    const from = known && known.transfer > covered.transfer ? known : covered;
    this.#recent = this.#recent.filter(({ transfer }) => transfer > covered.transfer);
    // A checkpoint may stand in a later segment than the head that was looked up before it, at the same entry.
    if (from.transfer < head.transfer) {
      for await (const { lines, position } of log.read(from, head)) {
        const opened = named(`journal/${position.segment}`, () => openedIn(lines, digitsOf));
        this.#recent.push(...opened);
      }
      this.#position = head;
    } else this.#position = from;
    return list;
  }

  async #look(
    list: IndexList,
    recent: readonly Opened[],
    { behind, words, count }: Question,
  ): Promise<AccountId[]> {
    const inLines = words.map(asInLines);
    const block = inOrder(recent.map(({ line }) => line)).map((line) => `${line}\n`);
    const fresh = [...linesIn(block.join(''), behind, inLines)];
    const ids: AccountId[] = [];
    for await (const line of joinedWith(fresh, this.#index.lines(list.runs, behind, inLines))) {
      if (ids.length >= count) break;
      if (hasWords(line, words)) ids.push(keyOf(line) as AccountId);
    }
    return ids;
  }
}

function isSame(one: IndexList | undefined, other: IndexList): boolean {
  return one !== undefined && encodeIndexList(one) === encodeIndexList(other);
}
