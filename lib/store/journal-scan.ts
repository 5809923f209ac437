/**
 * What the bytes of a journal segment say: batch after batch, each held against its seal.
 * Pure: the bytes are handed in.
 */
import { undamaged } from '../format/damage.js';
import {
  type ControlRow,
  decodeControl,
  decodeEntry,
  JOURNAL_HEADER,
  sealOf,
} from '../format/journal-row.js';
import type { DigitsOf } from '../format/passbook-page.js';
import type { Entry } from '../ledger/entry.js';

/** The bytes from one control row's end to the next one's, found whole. */
export interface Batch {
  readonly control: ControlRow;
  /** Byte offsets in the segment. */
  readonly start: number;
  readonly end: number;
  /** The entries' lines, without the control row. */
  readonly lines: Buffer;
}

const SEAL_LINE = Buffer.from('\nseal,');
const CONTROL_STARTS = ['seal,', 'leave,', `${JOURNAL_HEADER}\npin,`].map((text) =>
  Buffer.from(text),
);
/** `<seal>\n` at the end of every control row. */
const SEAL_BYTES = 64 + 1;

/** What one look at the bytes found: a whole batch, or why there is none. */
type Look = { readonly batch: Batch } | { readonly broken: 'cut' | 'seal' };

/** Reads the batch that begins at `at` in `bytes`; `base` is the segment's offset of `bytes[0]`. */
export function batchAt(
  bytes: Buffer,
  at: number,
  base: number,
  previous: string | undefined,
): Look {
  const controlAt = findControl(bytes, at);
  const lineEnd = controlAt === -1 ? -1 : bytes.indexOf(10, skipHeader(bytes, controlAt));
  if (lineEnd === -1) return { broken: 'cut' };
  const line = bytes.toString('utf8', skipHeader(bytes, controlAt), lineEnd);
  const control = decodeControl(line);
  // A head begins a segment and stands nowhere else, be its seal right: it says where it goes on from.
  if (control === undefined || (control.pin && base + at > 0)) return { broken: 'seal' };
  const end = lineEnd + 1;
  const covered = bytes.subarray(at, end - SEAL_BYTES);
  if (control.seal !== sealOf(control.pin?.seal ?? previous ?? '', covered))
    return { broken: 'seal' };
  const lines = bytes.subarray(at, controlAt);
  return { batch: { control, start: base + at, end: base + end, lines } };
}

function findControl(bytes: Buffer, at: number): number {
  for (const start of CONTROL_STARTS) {
    if (bytes.subarray(at, at + start.length).equals(start)) return at;
  }
  const found = bytes.indexOf(SEAL_LINE, at);
  return found === -1 ? -1 : found + 1;
}

/** The pin follows the header line: both are covered by the pin's seal. */
function skipHeader(bytes: Buffer, at: number): number {
  return bytes[at + 1] === 121 /* 'ty…' of the header */ ? at + JOURNAL_HEADER.length + 1 : at;
}

/**
 * The batches of a segment's tail behind `from`, as far as they are whole. What lies behind the last is an
 * unfinished batch, unless something shows that it was durable once: then it is damage.
 */
export function scanTail(
  bytes: Buffer,
  base: number,
  from: { readonly seal: string; readonly transfer: number },
): Batch[] {
  const batches: Batch[] = [];
  let at = 0;
  let { seal, transfer } = from;
  while (at < bytes.length) {
    const look = batchAt(bytes, at, base, seal);
    if ('broken' in look) {
      undamaged(
        !wholeBatchBehind(bytes, at, transfer),
        () => `the batch at byte ${base + at} is broken, and a whole one follows it`,
      );
      break;
    }
    batches.push(look.batch);
    at = look.batch.end - base;
    ({ seal, transfer } = look.batch.control);
  }
  return batches;
}

/**
 * Whether two control rows that follow each other somewhere behind `at` fit together, so that what comes
 * before them had been durable. Rows of `leave` with no entry missing before them show nothing: they and
 * one batch behind them may be on their way together, and reach the disk in any order.
 */
function wholeBatchBehind(bytes: Buffer, at: number, transfer: number): boolean {
  let known: { end: number; seal: string } | undefined;
  let from = at;
  for (;;) {
    const found = nextControlLine(bytes, from);
    if (found === undefined) return false;
    const { control, end } = found;
    if (known && control.seal === sealOf(known.seal, bytes.subarray(known.end, end - SEAL_BYTES))) {
      return true;
    }
    const onTheWay = control.type === 'leave' && control.transfer === transfer;
    known = onTheWay ? undefined : { end, seal: control.seal };
    from = end - 1;
  }
}

/**
 * The first control row behind `at` that is endorsed: a later one was sealed over it, or it ends the
 * bytes with the seal that the next segment pins.
 */
export function nextSealed(bytes: Buffer, at: number, endSeal: string | undefined) {
  for (let from = at; ; ) {
    const found = nextControlLine(bytes, from);
    if (found === undefined) return undefined;
    if (found.end === bytes.length && found.control.seal === endSeal) return found;
    const look = batchAt(bytes, found.end, 0, found.control.seal);
    if ('batch' in look && look.batch.control.type !== 'pin') return found;
    from = found.end - 1;
  }
}

function nextControlLine(bytes: Buffer, from: number) {
  for (let at = from; ; ) {
    const seal = bytes.indexOf('\nseal,', at);
    const leave = bytes.indexOf('\nleave,', at);
    const start = seal === -1 ? leave : leave === -1 ? seal : Math.min(seal, leave);
    const end = start === -1 ? -1 : bytes.indexOf(10, start + 1);
    if (end === -1) return undefined;
    const control = decodeControl(bytes.toString('utf8', start + 1, end));
    if (control) return { control, end: end + 1 };
    at = start + 1;
  }
}

/** The entries of a batch whose seal fits. */
export function entriesOf(batch: Batch, digitsOf: DigitsOf): Entry[] {
  const { control, lines } = batch;
  if (control.count === 0) {
    undamaged(lines.length === 0, () => `entries without a seal before byte ${batch.end}`);
    return [];
  }
  const texts = lines.toString('utf8', 0, lines.length - 1).split('\n');
  const entries = texts.map((line) => decodeEntry(line, digitsOf));
  const first = control.transfer - control.count + 1;
  undamaged(
    entries.length === control.count,
    () => `the batch at byte ${batch.start} has another count`,
  );
  for (const [index, entry] of entries.entries()) {
    undamaged(entry.transfer === first + index, () => `entry ${entry.transfer} is out of order`);
  }
  return entries;
}
