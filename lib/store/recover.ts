/**
 * Putting right what a crash leaves, and what was declared damaged without being so (a failed sync).
 * Opening a bank does the first part as well; here each step is told. What either book cannot prove
 * is reported and left. Run again after being cut short at any step, it ends in the same bank.
 */
import { join } from 'node:path';
import { type Disk, errorCode } from '../disk/disk.js';
import { readCheckpoint } from './checkpoint.js';
import { DAMAGED_PREFIX, PAIN_FILE } from './damage.js';
import type { Host } from './host.js';
import { type BankFiles, readManifest, wire } from './store.js';
import { type Problem, verifyFiles } from './verify.js';

/** What was found, and what was or would be done about it. */
export interface Finding {
  readonly file: string;
  readonly what: string;
  readonly action: string;
}

export interface Recovery {
  readonly state: 'clean' | 'repaired' | 'problems';
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
}

export interface RecoverOptions {
  /** Do what could lose information too; without it that is only told. */
  readonly apply?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function recoverBank(
  host: Host,
  directory: string,
  options: RecoverOptions,
): Promise<Recovery> {
  const manifest = await readManifest(host.disk({ shared: false }), directory);
  const files = wire(host, directory, manifest);
  try {
    const stopped = await findStopped(files);
    const problems = await verifyAsFound(files, options.signal);
    if (problems.length > 0) return { state: 'problems', findings: stopped, problems };
    if (stopped.length > 0) {
      if (!options.apply) {
        const waiting = stopped.map(({ file, what }) => ({
          file,
          what: `${what} (run with --apply)`,
        }));
        const planned = stopped.map((finding) => ({
          ...finding,
          action: `would be ${finding.action}`,
        }));
        return { state: 'problems', findings: planned, problems: waiting };
      }
      await startAgain(files);
    }
    const left = await putRight(files, options.signal);
    const findings = [...stopped, ...left];
    return { state: findings.length > 0 ? 'repaired' : 'clean', findings, problems: [] };
  } finally {
    await files.log.close();
  }
}

/** The notice and the desks that were moved away when damage was declared. */
async function findStopped({ disk, directory }: BankFiles): Promise<Finding[]> {
  const found: Finding[] = [];
  if (await disk.exists(join(directory, PAIN_FILE))) {
    const told = (await disk.read(join(directory, PAIN_FILE))).toString('utf8').split('\n')[1];
    const what = `the bank was stopped: ${told || 'the notice says nothing'}`;
    found.push({ file: PAIN_FILE, what, action: 'moved to lost+found' });
  }
  for (const desk of await movedDesks(disk, directory)) {
    found.push({ file: desk, what: 'the desk was moved away', action: 'put back' });
  }
  return found;
}

async function movedDesks(disk: Disk, directory: string): Promise<string[]> {
  const moved: string[] = [];
  for (const role of ['writer', 'poster']) {
    for (const name of await disk.list(join(directory, 'desks', role))) {
      if (name.startsWith(DAMAGED_PREFIX)) moved.push(`desks/${role}/${name}`);
    }
  }
  return moved;
}

/** Both books as they lie there: up to the journal's end, whoever has answered for it. */
async function verifyAsFound(
  files: BankFiles,
  signal: AbortSignal | undefined,
): Promise<Problem[]> {
  const { disk, system, directory, journal, passbooks } = files;
  try {
    const { position } = await readCheckpoint(disk, directory);
    const tail = await journal.findTail(position);
    const log = { head: async () => tail.position, read: journal.read.bind(journal) };
    const { steps } = await verifyFiles({ disk, system, directory, passbooks, log }, { signal });
    return steps.flatMap(({ problems }) => problems);
  } catch (error) {
    const { details } = error as { details?: { file?: unknown; what?: unknown } };
    if (details?.file === undefined) throw error;
    return [{ file: String(details.file), what: String(details.what) }];
  }
}

/** The notice goes last: as long as it lies there, nobody takes the bank for sound. */
async function startAgain({ disk, directory, system }: BankFiles): Promise<void> {
  for (const desk of await movedDesks(disk, directory)) {
    const name = desk.slice(desk.lastIndexOf('/') + 1 + DAMAGED_PREFIX.length);
    const folder = join(directory, desk, '..');
    await disk.rename(join(directory, desk), join(folder, name));
    await disk.syncFolder(folder);
  }
  const time = new Date(system.now()).toISOString().replaceAll(':', '-');
  const lost = join(directory, 'lost+found');
  if (await disk.makeFolder(lost)) await disk.syncFolder(directory);
  await disk.makeFolder(join(lost, time));
  await disk.syncFolder(lost);
  try {
    await disk.rename(join(directory, PAIN_FILE), join(lost, time, PAIN_FILE));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  await disk.syncFolder(join(lost, time));
  await disk.syncFolder(directory);
}

/** Takes the bank over as any opening does, and brings the passbooks up to date. */
async function putRight(files: BankFiles, signal: AbortSignal | undefined): Promise<Finding[]> {
  const { disk, directory, log, poster } = files;
  const findings: Finding[] = [];
  const before = await readCheckpoint(disk, directory);
  const head = (await log.head()) ?? (await log.lead(undefined, signal));
  const unposted = head.transfer - before.position.transfer;
  if (log.leading) {
    findings.push({
      file: 'journal',
      what: 'nobody had opened the bank since its machine started',
      action: 'taken over',
    });
  }
  await log.leave();
  if (unposted > 0 && (await poster.tryStart())) {
    await poster.post();
    await poster.stop();
    const what = `${unposted} entries of the journal were not in the passbooks yet`;
    findings.push({ file: 'accounts', what, action: 'posted' });
  }
  return findings;
}
