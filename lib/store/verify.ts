/**
 * Both books against each other: every seal of the journal, every check of every page, and that they
 * tell the same story. Reads only, and may run while others write: what is booked after it began is
 * left out.
 */
import { accountFolder, pageName } from '../format/account-path.js';
import type { Page, PassbookRow } from '../format/passbook-page.js';
import type { Checkpoint, Position } from '../format/position.js';
import type { AccountId } from '../ledger/account-id.js';
import { BankError, refuseCancelled } from '../ledger/errors.js';
import { Breath } from './breath.js';
import { CHECKPOINT_FILE, readCheckpoint } from './checkpoint.js';
import { Replay, rowDigest } from './replay.js';
import { type BankFiles, JOURNAL_START } from './store.js';

/** Something that is not as the bank left it. `file` is relative to the bank's directory. */
export interface Problem {
  readonly file: string;
  readonly what: string;
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
  /** Called as the work goes on: passbooks done, passbooks in all. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

type Files = Pick<BankFiles, 'disk' | 'system' | 'directory' | 'passbooks'> & {
  readonly log: Pick<BankFiles['log'], 'head' | 'read'>;
};

export async function verifyFiles(files: Files, options: VerifyOptions): Promise<Verification> {
  const checkpoint = await readCheckpoint(files.disk, files.directory);
  const head = (await files.log.head()) ?? checkpoint.position;
  const replay = new Replay(checkpoint.position.transfer);
  const journal = await verifyJournal(files, replay, head);
  const steps = [journal];
  // What the journal does not tell cannot be held against the passbooks.
  if (journal.problems.length === 0) {
    steps.push(verifyCheckpoint(replay, checkpoint));
    steps.push(await verifyPassbooks(files, replay, checkpoint, options));
    steps.push(verifySums(replay));
  }
  const ok = steps.every(({ problems }) => problems.length === 0);
  return { ok, asOf: replay.transfer, steps };
}

async function verifyJournal(files: Files, replay: Replay, head: Position): Promise<VerifyStep> {
  let batches = 0;
  const breath = new Breath(files.system);
  const problems: Problem[] = [];
  try {
    for await (const { entries, position } of files.log.read(JOURNAL_START, head)) {
      await breath.take();
      if (entries.length > 0) batches++;
      for (const entry of entries) {
        const what = replay.follow(entry);
        if (what === undefined) continue;
        problems.push({ file: `journal/${position.segment}`, what });
        return { name: 'journal', checked: `${replay.transfer} entries`, problems };
      }
    }
  } catch (error) {
    problems.push(problemOf(error, 'journal'));
  }
  return { name: 'journal', checked: `${replay.transfer} entries in ${batches} batches`, problems };
}

function verifyCheckpoint(replay: Replay, { nextAccount, position }: Checkpoint): VerifyStep {
  const problems: Problem[] = [];
  const what = `it stands at entry ${position.transfer}; the journal ends at ${replay.transfer}`;
  if (position.transfer > replay.transfer) problems.push({ file: CHECKPOINT_FILE, what });
  return { name: 'checkpoint', checked: `next account number ${nextAccount}`, problems };
}

async function verifyPassbooks(
  files: Files,
  replay: Replay,
  { position }: Checkpoint,
  { signal, onProgress }: VerifyOptions,
): Promise<VerifyStep> {
  const problems: Problem[] = [];
  const missing = new Set<AccountId>();
  for (const [id, { recent }] of replay.accounts) if (!recent.has(0)) missing.add(id);
  let passbooks = 0;
  const breath = new Breath(files.system);
  let rows = 0;
  for await (const name of files.passbooks.ids()) {
    refuseCancelled(signal);
    await breath.take();
    const id = name as AccountId;
    try {
      const found = await verifyPassbook(files, replay, id);
      rows += found.rows;
      if (found.what) problems.push({ file: openFile(id), what: found.what });
    } catch (error) {
      problems.push(problemOf(error, openFile(id)));
    }
    missing.delete(id);
    passbooks++;
    onProgress?.(passbooks, replay.accounts.size);
  }
  const what = `the passbook is missing; the journal has posted it up to entry ${position.transfer}`;
  for (const id of missing) problems.push({ file: openFile(id), what });
  return { name: 'passbooks', checked: `${passbooks} passbooks, ${rows} rows`, problems };
}

/** Walks all pages of one passbook, and holds its rows against the journal's. */
async function verifyPassbook(files: Files, replay: Replay, id: AccountId) {
  const open = await files.passbooks.read(id);
  const told = replay.accounts.get(id);
  if (!open) return { rows: 0, what: undefined }; // It was being listed while somebody removed it.
  const first = open.rows[0].seq;
  let digest = '';
  let seq = 0;
  let before: Page | undefined;
  const walk = (page: Page, rows: readonly PassbookRow[]): string | undefined => {
    if (page.prev !== before?.check)
      return `the page of row ${page.rows[0].seq} does not follow the one before`;
    for (const row of rows) {
      if (row.transfer > replay.transfer) break; // Booked after verify began.
      if (row.seq !== seq + 1) return `row ${row.seq} follows row ${seq}`;
      digest = rowDigest(digest, row);
      seq = row.seq;
    }
    before = page;
    return undefined;
  };
  for (const number of await files.passbooks.sealedPages(id)) {
    const page = await files.passbooks.read(id, number);
    // A page that was sealed while its rows still stand on the open one: a turn cut short, no damage.
    if (!page || page.rows[0].seq >= first || (page.rows.at(-1)?.seq ?? 0) >= first) continue;
    const what = walk(page, page.rows);
    if (what) return { rows: seq, what };
  }
  const what = walk(open, open.rows);
  if (what) return { rows: seq, what };
  if (seq === 0) return { rows: 0, what: undefined };
  if (!told) return { rows: seq, what: 'the journal knows nothing of it' };
  const expected = told.account.seq === seq ? told.digest : told.recent.get(seq);
  if (expected === digest) return { rows: seq, what: undefined };
  return {
    rows: seq,
    what: `it has ${seq} rows, and they are not what the journal tells (${told.account.seq} rows)`,
  };
}

function verifySums(replay: Replay): VerifyStep {
  const problems: Problem[] = [];
  const sums = replay.sums();
  for (const [currency, sum] of sums) {
    if (sum !== 0n)
      problems.push({ file: 'journal', what: `${currency} adds up to ${sum} minor units, not 0` });
  }
  const currencies = [...sums.keys()].sort().join(', ') || 'no accounts yet';
  return { name: 'sums', checked: currencies, problems };
}

function openFile(id: AccountId): string {
  return `${accountFolder(id)}/${pageName(id)}`;
}

function problemOf(error: unknown, file: string): Problem {
  if (!(error instanceof BankError)) throw error;
  const { details } = error;
  return { file: String(details.file ?? file), what: String(details.what ?? error.message) };
}
