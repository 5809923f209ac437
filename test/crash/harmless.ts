/** Why a damage that nobody sees does no harm: told from where it struck, not from what came of it. */
import { decodeIndexList } from '#lib/format/index-list.js';
import { KEYS_FILE } from '#lib/store/key-index.js';
import { ROSTER_FILE } from '#lib/store/roster-index.js';
import { INDEX_FOLDER } from '#lib/store/sorted-index.js';
import type { DamageBank } from './damage-bank.js';
import { type Damage, kindOf, segmentsOf } from './damages.js';
import { BANK } from './oracle.js';

/** `undefined`: nothing says that it is harmless. */
export function whyHarmless(damage: Damage, bank: DamageBank): string | undefined {
  const [file = ''] = damage.files;
  const path = `${BANK}/${file}`;
  const bytes = bank.bytes.get(path);
  const struck = damage.bytes();
  if (bytes === undefined || damage.files.length > 1) return whyNoFile(file);
  switch (kindOf(path, bank)) {
    case 'mark':
      return damage.older
        ? 'an older mark: an older moment is shown, until somebody writes'
        : 'a mark says no more than the journal does';
    case 'tickets':
      return 'nobody waits any more';
    case 'checkpoint':
      return damage.older ? 'an older checkpoint: the rest is posted again' : undefined;
    case 'index':
      return damage.older || struck === undefined
        ? whyNoIndex(file)
        : whyRun(file, bytes, struck, bank);
    case 'earlier segments':
    case 'last segment':
      return whySegment(path, bytes, struck, bank);
    default:
      return undefined;
  }
}

function whyNoFile(file: string): string | undefined {
  if (file === INDEX_FOLDER) return whyNoIndex(file);
  if (file.endsWith('.queue')) return 'nobody waits any more';
  if (file.endsWith('.lock')) return 'nobody holds the lock any more';
  if (/^desks\/(?:writer|poster)\//.test(file))
    return 'a desk under another epoch: the next one is above the journal’s';
  return undefined;
}

/** A list that is missing, or does not go with the checkpoint; a run that is missing is found. */
function whyNoIndex(file: string): string | undefined {
  if (![ROSTER_FILE, KEYS_FILE, INDEX_FOLDER].includes(file)) return undefined;
  return 'no index goes with the checkpoint: the books are read instead, until somebody posts';
}

/** What of a run neither its list nor its table covers. */
function whyRun(
  file: string,
  bytes: Buffer,
  struck: Buffer | undefined,
  bank: DamageBank,
): string | undefined {
  if (file === ROSTER_FILE || file === KEYS_FILE) return undefined;
  const listFile = file.startsWith('index/keys') ? KEYS_FILE : ROSTER_FILE;
  const list = decodeIndexList(bank.bytes.get(`${BANK}/${listFile}`)?.toString() ?? '');
  const run = list.runs.find(({ name }) => file.endsWith(`/${name}`));
  if (run === undefined) return 'no list names this run';
  const start = bytes.indexOf(10) + 1;
  const counts = bytes.subarray(start, run.bytes);
  if (struck?.subarray(start, run.bytes).equals(counts) !== true) return undefined;
  return 'the first line of a run is for people, and what lies behind its table is nothing';
}

/** Bytes behind the length that counts. */
function whySegment(
  path: string,
  bytes: Buffer,
  struck: Buffer | undefined,
  bank: DamageBank,
): string | undefined {
  const counts = lengthThatCounts(path, bytes, bank.bytes);
  if (struck?.subarray(0, counts).equals(bytes.subarray(0, counts)) !== true) return undefined;
  const isLast = path === segmentsOf(bank.bytes).at(-1);
  return isLast
    ? 'behind the last batch there is no more than a leave, or room'
    : 'void: behind the length that the next segment pins';
}

function lengthThatCounts(path: string, bytes: Buffer, all: ReadonlyMap<string, Buffer>): number {
  const segments = segmentsOf(all);
  const next = all.get(segments[segments.indexOf(path) + 1] ?? '');
  if (next !== undefined) {
    const [, pin = ''] = next.toString('utf8').split('\n');
    return Number(pin.split(',').at(-2));
  }
  const text = bytes.toString('latin1');
  const last = text.lastIndexOf('\nseal,');
  return text.indexOf('\n', last + 1) + 1;
}
