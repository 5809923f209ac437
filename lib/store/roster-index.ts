/**
 * `index/roster…`: which accounts there are, by id, with their names in small letters: for lists and search,
 * however many accounts a bank has. The poster, who alone writes it, brings it up to date before each checkpoint, which
 * names it: one that goes with the checkpoint has every account that this has.
 */
import { errorCode } from '../disk/disk.js';
import { checkOf } from '../format/check.js';
import { decodeText, encodeText, splitRow } from '../format/csv.js';
import { encodeIndexList, type IndexList, type NamedRun } from '../format/index-list.js';
import { decodeEntry } from '../format/journal-row.js';
import type { DigitsOf } from '../format/passbook-page.js';
import type { Checkpoint, Position } from '../format/position.js';
import { keyOf, linesIn } from '../format/sorted-run.js';
import { type Account, afterEntry } from '../ledger/account.js';
import type { AccountId } from '../ledger/account-id.js';
import { Breath } from './breath.js';
import { readCheckpoint } from './checkpoint.js';
import { isDamageFound, named } from './damage.js';
import { isFull } from './disk-error.js';
import { type IndexKind, IndexWriter, inOrder, joinedWith, type Staging } from './index-writer.js';
import { JOURNAL_START } from './journal.js';
import { INDEX_LINES_MAX } from './limits.js';
import type { Log } from './log.js';
import {
  INDEX_FOLDER,
  type IndexPlace,
  isOfIndex,
  LISTS_READ_MAX,
  RunGone,
  SortedIndex,
} from './sorted-index.js';

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

/** An account's line, and the number of the entry that opened it. */
interface Opened {
  readonly line: string;
  readonly transfer: number;
}

/** The accounts that a batch opens. */
function openedIn(lines: Buffer, digitsOf: DigitsOf): Opened[] {
  const opened: Opened[] = [];
  for (let at = nextOpening(lines, 0); at !== -1; ) {
    const end = lines.indexOf(10, at);
    const entry = decodeEntry(lines.toString('utf8', at, end), digitsOf);
    const { transfer } = entry;
    for (const leg of [entry.debit, entry.credit]) {
      if (leg?.seq !== 1) continue;
      opened.push({ line: rosterLine(afterEntry(undefined, entry, leg.account)), transfer });
    }
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

/** What `work` answers; `undefined` where the index is missing or damaged, or cannot be read. */
async function unlessUnfit<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const code = errorCode(error);
    const isUnfit = error instanceof RunGone || isIndexDamage(error);
    if (isUnfit || (code !== '' && !isFull(error))) return undefined;
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

/** An index as it lies there, and its list's check. */
interface Known {
  readonly runs: readonly NamedRun[];
  readonly check: string;
}

/** The poster's side. */
export class RosterKeeper {
  readonly #parts: KeeperParts;
  readonly #writer: IndexWriter;
  readonly #staging: Staging;
  /** `undefined`: there is none that can be added to. */
  #known: Known | undefined;
  /** Lines of accounts that were opened behind it. */
  #opened: string[] = [];
  #cleared = false;
  /** Something stands in its way, until somebody recovers the bank: there is no index then. */
  #isHopeless = false;

  private constructor(parts: KeeperParts, staging: Staging, known: Known | undefined) {
    this.#parts = parts;
    this.#writer = new IndexWriter(parts, ROSTER, parts.indexBlockBytes);
    this.#staging = staging;
    this.#known = known;
  }

  static async begin(
    parts: KeeperParts,
    staging: Staging,
    checkpoint: Checkpoint,
  ): Promise<RosterKeeper> {
    const index = new SortedIndex(parts, ROSTER.name);
    const known = await unlessUnfit(async () => {
      const list = await index.list(checkpoint);
      if (list === undefined || !(await index.hasAll(list))) return undefined;
      return { runs: list.runs, check: checkOf(encodeIndexList(list)) };
    });
    return new RosterKeeper(parts, staging, known);
  }

  /** Takes in what a batch opens. @throws FormatDamage */
  follow(lines: Buffer): void {
    for (const { line } of openedIn(lines, this.#parts.digitsOf)) this.#opened.push(line);
  }

  /** Trusts nothing of the index that is there. */
  distrust(): void {
    this.#known = undefined;
  }

  /**
   * Brings the index up to `position`, which a checkpoint is about to name. Answers the check of the list that
   * goes with it, '' where there is none.
   */
  async advance(position: Position): Promise<string> {
    const known = this.#known;
    if (this.#isHopeless) return '';
    if (known && this.#opened.length === 0) return known.check;
    const added = known && (await unlessUnfit(() => this.#add(known, position)));
    this.#known = added ?? (await unlessUnfit(() => this.#makeAnew(position)));
    this.#isHopeless = this.#known === undefined;
    this.#opened = [];
    return this.#known?.check ?? '';
  }

  async #add(known: Known, position: Position): Promise<Known> {
    if (!this.#cleared) await this.#writer.clear(known.runs, this.#staging);
    this.#cleared = true;
    const { runs, taken } = await this.#writer.grow(known.runs, this.#opened, this.#staging);
    const check = await this.#writer.publish({ position, runs }, this.#staging);
    await this.#writer.remove(taken);
    return { runs, check };
  }

  /** From the journal alone. */
  async #makeAnew(position: Position): Promise<Known> {
    const { log, digitsOf, system } = this.#parts;
    const breath = new Breath(system);
    let runs: readonly NamedRun[] = [];
    let opened: string[] = [];
    const grow = async () => {
      ({ runs } = await this.#writer.grow(runs, opened, this.#staging));
      opened = [];
    };
    for await (const { lines, position: at } of log.read(JOURNAL_START, position)) {
      const found = named(`journal/${at.segment}`, () => openedIn(lines, digitsOf));
      for (const { line } of found) opened.push(line);
      if (opened.length >= INDEX_LINES_MAX) await grow();
      await breath.take();
    }
    if (opened.length > 0) await grow();
    const check = await this.#writer.publish({ position, runs }, this.#staging);
    await this.#writer.clear(runs, this.#staging);
    this.#cleared = true;
    return { runs, check };
  }
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
    this.#index = new SortedIndex(parts, ROSTER.name);
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
    const fresh = linesIn(block.join(''), behind, inLines);
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
