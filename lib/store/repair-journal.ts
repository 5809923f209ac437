/**
 * How the journal can be put right from what the passbooks tell. Plans only; nothing is written here.
 *
 * A gap is closed *exactly* where the bytes that were there can be found again: the rows follow from
 * the entries, and a seal that is still to be read (in place, in the next batch, in a pin or in the
 * checkpoint) proves them to the last bit. All seals stay as they were.
 *
 * Else, if each lost entry is told whole by the passbooks of all its accounts, one new segment takes
 * over from the last place before the gap: it pins that place, tells the lost entries, and everything
 * that came behind them, under new seals. The one rename that publishes it is the repair.
 */
import { createHash } from 'node:crypto';
import {
  decodeControl,
  encodeBatch,
  encodeEntry,
  encodeLeave,
  encodeSegmentHead,
  parseSegmentName,
  segmentName,
} from '../format/journal-row.js';
import type { DigitsOf } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import type { Entry } from '../ledger/entry.js';
import { named } from './damage.js';
import { batchAt, entriesOf } from './journal-scan.js';
import { BATCH_ENTRIES_MAX } from './limits.js';
import { FIRST_HEAD, type Gap, type Survey } from './survey-journal.js';
import type { Witness } from './witness.js';

/** The bytes of one segment with a gap closed. */
export interface Mended {
  readonly segment: string;
  readonly bytes: Buffer;
  readonly transfers: { readonly first: number; readonly last: number } | undefined;
}

const END = '\n';

/** Closes a gap exactly, or answers `undefined`. `seals` are known by place: `segment,offset`. */
export function mendExactly(
  gap: Gap,
  survey: Survey,
  seals: ReadonlyMap<string, string>,
  witness: Witness,
): Mended | undefined {
  const { segment, bytes, before } = gap;
  if (before.offset === 0) return mendFirstHead(gap);
  if (bytes === undefined) return undefined;
  if (before.segment !== segment) return mendHead(segment, bytes, survey);
  return mendBatch(segment, bytes, before, seals, witness, epochsAround(gap, survey));
}

/** The first rows of a bank are always the same. */
function mendFirstHead({ before, bytes = Buffer.alloc(0) }: Gap): Mended {
  const head = FIRST_HEAD.bytes;
  const rest = bytes.subarray(head.length);
  // Where the head was cut off or shifted the rest is nothing: another gap, behind this head.
  return {
    segment: before.segment,
    bytes: Buffer.concat([head, rest]),
    transfers: undefined,
  };
}

/** A pin follows from the segment before: some place in it makes the rows behind the pin fit. */
function mendHead(segment: string, bytes: Buffer, survey: Survey): Mended | undefined {
  const epoch = parseSegmentName(segment)?.epoch ?? 0;
  const previous = survey.segments[survey.segments.indexOf(segment) - 1];
  for (const place of [...survey.places.values()].reverse()) {
    if (place.segment !== previous) continue;
    const { offset: length, seal, transfer } = place;
    const head = encodeSegmentHead({ segment: previous, length, seal, transfer, epoch });
    const look = batchAt(bytes, head.bytes.length, 0, head.seal);
    if (!('batch' in look) || look.batch.control.type === 'pin') continue;
    const mended = Buffer.concat([head.bytes, bytes.subarray(head.bytes.length)]);
    return { segment, bytes: mended, transfers: undefined };
  }
  return undefined;
}

/** Epochs under which the lost rows may have been written, the likeliest first. */
function epochsAround({ before, behind, segment, bytes }: Gap, survey: Survey): number[] {
  const epochs = new Set([before.epoch]);
  if (behind) epochs.add(behind.epoch);
  epochs.add(parseSegmentName(segment)?.epoch ?? before.epoch);
  for (const line of bytes?.subarray(before.offset).toString('latin1').split(END) ?? []) {
    const epoch = decodeControl(line)?.epoch;
    if (epoch !== undefined) epochs.add(epoch);
    if (epochs.size > 16) break;
  }
  return [...epochs].filter((epoch) => epoch > 0 && epoch <= survey.epochMax);
}

/** Tries one batch of one entry, of two, of three …, until a seal proves it. */
function mendBatch(
  segment: string,
  bytes: Buffer,
  before: Position,
  seals: ReadonlyMap<string, string>,
  witness: Witness,
  epochs: readonly number[],
): Mended | undefined {
  const { transfer, seal: previous, offset } = before;
  const isProven = (end: number, seal: string): boolean => {
    if (seals.get(`${segment},${end}`) === seal) return true;
    if (bytes.toString('latin1', end - 65, end) === seal + END) return true;
    const look = batchAt(bytes, end, 0, seal);
    return 'batch' in look && look.batch.control.type !== 'pin';
  };
  const lines: string[] = [];
  let length = 0;
  const hash = createHash('sha256').update(previous);
  for (let count = 0; count <= BATCH_ENTRIES_MAX; count++) {
    const last = transfer + count;
    if (count > 0) {
      const entry = witness.entry(last);
      const digits = entry && witness.digitsOf(entry.currency);
      if (!entry || digits === undefined) return undefined;
      const line = encodeEntry(entry, digits);
      lines.push(line);
      length += Buffer.byteLength(line);
      hash.update(line);
    }
    if (offset + length > bytes.length) return undefined;
    for (const epoch of epochs) {
      const row =
        count === 0
          ? encodeLeave({ transfer, epoch, previous }).bytes
          : encodeBatch('', { transfer: last, epoch, count, previous }).bytes;
      const text = row.subarray(0, row.length - 65);
      const seal = hash.copy().update(text).digest('hex');
      const end = offset + length + row.length;
      if (!isProven(end, seal)) continue;
      const mended = Buffer.concat([
        bytes.subarray(0, offset),
        Buffer.from(lines.join('')),
        text,
        Buffer.from(seal + END),
        bytes.subarray(end),
      ]);
      const transfers = count === 0 ? undefined : { first: transfer + 1, last };
      return { segment, bytes: mended, transfers };
    }
  }
  return undefined;
}

/** A new segment that goes on from the last place before the first gap. */
export interface Takeover {
  readonly name: string;
  readonly bytes: Buffer;
  readonly from: Position;
  /** Segments that it takes the place of. */
  readonly superseded: readonly string[];
  /** Entries that the passbooks told. */
  readonly told: readonly { readonly first: number; readonly last: number }[];
}

/** Plans the new segment. Answers the reason where an entry is not told whole. */
export function takeOverFrom(
  survey: Survey,
  witness: Witness,
  lastTransfer: number,
  epoch: number,
): Takeover | string {
  const at = survey.parts.findIndex((part) => 'gap' in part);
  const rest = at === -1 ? [] : survey.parts.slice(at);
  const first = rest[0];
  const from = first && 'gap' in first ? first.gap.before : survey.tail;
  const pinned = { segment: from.segment, length: from.offset, seal: from.seal };
  const head = encodeSegmentHead({ ...pinned, transfer: from.transfer, epoch });
  const writer = new BatchWriter(head, from.transfer);
  const told: { first: number; last: number }[] = [];
  const tell = (upTo: number): string | undefined => {
    const start = writer.transfer + 1;
    for (let next = start; next <= upTo; next++) {
      const entry = witness.entry(next);
      const digits = entry && witness.digitsOf(entry.currency);
      if (!entry || digits === undefined) return witness.whyNot(next);
      writer.add(encodeEntry(entry, digits), epoch);
    }
    writer.seal(epoch);
    if (upTo >= start) told.push({ first: start, last: upTo });
    return undefined;
  };
  for (const part of rest) {
    if ('gap' in part) {
      const why = part.gap.behind && tell(part.gap.behind.transfer);
      if (why) return why;
      continue;
    }
    for (const { control, lines } of part.stretch.batches) {
      // A batch that was copied from the segment before is there already.
      if (control.count === 0 || control.transfer <= writer.transfer) continue;
      if (control.transfer - control.count !== writer.transfer)
        return `entry ${writer.transfer + 1} is neither in the journal nor told`;
      writer.copy(lines, control);
    }
  }
  const why = tell(lastTransfer);
  if (why) return why;
  const number =
    1 + Math.max(...survey.segments.map((name) => parseSegmentName(name)?.number ?? 0));
  const superseded = survey.segments.slice(survey.segments.indexOf(from.segment) + 1);
  return { name: segmentName(number, epoch), bytes: writer.bytes, from, superseded, told };
}

class BatchWriter {
  transfer: number;
  readonly #chunks: Buffer[];
  #previous: string;
  #lines: string[] = [];

  constructor(head: { bytes: Buffer; seal: string }, transfer: number) {
    this.#chunks = [head.bytes];
    this.#previous = head.seal;
    this.transfer = transfer;
  }

  add(line: string, epoch: number): void {
    this.#lines.push(line);
    this.transfer++;
    if (this.#lines.length >= BATCH_ENTRIES_MAX) this.seal(epoch);
  }

  seal(epoch: number): void {
    const count = this.#lines.length;
    if (count === 0) return;
    this.#append(this.#lines.join(''), { transfer: this.transfer, epoch, count });
    this.#lines = [];
  }

  copy(lines: Buffer, control: { transfer: number; epoch: number; count: number }): void {
    this.#append(lines.toString('utf8'), control);
    this.transfer = control.transfer;
  }

  #append(lines: string, seal: { transfer: number; epoch: number; count: number }): void {
    const { transfer, epoch, count } = seal;
    const batch = encodeBatch(lines, { transfer, epoch, count, previous: this.#previous });
    this.#chunks.push(batch.bytes);
    this.#previous = batch.seal;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

/** All entries that a survey without gaps tells, in order and once. @throws BankError BANK_DAMAGED */
export function* entriesIn(survey: Survey, digitsOf: DigitsOf): Generator<Entry> {
  let transfer = 0;
  for (const part of survey.parts) {
    if ('gap' in part) return;
    for (const batch of part.stretch.batches) {
      const file = `journal/${part.stretch.segment}`;
      for (const entry of named(file, () => entriesOf(batch, digitsOf))) {
        if (entry.transfer <= transfer) continue;
        transfer = entry.transfer;
        yield entry;
      }
    }
  }
}
