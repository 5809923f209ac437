/**
 * `index/roster…`: which accounts there are, by id, with their names in small letters: for lists and search,
 * however many accounts a bank has. Where it is there it has every account up to the place in the journal
 * that it names, and up to the checkpoint: the poster, who alone writes it, brings it up to date first.
 */
import { encodeText } from '../format/csv.js';
import { encodeIndexList, type IndexList, type NamedRun } from '../format/index-list.js';
import { decodeEntry } from '../format/journal-row.js';
import type { DigitsOf } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import { linesIn } from '../format/sorted-run.js';
import { type Account, afterEntry } from '../ledger/account.js';
import type { AccountId } from '../ledger/account-id.js';
import { Breath } from './breath.js';
import { readCheckpoint } from './checkpoint.js';
import { isDamageFound, named } from './damage.js';
import { type IndexKind, IndexWriter, inOrder, joinedWith, type Staging } from './index-writer.js';
import { JOURNAL_START } from './journal.js';
import { INDEX_LINES_MAX } from './limits.js';
import type { Log } from './log.js';
import { INDEX_FOLDER, type IndexPlace, isOfIndex, RunGone, SortedIndex } from './sorted-index.js';

export const ROSTER: IndexKind = { name: 'roster', header: 'id,names' };
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

/** Lines of the accounts that a batch opens. */
function openedIn(lines: Buffer, digitsOf: DigitsOf): string[] {
  const opened: string[] = [];
  for (let at = nextOpening(lines, 0); at !== -1; ) {
    const end = lines.indexOf(10, at);
    const entry = decodeEntry(lines.toString('utf8', at, end), digitsOf);
    for (const leg of [entry.debit, entry.credit])
      if (leg?.seq === 1) opened.push(rosterLine(afterEntry(undefined, entry, leg.account)));
    at = nextOpening(lines, end);
  }
  return opened;
}

const OPENING = Buffer.from('\nopen,');

/** Where the next entry that opens an account begins, at or behind `from`: the first byte, or a line break. */
function nextOpening(lines: Buffer, from: number): number {
  const first = OPENING.length - 1;
  if (from === 0 && lines.subarray(0, first).equals(OPENING.subarray(1))) return 0;
  const at = lines.indexOf(OPENING, from);
  return at === -1 ? -1 : at + 1;
}

/** What `work` answers; `undefined` where the index is missing or damaged. */
async function unlessUnfit<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RunGone || isIndexDamage(error)) return undefined;
    throw error;
  }
}

/** Damage of an index, which is no damage of the books. */
function isIndexDamage(error: unknown): boolean {
  return isDamageFound(error) && isOfIndex(String(error.details.file));
}

interface KeeperParts extends IndexPlace {
  readonly digitsOf: DigitsOf;
  readonly log: Pick<Log, 'read'>;
  readonly indexBlockBytes: number;
}

/** The poster's side. */
export class RosterKeeper {
  readonly #parts: KeeperParts;
  readonly #writer: IndexWriter;
  readonly #staging: Staging;
  #list: IndexList | undefined;
  /** Lines of accounts that were opened behind the list. */
  #opened: string[] = [];
  #cleared = false;
  /** Something that is none of its files lies where they belong, until somebody recovers the bank. */
  #isHopeless = false;

  private constructor(parts: KeeperParts, staging: Staging, list: IndexList | undefined) {
    this.#parts = parts;
    this.#writer = new IndexWriter(parts, ROSTER, parts.indexBlockBytes);
    this.#staging = staging;
    this.#list = list;
  }

  static async begin(parts: KeeperParts, staging: Staging): Promise<RosterKeeper> {
    const index = new SortedIndex(parts, ROSTER.name);
    return new RosterKeeper(parts, staging, await unlessUnfit(() => index.list()));
  }

  /** Takes in what a batch opens. @throws FormatDamage */
  follow(lines: Buffer): void {
    this.#opened.push(...openedIn(lines, this.#parts.digitsOf));
  }

  /** Trusts nothing of the index that is there. */
  distrust(): void {
    this.#list = undefined;
  }

  /** Brings the index up to `position`, which a checkpoint is about to name. */
  async advance(position: Position): Promise<void> {
    const known = this.#list;
    if (this.#isHopeless || (known && this.#opened.length === 0)) return;
    if (known && !this.#cleared) await this.#writer.clear(known.runs, this.#staging);
    this.#cleared = true;
    const added = known && (await unlessUnfit(() => this.#add(known.runs, position)));
    this.#list = added ?? (await unlessUnfit(() => this.#makeAnew(position)));
    this.#isHopeless = this.#list === undefined;
    this.#opened = [];
  }

  async #add(before: readonly NamedRun[], position: Position): Promise<IndexList> {
    const { runs, taken } = await this.#writer.grow(before, this.#opened, this.#staging);
    const list = { position, runs };
    await this.#writer.publish(list, this.#staging);
    await this.#writer.remove(taken);
    return list;
  }

  /** From the journal alone. */
  async #makeAnew(position: Position): Promise<IndexList> {
    const { log, digitsOf, system } = this.#parts;
    const breath = new Breath(system);
    let runs: readonly NamedRun[] = [];
    let opened: string[] = [];
    const grow = async () => {
      const grown = await this.#writer.grow(runs, opened, this.#staging);
      await this.#writer.remove(grown.taken); // No list names them.
      runs = grown.runs;
      opened = [];
    };
    for await (const { lines, position: at } of log.read(JOURNAL_START, position)) {
      opened.push(...named(`journal/${at.segment}`, () => openedIn(lines, digitsOf)));
      if (opened.length >= INDEX_LINES_MAX) await grow();
      await breath.take();
    }
    if (opened.length > 0) await grow();
    const list = { position, runs };
    await this.#writer.publish(list, this.#staging);
    await this.#writer.clear(runs, this.#staging);
    return list;
  }
}

interface RosterIndexParts extends IndexPlace {
  readonly digitsOf: DigitsOf;
  readonly log: Pick<Log, 'read'>;
}

/** A reader's side: what the index has, and what was opened behind it. */
export class RosterIndex {
  readonly #parts: RosterIndexParts;
  readonly #index: SortedIndex;
  /** Accounts opened behind the index, up to `#position`: their lines, and which entry opened them at the latest. */
  #recent: { readonly line: string; readonly transfer: number }[] = [];
  #position: Position | undefined;
  /** What was asked last: whoever asks for accounts asks again behind the look at them. */
  #answered: { readonly question: string; readonly ids: readonly AccountId[] } | undefined;

  constructor(parts: RosterIndexParts) {
    this.#parts = parts;
    this.#index = new SortedIndex(parts, ROSTER.name);
  }

  /**
   * Ids of accounts behind the id `behind`, in order, at most `count`, as there were at `head`: those whose id
   * and names have all of `words`, which are in small letters, in them, and perhaps a few more.
   * `undefined` where there is no index, or it is damaged.
   */
  ids(
    head: Position,
    behind: string,
    words: readonly string[],
    count: number,
  ): Promise<readonly AccountId[] | undefined> {
    return unlessUnfit(async () => {
      for (;;) {
        const list = await this.#catchUp(head);
        if (list === undefined) return undefined;
        const question = JSON.stringify([list, this.#recent.length, behind, words, count]);
        if (this.#answered?.question === question) return this.#answered.ids;
        try {
          const ids = await this.#look(list, behind, words.map(asInLines), count);
          this.#answered = { question, ids };
          return ids;
        } catch (error) {
          // Another list may name what became of the run.
          const again = await this.#index.list();
          if (!(error instanceof RunGone) || isSame(again, list)) throw error;
        }
      }
    });
  }

  /** Reads the list, and what was opened behind it up to `head`. */
  async #catchUp(head: Position): Promise<IndexList | undefined> {
    const { disk, directory, digitsOf, log } = this.#parts;
    // In this order: the list has all that a checkpoint has which was there before it.
    const { position: posted } = await readCheckpoint(disk, directory);
    const list = await this.#index.list();
    if (list === undefined) return undefined;
    const covered = posted.transfer > list.position.transfer ? posted : list.position;
    const known = this.#position;
    this.#position = undefined; // Kept only if it gets there whole.
    const from = known && known.transfer > covered.transfer ? known : covered;
    if (from !== known) this.#recent = [];
    this.#recent = this.#recent.filter(({ transfer }) => transfer > covered.transfer);
    if (from.transfer > head.transfer) return list;
    for await (const { lines, position } of log.read(from, head)) {
      const opened = named(`journal/${position.segment}`, () => openedIn(lines, digitsOf));
      for (const line of opened) this.#recent.push({ line, transfer: position.transfer });
    }
    this.#position = head;
    return list;
  }

  async #look(
    list: IndexList,
    behind: string,
    words: readonly string[],
    count: number,
  ): Promise<AccountId[]> {
    const recent = inOrder(this.#recent.map(({ line }) => line));
    const block = recent.map((line) => `${line}\n`).join('');
    const fresh = linesIn(block, behind, words);
    const ids: AccountId[] = [];
    for await (const line of joinedWith(fresh, this.#index.lines(list.runs, behind, words))) {
      if (ids.length >= count) break;
      ids.push(line.slice(0, line.indexOf(',')) as AccountId);
    }
    return ids;
  }
}

function isSame(one: IndexList | undefined, other: IndexList): boolean {
  return one !== undefined && encodeIndexList(one) === encodeIndexList(other);
}
