/**
 * Putting right what a crash leaves, and what damage broke, from what the other book tells. Opening a
 * bank does the first part as well; here each step is told. What neither book proves is reported, and
 * the bank stays stopped.
 *
 * After a crash at any step, its own among them: run again it ends in the same bank (standstill.ts).
 */
import { join } from 'node:path';
import { ifThere } from '../disk/disk.js';
import type { Manifest } from '../format/manifest.js';
import { BankError } from '../ledger/errors.js';
import { answeredBefore, marksIn } from './answered.js';
import { NO_FILE, NO_FOLDER, NOWHERE } from './bank-disk.js';
import { readCheckpoint } from './checkpoint.js';
import { acceptCopy, isCopy } from './copy.js';
import { damaged, declareDamage, PAIN_FILE, readNotice } from './damage.js';
import { type Diagnosis, diagnose, type Finding, lookFirst } from './diagnosis.js';
import { asBankError } from './disk-error.js';
import { endsEarly } from './file-log.js';
import type { Host } from './host.js';
import { MANIFEST_FILE, readManifest } from './manifest-file.js';
import { INDEX_FOLDER, isOfIndex } from './sorted-index.js';
import { findDesks, isNoFile, Standstill } from './standstill.js';
import { type BankFiles, wire } from './store.js';
import { type Problem, verifyFiles } from './verify.js';
import { problemOf } from './verify-passbook.js';

export interface Recovery {
  readonly state: 'clean' | 'repaired' | 'problems';
  readonly findings: readonly Finding[];
  /** What is left, or in a dry run waits for `apply`. */
  readonly problems: readonly Problem[];
  /** Nobody works on the bank, and nobody will until it is repaired. */
  readonly stopped: boolean;
}

export interface RecoverOptions {
  /** Do what could lose information too; without it that is only told. */
  readonly apply?: boolean | undefined;
  /** Make the indexes anew, also where nothing is wrong with them. */
  readonly rebuildIndex?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called as the work goes on, which has several passes: passbooks done, passbooks in all. */
  readonly onProgress?: ((pass: RecoverPass, done: number, all: number) => void) | undefined;
}

/** What is being done: both books are held against each other, or what is wrong is looked into. */
export type RecoverPass = 'verify' | 'diagnose';

/** A bank's files, and who hears how far the work on them is. */
interface Work extends BankFiles {
  readonly onProgress: RecoverOptions['onProgress'];
}

/** Told of one pass. */
function progressOf({ onProgress }: Work, pass: RecoverPass) {
  return (done: number, all: number) => onProgress?.(pass, done, all);
}

export async function recoverBank(
  host: Host,
  directory: string,
  options: RecoverOptions,
): Promise<Recovery> {
  const manifest = await findManifest(host, directory);
  if ('what' in manifest)
    return { state: 'problems', findings: [], problems: [manifest], stopped: true };
  const { onProgress } = options;
  const files: Work = { ...wire(host, directory, manifest), onProgress };
  try {
    const stopped = await findNotice(files);
    const found = stopped ? [stopped] : await verifyAsFound(files, options.signal);
    const seen = found.filter(isOfBooks);
    if (seen.length === 0) {
      const index = whyMakeIndex(found, options);
      const findings = await putRight(files, options.signal, index);
      return notMade(findings, index) ?? (await finish(files, findings));
    }
    if (options.apply) return await repair(files, seen, stopped, options);
    const looks = { signal: options.signal, onProgress: progressOf(files, 'diagnose') };
    return planned(stopped, seen, await diagnose(files, looks));
  } catch (error) {
    throw await toldStopped(files, error);
  } finally {
    await files.log.close();
  }
}

/** Says so where the bank is stopped by now, be it by this recovery: the refusal alone sounds as if it were not. */
async function toldStopped(files: BankFiles, error: unknown): Promise<unknown> {
  if ((await findNotice(files)) === undefined) return error;
  const hint = 'It stays stopped until this has come to its end: run it again, with --apply.';
  return adding(error, 'The bank is stopped.', hint);
}

/** A refusal that says what it left. */
function adding(error: unknown, fact: string, hint: string): unknown {
  const told = asBankError(error);
  if (!(told instanceof BankError)) return error;
  const { code, details } = told;
  return new BankError(code, `${told.message.replace(/\.?$/, '.')} ${fact}`, {
    details,
    hint,
    cause: error,
  });
}

/** `bank.json`, or why it cannot be read where everything else of a bank is. */
async function findManifest(host: Host, directory: string): Promise<Manifest | Problem> {
  const disk = host.disk({ shared: false });
  try {
    return await readManifest(disk, directory);
  } catch (error) {
    if (!(error instanceof BankError)) throw error;
    const rest = 'nothing else tells the digits of each currency: bring it back from a backup';
    if (error.code === 'BANK_DAMAGED') {
      const { file, what } = problemOf(error, MANIFEST_FILE);
      return { file, what: `${what}; ${rest}` };
    }
    if (error.code !== 'BANK_NOT_FOUND') throw error;
    for (const folder of ['accounts', 'journal'])
      if (!(await disk.exists(join(directory, folder)))) throw error;
    return { file: MANIFEST_FILE, what: `the file is missing; ${rest}` };
  }
}

async function readStanding({ disk, directory }: BankFiles): Promise<Problem | undefined> {
  try {
    const notice = await ifThere(() => disk.read(join(directory, PAIN_FILE)));
    const told = notice && (readNotice(notice.toString('utf8')) ?? 'the notice says nothing');
    if (told) return { file: PAIN_FILE, what: `the bank was stopped: ${told}` };
    if (await isNoFile(disk, join(directory, PAIN_FILE))) return { file: PAIN_FILE, what: NOWHERE };
    return undefined;
  } catch (error) {
    return problemOf(error, PAIN_FILE);
  }
}

/** The notice, or a desk that is not where it should be: nobody works on the bank. */
async function findNotice(files: BankFiles): Promise<Problem | undefined> {
  const standing = await readStanding(files);
  if (standing) return standing;
  for (const { role, desks } of await findDesks(files)) {
    const [desk, ...more] = desks;
    if (desk?.away) return { file: `desks/${role}/${desk.name}`, what: 'the desk was moved away' };
    if (!desk) return { file: `desks/${role}`, what: 'the desk is missing' };
    if (more.length > 0) return { file: `desks/${role}`, what: 'there are several desks' };
  }
  return undefined;
}

/** Both books as they lie there; up to the journal's end, if nobody has answered for it yet. */
async function verifyAsFound(
  files: Work,
  signal: AbortSignal | undefined,
  away = false,
): Promise<Problem[]> {
  const { disk, system, directory, journal, passbooks, stations } = files;
  try {
    // Marks in a copy say what the original had answered.
    const unmarked = away || (await isCopy(files));
    const end = async () => {
      const tail = await journal.findTail((await readCheckpoint(disk, directory)).position);
      const reached = unmarked ? 0 : await answeredBeforeReboot(files);
      if (tail.position.transfer < reached) throw endsEarly(tail, reached);
      return tail.position;
    };
    const head = async () => (unmarked ? undefined : await files.log.head()) ?? (await end());
    const log = { head, read: journal.read.bind(journal) };
    const parts = { disk, system, directory, journal, passbooks, log };
    const looked = away ? parts : { ...parts, stations };
    const onProgress = progressOf(files, 'verify');
    const { steps } = await verifyFiles(looked, { signal, onProgress });
    return steps.flatMap(({ problems }) => problems);
  } catch (error) {
    return [problemOf(error, 'journal')];
  }
}

async function answeredBeforeReboot({ disk, system, stations }: BankFiles): Promise<number> {
  const marks = await marksIn(disk, await stations.writer.desks.find());
  return answeredBefore(marks, system.identity.boot);
}

/** What a dry run tells. */
function planned(
  stopped: Problem | undefined,
  seen: readonly Problem[],
  found: Diagnosis,
): Recovery {
  const notice = stopped?.file === PAIN_FILE ? [noticeFinding(stopped, false)] : [];
  const findings = [...notice, ...found.desks, ...found.findings];
  const waiting = findings.map(({ file, what }) => ({ file, what: `${what} (run with --apply)` }));
  const rest = { state: 'problems', stopped: stopped !== undefined } as const;
  if (found.problems.length > 0) return { ...rest, findings: [], problems: found.problems };
  // What was seen and is no longer there was on its way: somebody is at work.
  const problems = waiting.length > 0 ? waiting : seen;
  return { ...rest, findings, problems };
}

function noticeFinding({ file, what }: Problem, done: boolean): Finding {
  return { file, what, action: 'moved to lost+found', done };
}

async function repair(
  files: Work,
  [first = { file: '.', what: 'something is wrong' }]: readonly Problem[],
  stopped: Problem | undefined,
  options: RecoverOptions,
): Promise<Recovery> {
  const { signal } = options;
  const { epochMax, desks } = await lookFirst(files, signal);
  const still = await Standstill.begin(files, first, epochMax);
  try {
    // Anew: nobody changes anything any more.
    const onProgress = progressOf(files, 'diagnose');
    const found = await diagnose(files, { signal, onProgress, epoch: still.epoch });
    if (found.problems.length > 0) return left([], found.problems);
    // From here on nothing is given up half-way.
    await carryOut(still, found);
    const seen = await verifyAsFound(files, undefined, true);
    const wrong = seen.filter(isOfBooks);
    const findings = [...desks, ...found.findings].map((finding) => ({ ...finding, done: true }));
    if (wrong.length > 0) return left(findings, wrong);
    await still.takeNoticeDown();
    const standing = await readStanding(files); // Another one, of somebody who came meanwhile.
    if (standing) return left(findings, [standing]);
    await still.resume();
    const notice = stopped?.file === PAIN_FILE ? [noticeFinding(stopped, true)] : [];
    return await goOn(files, [...notice, ...findings], whyMakeIndex(seen, options));
  } finally {
    await still.release();
  }
}

/** What is repaired is taken over, and posted, as at any opening. */
async function goOn(
  files: Work,
  findings: readonly Finding[],
  index: Problem | undefined,
): Promise<Recovery> {
  try {
    const more = await putRightOrStop(files, index);
    if ('what' in more) return left(findings, [more]);
    const other = await findNotice(files); // Somebody has found something since the last look.
    if (other) return left(findings, [other]);
    const all = [...findings, ...more];
    return notMade(all, index) ?? (await finish(files, all));
  } catch (error) {
    const hint = 'Run this again: it says whether anything is left.';
    throw adding(error, 'What was damaged has been repaired before.', hint);
  }
}

/** What is told where an index was to be made anew, and was not: whoever posts makes it, and that is another process now. */
function notMade(findings: readonly Finding[], index: Problem | undefined): Recovery | undefined {
  if (index === undefined || findings.some(({ file }) => file === index.file)) return undefined;
  const { file, what } = index;
  const told = `${what}, and could not be: a program that has the bank open posts, or the disk refuses it; run this again`;
  return { state: 'problems', findings, problems: [{ file, what: told }], stopped: false };
}

/** What a repair leaves: the bank is stopped. */
function left(findings: readonly Finding[], problems: readonly Problem[]): Recovery {
  return { state: 'problems', findings, problems, stopped: true };
}

/** The journal first: the one rename of its last segment decides. Then what follows from it. */
async function carryOut(still: Standstill, found: Diagnosis): Promise<void> {
  const isJournal = (file: string) => file.startsWith('journal/');
  for (const file of found.aside) if (!isJournal(file)) await still.putAside(file);
  for (const { file, bytes } of found.written) await still.publish(file, bytes);
  for (const file of found.aside) if (isJournal(file)) await still.putAside(file);
  for (const { pages, aside } of found.passbooks) {
    for (const page of aside) await still.putAside(page);
    for (const { file, text } of pages) await still.publish(file, Buffer.from(text));
  }
}

/** What the journal has and the passbooks have not is posted before anybody is told that all is well. */
async function putRightOrStop(
  files: BankFiles,
  index: Problem | undefined,
): Promise<readonly Finding[] | Problem> {
  try {
    const findings = await putRight(files, undefined, index);
    return findings.filter(({ file }) => file !== 'journal');
  } catch (error) {
    const problem = problemOf(error, 'journal');
    await stop(files, problem);
    return problem;
  }
}

/** From here on nobody works on the bank, be it open or not. */
async function stop(files: BankFiles, problem: Problem): Promise<void> {
  await declareDamage(files, damaged(problem.file, problem.what));
}

/** Not of an index, which loses nothing when it is made anew; but for what lies where its files belong. */
function isOfBooks({ file, what }: Problem): boolean {
  return !isOfIndex(file) || [NO_FILE, NO_FOLDER, NOWHERE].includes(what);
}

/** Why an index is to be made anew, if it is: for what was found of it, or because somebody asked. */
function whyMakeIndex(
  found: readonly Problem[],
  { rebuildIndex }: RecoverOptions,
): Problem | undefined {
  const asked = rebuildIndex ? { file: INDEX_FOLDER, what: 'it is to be made anew' } : undefined;
  return found.find((problem) => !isOfBooks(problem)) ?? asked;
}

/**
 * Takes the bank over as any opening does, and brings the passbooks up to date. Of the indexes they are made anew
 * where `index` says why.
 */
async function putRight(
  files: BankFiles,
  signal: AbortSignal | undefined,
  index: Problem | undefined,
): Promise<Finding[]> {
  const { disk, directory, log, poster } = files;
  const findings: Finding[] = [];
  if (await isCopy(files)) {
    await acceptCopy(files);
    const what = 'the bank is a copy, or was moved from another file system';
    findings.push({ file: '.', what, action: 'verified and made durable', done: true });
  }
  const before = await readCheckpoint(disk, directory);
  const head = (await log.head()) ?? (await log.lead(undefined, signal));
  const unposted = head.transfer - before.position.transfer;
  if (log.leading) {
    const what = 'nobody had opened the bank since its machine started';
    findings.push({ file: 'journal', what, action: 'taken over', done: true });
  }
  await log.leave();
  if (unposted > 0 && (await poster.tryStart())) {
    await poster.post();
    await poster.stop();
    const what = `${unposted} entries of the journal were not in the passbooks yet`;
    findings.push({ file: 'accounts', what, action: 'posted', done: true });
  }
  if (index !== undefined && (await poster.confirm()))
    findings.push({ ...index, action: 'made anew from the journal', done: true });
  return findings;
}

/** Verifies what was repaired, in use as it is now. */
async function finish(files: Work, findings: readonly Finding[]): Promise<Recovery> {
  const rest = { findings, problems: [], stopped: false };
  if (findings.length === 0) return { state: 'clean', ...rest };
  const problem = (await verifyAsFound(files, undefined)).find(isOfBooks);
  if (problem === undefined) return { state: 'repaired', ...rest };
  await stop(files, problem);
  return left(findings, [problem]);
}
