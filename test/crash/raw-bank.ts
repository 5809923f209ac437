/**
 * The bank as anybody reads it who has nothing but its files and a CSV parser: an independent model of
 * what the files say. Nothing of the library is used here.
 */
import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';

export type Row = Record<string, string>;
type Files = ReadonlyMap<string, Buffer>;

export const toCents = (text = '') => BigInt((text || '0').replace('.', ''));
const rowsOf = (bytes: Buffer | string): Row[] => parse(bytes, { columns: true });
/** Each row with the text that it was read from, line break included. */
const rawRowsOf = (text: string): { raw: string; record: Row }[] =>
  parse(text, { columns: true, raw: true });

function need(holds: boolean, text: string): asserts holds {
  if (!holds) throw new Error(`raw files: ${text}`);
}

/**
 * Holds journal and passbooks against each other and against `balances`, in cents by account. Answers the
 * journal's entries.
 */
export function readRawBank(
  files: Files,
  bank: string,
  balances: ReadonlyMap<string, bigint>,
): readonly Row[] {
  const { legs: told, entries } = replayJournal(files, `${bank}/journal/`);
  let sum = 0n;
  for (const [id, balance] of balances) {
    const rows = passbookOf(files, `${bank}/accounts/`, id);
    const legs = told.get(id) ?? [];
    need(legs.length === rows.length, `${id}: ${rows.length} rows, by the journal ${legs.length}`);
    rows.forEach((row, index) => {
      need(row.seq === `${index + 1}`, `${id}: row ${row.seq} where ${index + 1} was to come`);
      const same = row.transfer === legs[index]?.transfer && row.balance === legs[index]?.balance;
      need(same, `${id}: row ${row.seq} is not what the journal tells`);
    });
    need(toCents(rows.at(-1)?.balance) === balance, `${id}: the passbook has another balance`);
    sum += balance;
  }
  need(told.size === balances.size, `the journal tells of ${told.size} accounts`);
  need(sum === 0n, `all passbooks add up to ${sum} cents`);
  return entries;
}

/** The rows of all pages. A sealed page may have rows that still stand on the open one as well. */
function passbookOf(files: Files, folder: string, id: string): Row[] {
  const pages = [...files.keys()].filter((path) => path.startsWith(folder)).sort();
  const open = pages.find((path) => path.endsWith(`/${id}.csv`)) ?? '';
  const sealed = pages.filter((path) => path.includes(`/${id}.`) && path !== open);
  const last = rowsOf(files.get(open) ?? '');
  const first = Number(last[0]?.seq);
  const before = sealed.flatMap((path) => rowsOf(files.get(path) ?? ''));
  return [...before.filter(({ seq }) => Number(seq) < first), ...last];
}

/** The entries and every account's legs, by the segments that count, each as far as the next one says. */
function replayJournal(files: Files, folder: string) {
  const legs = new Map<string, { transfer: string; balance: string }[]>();
  const entries: Row[] = [];
  let [seal, transfer] = ['0'.repeat(64), 0];
  const newest: Record<string, number> = {};
  const book = (entry: Row) => {
    if (Number(entry.transfer) <= transfer) return; // Copied from the segment before.
    need(
      Number(entry.transfer) === ++transfer,
      `entry ${entry.transfer} where ${transfer} was due`,
    );
    entries.push(entry);
    for (const side of ['debit', 'credit']) {
      const { [side]: id = '', [`${side}_seq`]: seq, [`${side}_balance`]: balance = '' } = entry;
      if (id === '') continue;
      const known = legs.get(id) ?? [];
      need(seq === `${known.length + 1}`, `${id}: row ${seq} behind ${known.length}`);
      known.push({ transfer: `${transfer}`, balance });
      legs.set(id, known);
    }
  };
  const segments = segmentsOf(files, folder);
  segments.forEach((bytes, index) => {
    const next = segments[index + 1]?.toString('utf8').split('\n').slice(0, 2).join('\n');
    const end = next === undefined ? bytes.length : Number(rowsOf(next)[0]?.count);
    // Behind what counts there may be room that was made ahead.
    const text = bytes.subarray(0, end).toString('utf8').replace(/\0+$/, '');
    let since = text.slice(0, text.indexOf('\n') + 1);
    let batch: Row[] = [];
    for (const { raw, record: row } of rawRowsOf(text)) {
      since += raw;
      batch.push(row);
      if (!['pin', 'seal', 'leave'].includes(row.type ?? '')) continue;
      const own = row.seal ?? '';
      need(
        sha256(seal + since.slice(0, -own.length - 1)) === own,
        `a seal of segment ${index + 1}`,
      );
      // Of its kind: behind a pin there may be a batch that somebody decided before.
      const { type = '' } = row;
      const [epoch, before] = [Number(row.epoch), newest[type] ?? 0];
      need(epoch >= before, `a ${type} of epoch ${epoch} behind one of epoch ${before}`);
      newest[type] = epoch;
      batch.slice(0, -1).forEach(book);
      [seal, since, batch] = [own, '', []];
    }
  });
  return { legs, entries };
}

/** Of two segments with one number the one with the higher epoch counts. */
function segmentsOf(files: Files, folder: string): Buffer[] {
  const counting = new Map<number, [epoch: number, bytes: Buffer]>();
  for (const [path, bytes] of files) {
    const [, number, epoch] = /\/(\d+)-(\d+)\.csv$/.exec(path) ?? [];
    if (number === undefined || !path.startsWith(folder)) continue;
    const known = counting.get(Number(number));
    if (!known || known[0] < Number(epoch)) counting.set(Number(number), [Number(epoch), bytes]);
  }
  return [...counting].sort(([a], [b]) => a - b).map(([, [, bytes]]) => bytes);
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
