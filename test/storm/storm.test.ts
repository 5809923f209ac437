import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { openBank } from 'drovebank';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** `npm run test:storm -- --minutes 10`: one storm after the other, each in a bank of its own. */
const MINUTES = Number(process.env.MINUTES ?? 0);
/** The long storm runs in CI, a short one everywhere. */
const LONG = Boolean(process.env.CI) || MINUTES > 0;
const SECONDS = LONG ? 20 : 6;
const STOPPED_MS = LONG ? 8_000 : 2_000;
const STORMS = Math.max(1, Math.ceil((MINUTES * 60) / SECONDS));
const PROGRAM = fileURLToPath(new URL('../programs/random-transfers.js', import.meta.url));
const ACCOUNTS = 40;
const OPENING = '500.00';

interface Note {
  key: string;
  transfer?: number;
  from: string;
  to: string;
  amount: string;
  refused?: string;
  waitedMs: number;
  done?: boolean;
}

/** Where this storm rages. */
let folder = '';
let directory = '';
const notesOf = (name: number) => join(folder, `notes-${name}`);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function start(name: number, ids: readonly string[]): ChildProcess {
  const args = [PROGRAM, directory, notesOf(name), `${SECONDS}`, '8', ids.join(',')];
  return spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

/** The notes of a process; a line that a kill cut off is no answer that anybody got. */
function readNotes(name: number): Note[] {
  if (!existsSync(notesOf(name))) return [];
  const lines = readFileSync(notesOf(name), 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** The journal's rows, read by a parser that we did not write; void bytes are left out by hand. */
function readJournal(): Record<string, string>[] {
  const folder = join(directory, 'journal');
  const segments = readdirSync(folder)
    .filter((name) => /^\d+-\d+\.csv$/.test(name))
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
  const newest = new Map<string, string>();
  for (const name of segments) newest.set(name.split('-')[0] ?? '', name);
  const names = [...newest.values()];
  const texts = names.map((name) => readFileSync(join(folder, name)));
  const rows: Record<string, string>[] = [];
  for (const [index, bytes] of texts.entries()) {
    const next = texts[index + 1];
    const [pin] = next ? (parse(next, { columns: true, to: 1 }) as Record<string, string>[]) : [];
    const text = bytes.subarray(0, pin ? Number(pin.count) : bytes.length);
    for (const row of parse(text, { columns: true })) rows.push(row as Record<string, string>);
  }
  return rows;
}

const TITLE =
  'six processes at random transfers, two killed and one stopped for longer than it may be';

describe.each(Array.from({ length: STORMS }, (_, storm) => storm + 1))(`${TITLE}: %i`, () => {
  const exits: (number | null)[] = [];
  let ids: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'drovebank-storm-'));
    directory = join(folder, 'bank');
    const bank = await openBank(directory, { create: true, currency: 'USD' });
    const opened = Array.from({ length: ACCOUNTS }, (_, index) =>
      bank.openAccount({ firstName: 'Storm', lastName: `${index}` }),
    );
    ids = (await Promise.all(opened)).map(({ id }) => id);
    await bank.transferMany(ids.map((to) => ({ to, amount: OPENING })));
    await bank.close();
    const children = Array.from({ length: 6 }, (_, name) => start(name, ids));
    await pause(1_500);
    children[0]?.kill('SIGSTOP');
    await pause(700);
    children[1]?.kill('SIGKILL');
    await pause(STOPPED_MS - 700);
    children[0]?.kill('SIGCONT');
    children[2]?.kill('SIGKILL');
    exits.push(...(await Promise.all(children.map(ended))));
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('ends every process that was not killed without an error', () => {
    expect(exits).toEqual([0, null, null, 0, 0, 0]);
  });

  it('books every answered transfer exactly once, with the number that was answered', () => {
    const byKey = new Map<string, string[]>();
    const rows = readJournal().filter((row) => row.key !== '');
    const seen = new Set<string>();
    for (const row of rows) {
      // The last batch before a fence stands in two segments; the same entry, not another one.
      const identity = `${row.transfer}/${row.key}`;
      if (seen.has(identity)) continue;
      seen.add(identity);
      byKey.set(row.key ?? '', [...(byKey.get(row.key ?? '') ?? []), row.transfer ?? '']);
    }
    let answered = 0;
    let waited = 0;
    for (let name = 0; name < 6; name++) {
      for (const note of readNotes(name)) {
        if (note.done) continue;
        if (name !== 0) waited = Math.max(waited, note.waitedMs);
        const booked = byKey.get(note.key);
        if (note.refused) expect(booked, `${note.key} was refused`).toBeUndefined();
        else expect(booked, `${note.key} was answered`).toEqual([`${note.transfer}`]);
        answered++;
      }
    }
    console.log(
      `storm: ${answered} answers in ${SECONDS} s, longest wait ${Math.round(waited)} ms`,
    );
    expect(answered).toBeGreaterThan(1_000);
  });

  it('leaves both books whole and the money unchanged', async () => {
    const bank = await openBank(directory);
    const [total] = await bank.totals();
    expect(total?.sum.minor).toBe(0n);
    expect(total?.customers.minor).toBe(BigInt(ACCOUNTS) * 50_000n);
    const { ok, steps } = await bank.verify();
    expect(steps.flatMap(({ problems }) => problems)).toEqual([]);
    expect(ok).toBe(true);
    await bank.close();
    expect(readdirSync(join(directory, 'desks/writer.queue'))).toEqual([]);
    expect(readdirSync(join(directory, 'desks/poster.queue'))).toEqual([]);
  });
});
