/**
 * The journal's segments as files: which follow each other, and reading them from one position to
 * another. Reading only: file-log.ts writes.
 *
 * Whoever reads here goes no further than somebody has answered for; bytes up to there that do not
 * fit are damage.
 */
import { join } from 'node:path';
import { type Disk, mustBeThere, readRange } from '../disk/disk.js';
import { undamaged } from '../format/damage.js';
import {
  decodeEntry,
  FIRST_SEAL,
  JOURNAL_HEADER,
  parseSegmentName,
  segmentName,
} from '../format/journal-row.js';
import type { DigitsOf } from '../format/passbook-page.js';
import type { Position } from '../format/position.js';
import type { Entry } from '../ledger/entry.js';
import { damaged, named } from './damage.js';
import { type Batch, batchAt, entriesOf, scanTail } from './journal-scan.js';
import { seekControl } from './journal-seek.js';
import { ENTRIES_NEAR, LEAVE_LOOK_BYTES, READ_BYTES_MAX } from './limits.js';

/** Entries that were decided and sealed together: at least one. */
export interface LoggedBatch {
  /** Made when they are asked for. @throws BankError BANK_DAMAGED */
  readonly entries: readonly Entry[];
  /** Their lines, as they stand in the segment; held against the seal. */
  readonly lines: Buffer;
  readonly count: number;
  /** Epoch of the writer that decided them. */
  readonly epoch: number;
  /** Right behind the batch. */
  readonly position: Position;
}

/** A batch whose seal fits, and the place right behind it. */
interface Sealed {
  readonly batch: Batch;
  readonly position: Position;
}

/** The journal's end as a take-over finds it. */
export interface Tail {
  /**
   * Behind the last batch, or the pin. Rows of `leave` may follow: they are never synced for their own
   * sake, so nothing that must last (a pin, a mark, a checkpoint) stands behind one.
   */
  readonly position: Position;
  /** Behind the very last row. */
  readonly end: Position;
  /** The last batch behind `from`, where there is one: it may not be durable yet. */
  readonly last: { readonly batch: Batch; readonly before: Position } | undefined;
  /** The last row is the `leave` of this epoch, and nothing follows it. */
  readonly left: number | undefined;
  /** Bytes of the last segment's file up to its last one that is not zero. */
  readonly content: number;
}

/** For estimates, so many places of a segment are looked at, each of so many bytes. */
const SAMPLES = 8;
const SAMPLE_BYTES = 32 * 1024;
/** Who looks for one entry reads so many bytes first. */
const FEW_BYTES = 32 * 1024;

export class Journal {
  readonly folder: string;
  readonly #disk: Disk;
  readonly #digitsOf: DigitsOf;

  constructor(disk: Disk, directory: string, digitsOf: DigitsOf) {
    this.#disk = disk;
    this.#digitsOf = digitsOf;
    this.folder = join(directory, 'journal');
  }

  /** The segments that count, in order: of two with one number the one with the higher epoch. */
  async segments(): Promise<string[]> {
    const byNumber = new Map<number, { name: string; epoch: number }>();
    const names = await mustBeThere(
      () => this.#disk.list(this.folder),
      () => damaged('journal', 'the folder is missing'),
    );
    for (const name of names) {
      const parsed = parseSegmentName(name);
      if (!parsed) continue;
      const known = byNumber.get(parsed.number);
      if (!known || known.epoch < parsed.epoch)
        byNumber.set(parsed.number, { name, epoch: parsed.epoch });
    }
    return [...byNumber].sort(([a], [b]) => a - b).map(([, { name }]) => name);
  }

  /** The segment that goes on from `name`, with its pin; `undefined` for the last of `segments`. */
  async successorOf(
    name: string,
    segments: readonly string[],
  ): Promise<{ name: string; pin: Batch } | undefined> {
    const next = segments[segments.indexOf(name) + 1];
    if (!segments.includes(name)) throw damaged(`journal/${name}`, 'the segment is missing');
    if (next === undefined) return undefined;
    const pin = await this.pinOf(next);
    if (pin.control.pin?.segment !== name) {
      throw damaged(
        `journal/${next}`,
        `it goes on from ${pin.control.pin?.segment}, not from ${name}`,
      );
    }
    return { name: next, pin };
  }

  /** Reads the head of a segment. */
  async pinOf(name: string): Promise<Batch> {
    const bytes = await this.#readBytes(name, 0, JOURNAL_HEADER.length + 1024);
    return named(`journal/${name}`, () => {
      const look = batchAt(bytes, 0, 0, undefined);
      undamaged('batch' in look && look.batch.control.type === 'pin', 'its head is broken');
      return look.batch;
    });
  }

  /**
   * The lines of entries in a few places of a segment's first `end` bytes, evenly spaced, the very first among them.
   * Not held against a seal: for estimates.
   */
  async sample(name: string, end: number): Promise<string[]> {
    const lines: string[] = [];
    const step = Math.max(SAMPLE_BYTES, Math.ceil(end / SAMPLES));
    for (let start = 0; start < end; start += step) {
      const bytes = await this.#readBytes(name, start, Math.min(end, start + SAMPLE_BYTES));
      // Neither the part of a line where it begins nor the one where it ends. Control rows tell no time.
      const whole = bytes.toString('utf8').split('\n').slice(1, -1);
      lines.push(...whole.filter((line) => /^[a-z-]+,[0-9]+,[0-9]/.test(line)));
    }
    return lines;
  }

  /** The bytes of a segment from `start` up to `end`, or up to its end. */
  async #readBytes(name: string, start: number, end?: number): Promise<Buffer> {
    const file = await mustBeThere(
      () => this.#disk.open(join(this.folder, name), 'read'),
      () => damaged(`journal/${name}`, 'the segment is missing'),
    );
    try {
      return await readRange(file, start, end ?? (await file.size()));
    } finally {
      await file.close();
    }
  }

  /** All entries behind `from` up to `to`, batch by batch. `to` has been answered for. */
  async *read(from: Position, to: Position): AsyncGenerator<LoggedBatch> {
    for await (const { batch, position } of this.#sealed(from, to)) {
      if (batch.control.count === 0 && batch.lines.length === 0) continue;
      const digitsOf = this.#digitsOf;
      yield {
        get entries() {
          return named(`journal/${position.segment}`, () => entriesOf(batch, digitsOf));
        },
        lines: batch.lines,
        count: batch.control.count,
        epoch: batch.control.epoch,
        position,
      };
    }
  }

  /** The lines of all entries behind `from` up to `to`, batch by batch, each held against its seal. */
  async *lines(from: Position, to: Position): AsyncGenerator<Buffer> {
    for await (const { batch } of this.#sealed(from, to))
      if (batch.control.count > 0) yield batch.lines;
  }

  /**
   * Those entries with these numbers that there are up to `to`, in their order; found by halving, and held against
   * the seals of their batches.
   */
  async entries(numbers: Iterable<number>, to: Position): Promise<Entry[]> {
    const wanted = [...new Set(numbers)].filter((number) => number > 0 && number <= to.transfer);
    wanted.sort((a, b) => a - b);
    const found: Entry[] = [];
    for (let at = 0; at < wanted.length; ) {
      const sought = at;
      const from = await this.#before(wanted[at] as number, to);
      for await (const { batch, position } of this.#sealed(from, to, FEW_BYTES)) {
        const { lines } = batch;
        const next = () => wanted[at] ?? Number.POSITIVE_INFINITY;
        // Numbers rise: each is looked for behind the one before.
        for (let place = 0; next() <= position.transfer; at++) {
          place = lineNumbered(lines, next(), place);
          const decode = () => {
            undamaged(place !== -1, () => `entry ${next()} is not where it should be`);
            const line = lines.toString('utf8', place, lines.indexOf(10, place));
            return decodeEntry(line, this.#digitsOf);
          };
          found.push(named(`journal/${position.segment}`, decode));
        }
        if (at > sought && next() > position.transfer + ENTRIES_NEAR) break;
      }
    }
    return found;
  }

  /** All entries behind the one with this number up to `to`, batch by batch; perhaps some before it. */
  async *entriesBehind(transfer: number, to: Position): AsyncGenerator<readonly Entry[]> {
    if (transfer >= to.transfer) return;
    for await (const { entries } of this.read(await this.#before(transfer + 1, to), to)) {
      yield entries;
    }
  }

  async entry(transfer: number, to: Position): Promise<Entry | undefined> {
    return (await this.entries([transfer], to))[0];
  }

  /** A place behind a control row before the entry `transfer`, not far before it. */
  async #before(transfer: number, to: Position): Promise<Position> {
    const segments = await this.segments();
    let [low, high] = [0, segments.indexOf(to.segment) + 1];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      const { control } = await this.pinOf(segments[middle] as string);
      if (control.transfer < transfer) low = middle;
      else high = middle;
    }
    const segment = segments[low] ?? to.segment;
    const end = segment === to.segment ? to.offset : undefined;
    const bytes = (start: number, stop: number) => this.#readBytes(segment, start, stop);
    const found = await seekControl(bytes, transfer, end ?? (await this.#sizeOf(segment)));
    if (found) return { segment, ...found };
    const start = journalStart(segment);
    return low === 0 ? start : positionBehind(start, await this.pinOf(segment));
  }

  async #sizeOf(segment: string): Promise<number> {
    const facts = await this.#disk.facts(join(this.folder, segment));
    return facts?.size ?? 0;
  }

  /** `bytes`: so many are read at first, and ever more. */
  async *#sealed(from: Position, to: Position, bytes = READ_BYTES_MAX): AsyncGenerator<Sealed> {
    let at = from;
    const segments = at.segment === to.segment ? [] : await this.segments();
    while (at.segment !== to.segment) {
      const next = await this.successorOf(at.segment, segments);
      const pin = next?.pin.control.pin;
      if (!next || !pin) throw damaged(`journal/${to.segment}`, `it does not follow ${at.segment}`);
      // Where a batch was copied into the next segment we may have read it here already.
      if (at.offset < pin.length) yield* this.#sealedIn(at, pin.length, pin.seal, bytes);
      const { transfer, epoch } = next.pin.control;
      at = {
        segment: next.name,
        offset: next.pin.end,
        transfer,
        epoch,
        seal: next.pin.control.seal,
      };
    }
    yield* this.#sealedIn(at, to.offset, to.seal, bytes);
  }

  async *#sealedIn(
    from: Position,
    end: number,
    seal: string,
    first: number,
  ): AsyncGenerator<Sealed> {
    const file = `journal/${from.segment}`;
    let at = from;
    let wanted = first;
    while (at.offset < end) {
      const stop = Math.min(end, at.offset + wanted);
      const bytes = await this.#readBytes(at.segment, at.offset, stop);
      if (bytes.length < stop - at.offset) throw damaged(file, `it is shorter than ${end} bytes`);
      let done = 0;
      for (;;) {
        if (done === bytes.length) break;
        const look = batchAt(bytes, done, at.offset - done, at.seal);
        if ('broken' in look) {
          if (stop < end && look.broken === 'cut' && done === 0) wanted *= 2;
          const whole = stop === end || look.broken === 'seal';
          if (whole) throw damaged(file, `the batch at byte ${at.offset} is broken`);
          break;
        }
        const { batch } = look;
        done += batch.end - batch.start;
        at = positionBehind(at, batch);
        yield { batch, position: at };
      }
      wanted = Math.max(wanted, Math.min(READ_BYTES_MAX, wanted * 2));
    }
    if (at.offset !== end || at.seal !== seal)
      throw damaged(file, `its seal at byte ${end} is another`);
  }

  /**
   * The journal's end when right behind `from`, which was answered for, somebody left cleanly, and
   * perhaps others who had nothing to add: nothing but zeros come behind. Else `undefined`: look with `findTail`.
   */
  async findLeave(from: Position): Promise<Tail | undefined> {
    if (await this.successorOf(from.segment, await this.segments())) return undefined;
    const bytes = await this.#readBytes(from.segment, from.offset, from.offset + LEAVE_LOOK_BYTES);
    let end = from;
    let left: number | undefined;
    for (;;) {
      const start = end.offset - from.offset;
      const look =
        start === bytes.length ? undefined : batchAt(bytes, start, from.offset, end.seal);
      if (!look || !('batch' in look) || look.batch.control.type !== 'leave') break;
      left = look.batch.control.epoch;
      end = positionBehind(end, look.batch);
    }
    if (left === undefined || from.offset + lengthWithoutZeros(bytes) > end.offset)
      return undefined;
    return { position: from, end, last: undefined, left, content: end.offset };
  }

  /** The journal's end behind `from`, whoever wrote it: what a take-over builds on. */
  async findTail(from: Position): Promise<Tail> {
    let at = from;
    let position = from;
    let last: Tail['last'];
    const segments = await this.segments();
    for (;;) {
      const next = await this.successorOf(at.segment, segments);
      const pin = next?.pin.control.pin;
      const end = pin === undefined ? undefined : Math.max(pin.length, at.offset);
      const bytes = await this.#readBytes(at.segment, at.offset, end);
      const file = `journal/${at.segment}`;
      const batches = named(file, () => scanTail(bytes, at.offset, at));
      const start = at.offset;
      for (const batch of batches) {
        at = positionBehind(at, batch);
        if (batch.control.type === 'leave') continue;
        if (batch.control.count > 0) last = { batch, before: position };
        position = at;
      }
      if (!next || !pin) {
        const final = batches.at(-1)?.control;
        const content = start + lengthWithoutZeros(bytes);
        const left = at.offset >= content && final?.type === 'leave' ? final.epoch : undefined;
        return { position, end: at, last, left, content: Math.max(content, at.offset) };
      }
      if (at.offset < pin.length) throw damaged(file, `it is shorter than ${pin.length} bytes`);
      at = {
        segment: next.name,
        offset: next.pin.end,
        transfer: next.pin.control.transfer,
        epoch: Math.max(at.epoch, next.pin.control.epoch),
        seal: next.pin.control.seal,
      };
      position = at;
    }
  }

  /** Whether the journal still has the control row that a position stands behind. */
  async holds(position: Position): Promise<boolean> {
    const end = `${position.seal}\n`;
    const start = position.offset - end.length;
    if (start < 0) return false;
    return (
      (await this.#readBytes(position.segment, start, position.offset)).toString('latin1') === end
    );
  }
}

/**
 * Where the line of an entry begins, at or behind `from`; -1 where there is none. Its number is the second cell, behind a
 * type without a comma.
 */
function lineNumbered(lines: Buffer, transfer: number, from: number): number {
  const cell = `,${transfer},`;
  for (let at = lines.indexOf(cell, from); at !== -1; at = lines.indexOf(cell, at + 1)) {
    const start = lines.lastIndexOf(10, at) + 1;
    if (lines.indexOf(',', start) === at) return start;
  }
  return -1;
}

function lengthWithoutZeros(bytes: Buffer): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return length;
}

function positionBehind(before: Position, { control, end }: Batch): Position {
  return {
    segment: before.segment,
    offset: end,
    transfer: control.transfer,
    epoch: Math.max(before.epoch, control.epoch),
    seal: control.seal,
  };
}

/** Before anything was ever written. */
export function journalStart(segment: string): Position {
  return { segment, offset: 0, transfer: 0, epoch: 0, seal: FIRST_SEAL };
}

/** The bank's first segment: `init` makes it. */
export const FIRST_SEGMENT = segmentName(1, 1);
export const JOURNAL_START = journalStart(FIRST_SEGMENT);
