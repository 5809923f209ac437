/**
 * Both books against each other: every seal of the journal, every check of every page, and that they
 * tell the same story. Reads only, and may run while others write: what is booked after it began is
 * left out. `quick` reads no history: ends, heads and open pages alone.
 */

import { parseSegmentName } from '../format/journal-row.js';
import type { Checkpoint, Position } from '../format/position.js';
import type { Account } from '../ledger/account.js';
import { type AccountId, FIRST_ACCOUNT_NUMBER, givenAccountNumber } from '../ledger/account-id.js';
import { refuseCancelled } from '../ledger/errors.js';
import { Breath } from './breath.js';
import { CHECKPOINT_FILE, readCheckpoint } from './checkpoint.js';
import { damaged, unlessDamaged } from './damage.js';
import { FIRST_SEGMENT, JOURNAL_START } from './journal.js';
import { Replay } from './replay.js';
import { follow, readOpenPages, sumProblem, sumsOf } from './roster.js';
import type { BankFiles, Station } from './store.js';
import { findStrays } from './strays.js';
import { type ToldAccounts, verifyRoster } from './verify-index.js';
import { KeysStep } from './verify-keys.js';
import { openFile, problemOf, type Report, walkPassbook } from './verify-passbook.js';

/** Something that is not as the bank left it. `file` is relative to the bank's directory. */
export interface Problem {
  readonly file: string;
  readonly what: string;
  /** The disk does not give what is there: nothing is known of it, and nothing said of the books. */
  readonly unread?: boolean;
}

/** One named check, and what it looked at: `1202 passbooks, 96255 rows`. */
export interface VerifyStep {
  readonly name: string;
  readonly checked: string;
  readonly problems: readonly Problem[];
}

export interface Verification {
  readonly ok: boolean;
  /** Number of the last entry that was verified. */
  readonly asOf: number;
  readonly steps: readonly VerifyStep[];
}

export interface VerifyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Look at ends, heads and open pages alone: quick however long the history is. */
  readonly quick?: boolean | undefined;
  /** Called as the work goes on: passbooks done, passbooks in all. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

interface Options extends VerifyOptions {
  readonly report: Report;
}

type Files = Pick<BankFiles, 'disk' | 'system' | 'directory' | 'passbooks' | 'journal'> & {
  readonly log: Pick<BankFiles['log'], 'head' | 'read'>;
  /** Absent where the desks are away on purpose. */
  readonly stations?: BankFiles['stations'];
};

/** The steps that look at the books themselves; the others look at what lies around them. */
const BOOK_STEPS: readonly string[] = ['segments', 'journal', 'checkpoint', 'passbooks', 'sums'];

/** What is wrong with the books, if anything is. What lies around them makes no answer wrong. */
export function bookProblem({ steps }: Verification): Problem | undefined {
  const books = steps.filter(({ name }) => BOOK_STEPS.includes(name));
  return books.flatMap(({ problems }) => problems).find(({ unread }) => !unread);
}

/** What else than damage is a problem of its step, and no end of the work, is said by `report`. */
export async function verifyFiles(
  files: Files,
  given: VerifyOptions,
  report: Report = problemOf,
): Promise<Verification> {
  const options: Options = { ...given, report };
  const checkpoint = await readCheckpoint(files.disk, files.directory);
  const head = (await files.log.head()) ?? checkpoint.position;
  const steps: VerifyStep[] = [];
  if (files.stations) steps.push(await verifyDesks(files.stations, report));
  steps.push(await toItsEnd('segments', report, () => verifySegments(files, head, report)));
  const books = options.quick
    ? await verifyEnds(files, checkpoint, head, options)
    : await verifyBooks(files, checkpoint, head, options);
  steps.push(...books.steps, await toItsEnd('files', report, () => verifyTree(files)));
  const ok = steps.every(({ problems }) => problems.length === 0);
  return { ok, asOf: books.asOf, steps };
}

/** A step, or what it could not get past: the others are not kept from theirs. */
async function toItsEnd(
  name: string,
  report: Report,
  step: () => Promise<VerifyStep>,
): Promise<VerifyStep> {
  try {
    return await step();
  } catch (error) {
    return { name, checked: 'not to its end', problems: [report(error, '.')] };
  }
}

async function verifyDesks(
  stations: Readonly<Record<string, Station>>,
  report: Report,
): Promise<VerifyStep> {
  const problems: Problem[] = [];
  const epochs: string[] = [];
  for (const [role, { desks, queue }] of Object.entries(stations)) {
    try {
      await queue.names();
      epochs.push(`${role} in epoch ${(await desks.find()).owner.number}`);
    } catch (error) {
      problems.push(report(error, `desks/${role}`));
    }
  }
  return { name: 'desks', checked: epochs.join(', '), problems };
}

/**
 * Each segment's head is whole, and pins the one before where it has that seal. Behind what was answered
 * for lies nothing that would stop the next writer.
 */
async function verifySegments(
  { journal, disk }: Files,
  head: Position,
  report: Report,
): Promise<VerifyStep> {
  const problems: Problem[] = [];
  const segments = await journal.segments();
  const all = (await disk.list(journal.folder)).filter((name) => parseSegmentName(name));
  for (const [index, name] of segments.entries()) {
    try {
      const { control } = await journal.pinOf(name);
      const { segment = '', length: offset = 0, seal = '' } = control.pin ?? {};
      const wanted = index === 0 ? '' : segments[index - 1];
      if (index === 0 && name !== FIRST_SEGMENT) {
        throw damaged(`journal/${FIRST_SEGMENT}`, 'the segment is missing');
      }
      if (segment !== wanted) {
        throw damaged(`journal/${name}`, `it goes on from ${segment}, not from ${wanted}`);
      }
      if (index > 0 && !(await journal.holds({ segment, offset, transfer: 0, epoch: 0, seal }))) {
        const what = `at byte ${offset} it is not what ${name} goes on from`;
        throw damaged(`journal/${segment}`, what);
      }
    } catch (error) {
      problems.push(report(error, `journal/${name}`));
    }
  }
  if (problems.length === 0 && segments.length > 0) {
    try {
      await journal.findTail(head);
    } catch (error) {
      problems.push(report(error, `journal/${head.segment}`));
    }
  }
  if (segments.length === 0)
    problems.push({ file: `journal/${FIRST_SEGMENT}`, what: 'the segment is missing' });
  const void_ = all.length - segments.length;
  const checked = `${segments.length} segments${void_ > 0 ? `, ${void_} void` : ''}`;
  return { name: 'segments', checked, problems };
}

/** Steps that looked at the books, and the last entry that they saw. */
interface Books {
  readonly asOf: number;
  readonly steps: readonly VerifyStep[];
}

/** Both books from the first row on. */
async function verifyBooks(
  files: Files,
  checkpoint: Checkpoint,
  head: Position,
  options: Options,
): Promise<Books> {
  const replay = new Replay(checkpoint.position.transfer);
  // Looked at before the journal: then it is known up to where its keys count.
  const keys = new KeysStep(options.report);
  await keys.look(files, checkpoint, false);
  const journal = await verifyJournal(files, replay, head, options, keys);
  // What the journal does not tell cannot be held against the passbooks.
  const asOf = replay.transfer;
  if (journal.problems.length > 0) return { asOf, steps: [journal] };
  const posted = await toItsEnd('checkpoint', options.report, () =>
    verifyCheckpoint(files, replay, checkpoint),
  );
  const passbooks = await toItsEnd('passbooks', options.report, () =>
    verifyPassbooks(files, replay, checkpoint, options),
  );
  const steps = [journal, posted, passbooks, sumsStep(replay.sums())];
  const told = {
    account: (id: AccountId) => replay.accounts.get(id)?.account,
    transfer: replay.transfer,
    renamed: replay.renamed,
    posted: replay.posted.accounts(),
  };
  const index = await verifyIndex(files, checkpoint, told, options.report);
  return { asOf, steps: [...steps, index, keys.end(replay.transfer)] };
}

/** An index makes no answer wrong. One that does not go with the checkpoint counts for nothing, and is no damage. */
function verifyIndex(
  files: Files,
  checkpoint: Checkpoint,
  told: ToldAccounts | undefined,
  report: Report,
): Promise<VerifyStep> {
  const name = 'index';
  return toItsEnd(name, report, async () => {
    const checked = await verifyRoster(files, checkpoint, told);
    return { name, checked, problems: [] };
  });
}

async function verifyJournal(
  files: Files,
  replay: Replay,
  head: Position,
  { signal, report }: Options,
  keys: KeysStep,
): Promise<VerifyStep> {
  let batches = 0;
  const breath = new Breath(files.system);
  const problems: Problem[] = [];
  try {
    for await (const { entries, position } of files.log.read(JOURNAL_START, head)) {
      refuseCancelled(signal);
      await breath.take();
      if (entries.length > 0) batches++;
      keys.follow(entries);
      const what = replay.followAll(entries);
      if (what === undefined) continue;
      problems.push({ file: `journal/${position.segment}`, what });
      break;
    }
  } catch (error) {
    problems.push(report(error, 'journal'));
  }
  return { name: 'journal', checked: `${replay.transfer} entries in ${batches} batches`, problems };
}

async function verifyCheckpoint(
  { journal }: Pick<Files, 'journal'>,
  replay: Replay,
  checkpoint: Checkpoint,
): Promise<VerifyStep> {
  const what = await whyNoCheckpoint(journal, replay, checkpoint);
  const problems = what === undefined ? [] : [{ file: CHECKPOINT_FILE, what }];
  const { nextAccount, position } = checkpoint;
  const checked = `at entry ${position.transfer}, next account number ${nextAccount}`;
  return { name: 'checkpoint', checked, problems };
}

/** What is wrong with a checkpoint, seen from a journal that was replayed to its end. */
async function whyNoCheckpoint(
  journal: Files['journal'],
  replay: Replay,
  { position, nextAccount, bookedAt }: Checkpoint,
): Promise<string | undefined> {
  if (position.transfer > replay.transfer)
    return `it stands at entry ${position.transfer}; the journal ends at ${replay.transfer}`;
  if (!(await unlessDamaged(() => journal.holds(position))))
    return `the journal has another seal at byte ${position.offset} of ${position.segment}`;
  const { posted } = replay;
  if (nextAccount !== posted.nextAccount)
    return `it names ${nextAccount} as the next account number; it is ${posted.nextAccount}`;
  if (bookedAt !== posted.bookedAt)
    return `it says that entry ${position.transfer} was booked at "${bookedAt}"`;
  return undefined;
}

async function verifyPassbooks(
  files: Files,
  replay: Replay,
  { position }: Checkpoint,
  { signal, onProgress, report }: Options,
): Promise<VerifyStep> {
  const problems: Problem[] = [];
  const missing = replay.posted.accounts();
  const ahead: [AccountId, number][] = [];
  let passbooks = 0;
  let rows = 0;
  const breath = new Breath(files.system);
  for await (const name of files.passbooks.ids()) {
    refuseCancelled(signal);
    await breath.take();
    const id = name as AccountId;
    const walked = await walkPassbook(files, replay, id, report);
    rows += walked.rows;
    if (walked.problem) problems.push(walked.problem);
    else if (walked.newest > replay.transfer) ahead.push([id, walked.newest]);
    // Who was removed between the list and the look at it is missing still.
    if (walked.pages > 0 || walked.problem) missing.delete(id);
    passbooks++;
    onProgress?.(passbooks, replay.accounts.size);
  }
  const what = `the passbook is missing; the journal has posted it up to entry ${position.transfer}`;
  for (const id of missing) problems.push({ file: openFile(id), what });
  // What was booked meanwhile is in the journal by now.
  const end = ahead.length === 0 ? undefined : await files.log.head();
  for (const [id, newest] of ahead) {
    const last = end?.transfer ?? replay.transfer;
    if (newest <= last) continue;
    const told = `it shows entry ${newest}, and the journal ends at entry ${last}`;
    problems.push({ file: openFile(id), what: told });
  }
  return { name: 'passbooks', checked: `${passbooks} passbooks, ${rows} rows`, problems };
}

function sumsStep(sums: ReadonlyMap<string, bigint>): VerifyStep {
  const problems: Problem[] = [];
  for (const [currency, sum] of sums) {
    if (sum !== 0n) problems.push({ file: 'accounts', what: sumProblem(currency, sum) });
  }
  const currencies = [...sums.keys()].sort().join(', ') || 'no accounts yet';
  return { name: 'sums', checked: currencies, problems };
}

/** The journal behind the checkpoint, the open page of each account, and that they add up. */
async function verifyEnds(
  files: Files,
  checkpoint: Checkpoint,
  head: Position,
  { signal, report }: Options,
): Promise<Books> {
  const { position, nextAccount } = checkpoint;
  const { journal } = files;
  const name = 'checkpoint';
  const steps = [
    await toItsEnd(name, report, async () => {
      const sound = await unlessDamaged(() => journal.holds(position));
      const what = `the journal has no such seal at byte ${position.offset}`;
      const checked = `at entry ${position.transfer}, next account number ${nextAccount}`;
      return { name, checked, problems: sound ? [] : [{ file: CHECKPOINT_FILE, what }] };
    }),
  ];
  const { accounts, problems } = await readOpenPages(files, report, signal);
  const tail: Problem[] = [];
  let entries = 0;
  try {
    // Asked anew: a page may be further than the head was.
    const end = (await files.log.head()) ?? head;
    for await (const batch of files.log.read(position, end)) {
      for (const entry of batch.entries) {
        if (entry.transfer <= position.transfer + entries) continue; // Copied from before.
        entries++;
        if (problems.length === 0) follow(accounts, entry);
      }
    }
    for (const { id, transfer } of accounts.values()) {
      if (transfer <= end.transfer) continue;
      const what = `it shows entry ${transfer}, and the journal ends at entry ${end.transfer}`;
      problems.push({ file: openFile(id), what });
    }
  } catch (error) {
    tail.push(report(error, 'journal'));
  }
  if (problems.length === 0) problems.push(...missingNumbers(accounts, nextAccount));
  steps.push({
    name: 'journal',
    checked: `${entries} entries behind the checkpoint`,
    problems: tail,
  });
  steps.push({ name: 'passbooks', checked: `${accounts.size} open pages`, problems });
  if (problems.length === 0 && tail.length === 0) steps.push(sumsStep(sumsOf(accounts)));
  const keys = new KeysStep(report);
  await keys.look(files, checkpoint, true);
  steps.push(await verifyIndex(files, checkpoint, undefined, report), keys.end(0));
  return { asOf: position.transfer + entries, steps };
}

/** Every number that the bank has given out has its passbook. */
function missingNumbers(accounts: ReadonlyMap<AccountId, Account>, nextAccount: number): Problem[] {
  const seen = new Set<number>();
  for (const id of accounts.keys()) seen.add(givenAccountNumber(id) ?? 0);
  const given = nextAccount - FIRST_ACCOUNT_NUMBER;
  const there = [...seen].filter(
    (number) => number >= FIRST_ACCOUNT_NUMBER && number < nextAccount,
  );
  const count = given - there.length;
  if (count === 0) return [];
  return [{ file: 'accounts', what: `${count} of ${given} accounts given out have no open page` }];
}

async function verifyTree(files: Files): Promise<VerifyStep> {
  const { names, hidden, staged, problems } = await findStrays(files);
  const aside = hidden > 0 ? `, ${hidden} hidden ones left aside` : '';
  const papers = staged > 0 ? `, ${staged} staged on a desk` : '';
  return { name: 'files', checked: `${names} names${aside}${papers}`, problems };
}
