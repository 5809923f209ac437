/**
 * What is wrong with a bank, and what would make it whole. Looks only: recover.ts does it.
 */
import { join } from 'node:path';
import { ifThere } from '../disk/disk.js';
import { accountFolder } from '../format/account-path.js';
import { type Checkpoint, encodeCheckpoint, type Position } from '../format/position.js';
import type { AccountId } from '../ledger/account-id.js';
import { isWorldId } from '../ledger/account-id.js';
import type { Entry } from '../ledger/entry.js';
import { refuseCancelled } from '../ledger/errors.js';
import { formatMinor } from '../ledger/money.js';
import { marksIn } from './answered.js';
import { NO_FOLDER } from './bank-disk.js';
import { Breath } from './breath.js';
import { CHECKPOINT_FILE, desksIdentity, readCheckpoint } from './checkpoint.js';
import { unlessDamaged } from './damage.js';
import { FIRST_SEGMENT } from './journal.js';
import { entriesIn, mendExactly, takeOverFrom } from './repair-journal.js';
import { type PagePlan, planPassbook } from './repair-pages.js';
import { Replay } from './replay.js';
import { findDesks, isFolder, OFFICE_FOLDERS } from './standstill.js';
import type { BankFiles } from './store.js';
import { findStrays } from './strays.js';
import { FIRST_HEAD, type Gap, placeOf, type Survey, surveyJournal } from './survey-journal.js';
import type { Problem } from './verify.js';
import { openFile, problemOf, walkPassbook } from './verify-passbook.js';
import { hearPassbooks, type Witness } from './witness.js';

/** Whose passbook a repair changes, and how; amounts as text, without a currency. */
export interface TouchedAccount {
  readonly id: string;
  readonly holder: string;
  readonly currency: string;
  /** Rows that are written anew. */
  readonly firstRow: number;
  readonly lastRow: number;
  /** Balance by the open page that was there; `undefined` where it could not be read. */
  readonly before: string | undefined;
  readonly after: string;
}

/** What was found, and what was or would be done about it. */
export interface Finding {
  readonly file: string;
  readonly what: string;
  readonly action: string;
  /** Whether it was done; in a dry run it only would be. */
  readonly done: boolean;
  readonly account?: TouchedAccount | undefined;
}

/** Bytes that a file of the bank should have. */
interface Written {
  readonly file: string;
  readonly bytes: Buffer;
}

export interface Diagnosis {
  /** Desks that are not where they should be. */
  readonly desks: readonly Finding[];
  readonly findings: readonly Finding[];
  /** What neither book proves: as long as there is any, nothing is changed. */
  readonly problems: readonly Problem[];
  /** In this order: segments, then the checkpoint; passbooks follow. */
  readonly written: readonly Written[];
  readonly passbooks: readonly PagePlan[];
  readonly aside: readonly string[];
  readonly epochMax: number;
}

export interface DiagnoseOptions {
  readonly signal?: AbortSignal | undefined;
  /** Passbooks held against the journal, and passbooks in all. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
  /** Under which the journal would be gone on with; of the books' own choosing, if absent. */
  readonly epoch?: number;
}

export async function diagnose(files: BankFiles, options: DiagnoseOptions): Promise<Diagnosis> {
  return new Examination(files, options).run();
}

/** What must be known before everything stands still: it takes no look at a passbook. */
export async function lookFirst(
  files: BankFiles,
  signal: AbortSignal | undefined,
): Promise<Pick<Diagnosis, 'desks' | 'epochMax'>> {
  return new Examination(files, { signal }).first();
}

class Examination {
  readonly #files: BankFiles;
  readonly #options: DiagnoseOptions;
  readonly #findings: Finding[] = [];
  readonly #problems: Problem[] = [];
  readonly #written: Written[] = [];
  readonly #passbooks: PagePlan[] = [];
  readonly #aside: string[] = [];

  constructor(files: BankFiles, options: DiagnoseOptions) {
    this.#files = files;
    this.#options = options;
  }

  async first(): Promise<Pick<Diagnosis, 'desks' | 'epochMax'>> {
    refuseCancelled(this.#options.signal);
    const { desks, marks, checkpoint } = await this.#lookBesideTheBooks();
    return { desks, epochMax: newestEpoch(await this.#survey(new Map()), checkpoint, marks) };
  }

  async run(): Promise<Diagnosis> {
    const { epoch } = this.#options;
    const { desks, marks, checkpoint } = await this.#lookBesideTheBooks();
    const { survey, witness } = await this.#mendJournal(checkpoint, marks, epoch);
    if (this.#problems.length === 0) {
      const posted = await this.#mendCheckpoint(survey, checkpoint);
      if (posted) await this.#mendPassbooks(survey, witness, posted);
    }
    await this.#lookAround();
    return {
      desks,
      findings: this.#findings,
      problems: this.#problems,
      written: this.#written,
      passbooks: this.#passbooks,
      aside: this.#aside,
      epochMax: newestEpoch(survey, checkpoint, marks),
    };
  }

  async #lookBesideTheBooks() {
    await this.#lookAtDesks();
    const desks = this.#findings.splice(0);
    const marks = await this.#marks();
    const checkpoint = await this.#checkpoint();
    return { desks, marks, checkpoint };
  }

  /** `changed`: the bytes of segments as they would be. */
  #survey(changed: ReadonlyMap<string, Buffer>): Promise<Survey> {
    const { disk, directory } = this.#files;
    return surveyJournal(disk, directory, FIRST_SEGMENT, changed);
  }

  #find(file: string, what: string, action: string, account?: TouchedAccount): void {
    this.#findings.push({ file, what, action, done: false, ...(account && { account }) });
  }

  async #lookAtDesks(): Promise<void> {
    const { disk, directory } = this.#files;
    for (const folder of OFFICE_FOLDERS) {
      const path = join(directory, folder);
      if (await isFolder(disk, path)) continue;
      const file = await unlessDamaged(() => disk.exists(path));
      if (file) this.#find(folder, NO_FOLDER, 'moved to lost+found, and made anew');
      else this.#find(folder, 'the folder is missing', 'made anew');
    }
    for (const { role, desks, folder } of await findDesks(this.#files)) {
      const newest = desks.at(-1);
      if (folder && !newest) this.#find(`desks/${role}`, 'the desk is missing', 'made anew');
      for (const { name, owner } of desks.slice(0, -1)) {
        const what = `there is a second desk, of epoch ${owner.number}`;
        this.#find(`desks/${role}/${name}`, what, 'moved to lost+found');
        this.#aside.push(`desks/${role}/${name}`);
      }
      if (newest?.away) {
        this.#find(`desks/${role}`, 'the desk was moved away', 'put back');
      }
    }
  }

  /** What was answered for, by marks of whatever boot: the journal must reach as far. */
  async #marks(): Promise<Position[]> {
    const { disk, directory } = this.#files;
    const marks: Position[] = [];
    for (const { role, desks } of await findDesks(this.#files)) {
      if (role !== 'writer') continue;
      for (const { name } of desks) {
        const desk = { path: join(directory, 'desks', role, name) };
        // Or it is taken over in this moment: at a standstill it is looked at again.
        const found = (await ifThere(() => marksIn(disk, desk))) ?? [];
        marks.push(...found.map(({ position }) => position));
      }
    }
    return marks;
  }

  async #checkpoint(): Promise<Checkpoint | undefined> {
    try {
      return await readCheckpoint(this.#files.disk, this.#files.directory);
    } catch (error) {
      const { what } = problemOf(error, CHECKPOINT_FILE);
      this.#find(CHECKPOINT_FILE, what, 'made anew, where the journal begins: all is posted again');
      return undefined;
    }
  }

  async #mendJournal(
    checkpoint: Checkpoint | undefined,
    marks: readonly Position[],
    epoch: number | undefined,
  ): Promise<{ survey: Survey; witness: Witness }> {
    const { passbooks, system, digitsOf } = this.#files;
    const changed = new Map<string, Buffer>();
    const look = () => this.#survey(changed);
    let survey = await look();
    const spans = gapsOf(survey).map(({ before, behind }) => ({
      first: before.transfer + 1,
      last: behind?.transfer ?? Number.POSITIVE_INFINITY,
    }));
    refuseCancelled(this.#options.signal);
    const tail = survey.tail.transfer;
    const witness = await hearPassbooks(passbooks, system, digitsOf, spans, tail);
    const told = [checkpoint?.position, ...marks].filter((place) => place !== undefined);
    const last = Math.max(tail, witness.newest, ...told.map(({ transfer }) => transfer));
    const seals = new Map(told.map((place) => [placeOf(place), place.seal]));
    const tried = new Set<string>();
    const isNew = ({ before, segment }: Gap) =>
      tried.size < tried.add(`${segment} ${placeOf(before)}`).size;
    for (;;) {
      const gap = [...gapsOf(survey), ...tailGap(survey, last, told)].find(isNew);
      if (gap === undefined) break;
      const bytes = survey.bytes.get(gap.segment);
      const known = new Map([...survey.pins, ...seals]);
      const mended = mendExactly({ ...gap, bytes }, survey, known, witness);
      if (mended === undefined) continue;
      changed.set(mended.segment, mended.bytes);
      const rows = mended.transfers;
      const action = rows
        ? `entries ${rows.first} to ${rows.last} written again from the passbooks of their accounts; every seal fits`
        : 'written again; every seal fits';
      this.#find(`journal/${mended.segment}`, gap.what, action);
      survey = await look();
    }
    for (const name of survey.superseded) {
      const what = 'a repair that was cut short had written another segment in its place';
      this.#find(`journal/${name}`, what, 'moved to lost+found');
      this.#aside.push(`journal/${name}`);
    }
    const broken = [...gapsOf(survey), ...tailGap(survey, last, told)];
    if (broken.length > 0) {
      const takeover = takeOverFrom(survey, witness, last, epoch ?? survey.epochMax + 1);
      if (typeof takeover === 'string') {
        for (const { segment, what } of broken)
          this.#problems.push({ file: `journal/${segment}`, what: `${what}, and ${takeover}` });
        return { survey, witness };
      }
      const { name, bytes, superseded, told: spansTold } = takeover;
      changed.set(name, bytes);
      const entries = spansTold.map(({ first, last: end }) => `${first} to ${end}`).join(', ');
      for (const { segment, what } of broken) {
        const how = entries
          ? `entries ${entries} told by the passbooks of all their accounts`
          : 'no entry was in it';
        this.#find(
          `journal/${segment}`,
          what,
          `${how}; the journal goes on in ${name}, under new seals`,
        );
      }
      for (const old of superseded) {
        this.#find(`journal/${old}`, `${name} tells its entries`, 'moved to lost+found');
        this.#aside.push(`journal/${old}`);
      }
      survey = await look();
    }
    for (const [name, bytes] of changed) this.#written.push({ file: `journal/${name}`, bytes });
    return { survey, witness };
  }

  /**
   * Up to which entry all is posted, by a checkpoint that can be trusted; `undefined` where the journal tells
   * what cannot be.
   */
  async #mendCheckpoint(
    survey: Survey,
    found: Checkpoint | undefined,
  ): Promise<Posted | undefined> {
    const { position } = found ?? {};
    const place = position && survey.places.get(placeOf(position));
    const inPlace = place?.seal === position?.seal && place?.transfer === position?.transfer;
    // The repaired journal may have the same entry at another place.
    const same = (other: Position) => other.transfer === position?.transfer;
    const trusted = inPlace ? position : [...survey.places.values()].find(same);
    const replay = this.#replay(survey, trusted?.transfer ?? 0);
    if (replay === undefined) return undefined;
    const { nextAccount, bookedAt } = replay.posted;
    const fits = found?.nextAccount === nextAccount && found?.bookedAt === bookedAt;
    if (found && position && trusted && inPlace && fits)
      return { replay, transfer: position.transfer };
    const { disk, directory } = this.#files;
    const desks = (await disk.exists(join(directory, 'desks')))
      ? await desksIdentity(disk, directory)
      : '';
    // The indexes are made anew: whether those that lie there go with it nobody knows.
    const next: Checkpoint = {
      position: trusted ?? START,
      nextAccount,
      bookedAt,
      desks,
      index: '',
      keys: '',
    };
    if (found) {
      const what = inPlace
        ? 'it does not say what the journal tells'
        : 'it names no place of the journal';
      this.#find(CHECKPOINT_FILE, what, `made anew, at entry ${next.position.transfer}`);
    }
    this.#written.push({ file: CHECKPOINT_FILE, bytes: Buffer.from(encodeCheckpoint(next)) });
    return { replay, transfer: next.position.transfer };
  }

  #replay(survey: Survey, posted: number): Replay | undefined {
    const replay = new Replay(posted);
    try {
      const what = replay.followAll(entriesIn(survey, this.#files.digitsOf));
      if (what === undefined) return replay;
      this.#problems.push({ file: 'journal', what });
    } catch (error) {
      this.#problems.push(problemOf(error, 'journal'));
    }
    return undefined;
  }

  async #mendPassbooks(survey: Survey, witness: Witness, { replay, transfer }: Posted) {
    const { passbooks, digitsOf, system } = this.#files;
    const wrong = new Map<AccountId, Problem>();
    const { signal, onProgress } = this.#options;
    const breath = new Breath(system);
    const missing = replay.posted.accounts();
    let done = 0;
    for await (const name of passbooks.everyId()) {
      refuseCancelled(signal);
      await breath.take();
      const { id, pages, problem } = await walkPassbook(this.#files, replay, name as AccountId);
      if (problem) wrong.set(id, problem);
      // A name that leads nowhere is listed, and is no passbook.
      if (pages > 0 || problem) missing.delete(id);
      onProgress?.(++done, replay.accounts.size);
    }
    for (const id of missing)
      wrong.set(id, { file: openFile(id), what: 'the passbook is missing' });
    if (wrong.size === 0) return;
    const entries = new Map<AccountId, Entry[]>([...wrong.keys()].map((id) => [id, []]));
    for (const entry of entriesIn(survey, digitsOf))
      for (const leg of [entry.debit, entry.credit]) if (leg) entries.get(leg.account)?.push(entry);
    const posted = Math.max(transfer, witness.newest);
    for (const [id, problem] of wrong) {
      const own = entries.get(id) ?? [];
      const plan = await planPassbook(passbooks, id, own, posted, digitsOf);
      if (typeof plan === 'string') {
        const what = plan === problem.what ? plan : `${problem.what}; ${plan}`;
        this.#problems.push({ file: problem.file, what });
        continue;
      }
      this.#passbooks.push(plan);
      this.#tellPassbook(plan, problem);
    }
  }

  #tellPassbook({ id, account, before, pages, aside }: PagePlan, { file, what }: Problem): void {
    const digits = this.#files.digitsOf(account.currency) ?? 0;
    const text = (minor: bigint) => formatMinor(minor, digits);
    const rows = pages.flatMap(({ first, last }) => [first, last]);
    const touched: TouchedAccount = {
      id,
      holder: isWorldId(id)
        ? 'the outside of the bank'
        : `${account.firstName} ${account.lastName}`,
      currency: account.currency,
      firstRow: Math.min(...rows),
      lastRow: Math.max(...rows),
      before: before === undefined ? undefined : text(before),
      after: text(account.balance),
    };
    if (pages.length > 0) {
      const names = pages.map((page) => page.file.slice(accountFolder(id).length + 1)).join(', ');
      this.#find(file, what, `${names} written again from the journal`, touched);
    }
    for (const page of aside)
      this.#find(page, 'it is no page of the passbook', 'moved to lost+found');
  }

  async #lookAround(): Promise<void> {
    const { problems } = await findStrays(this.#files);
    // What lies in a desk that is put aside goes with it.
    const desks = this.#aside.filter((file) => file.startsWith('desks/'));
    for (const { file, what } of problems) {
      if (desks.some((desk) => file.startsWith(`${desk}/`))) continue;
      if (OFFICE_FOLDERS.includes(file)) continue; // Told with the desks.
      this.#find(file, what, 'moved to lost+found');
      // What is put in its place makes room for itself.
      if (!this.#written.some((written) => written.file === file)) this.#aside.push(file);
    }
  }
}

function newestEpoch(
  { epochMax }: Survey,
  checkpoint: Checkpoint | undefined,
  marks: readonly Position[],
): number {
  const epochs = [checkpoint?.position, ...marks].map((position) => position?.epoch ?? 0);
  return Math.max(epochMax, ...epochs);
}

interface Posted {
  readonly replay: Replay;
  readonly transfer: number;
}

/** Right behind the bank's first row. */
const START: Position = {
  segment: FIRST_SEGMENT,
  offset: FIRST_HEAD.bytes.length,
  transfer: 0,
  epoch: 1,
  seal: FIRST_HEAD.seal,
};

function gapsOf({ parts }: Survey): Gap[] {
  return parts.flatMap((part) => ('gap' in part ? [part.gap] : []));
}

/** The journal ends, and something tells that it went on. */
function tailGap({ tail, bytes }: Survey, last: number, told: readonly Position[]): Gap[] {
  if (last <= tail.transfer) return [];
  const missing = told.find(({ segment }) => !bytes.has(segment))?.segment;
  const ends = `it ends at entry ${tail.transfer}, and entry ${last} was booked`;
  const segment = missing ?? tail.segment;
  const what = missing === undefined ? ends : 'the segment is missing';
  return [{ before: tail, behind: undefined, segment, bytes: bytes.get(segment), what }];
}
