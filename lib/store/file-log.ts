/**
 * The journal in the directory as a log: one writer at a time, any number of readers.
 *
 * What it promises after a crash: every batch that `append` returned for is whole and durable; the
 * batch that was on its way is there whole, or not at all, for everybody and for ever.
 */
import { join } from 'node:path';
import {
  closeFailed,
  type Disk,
  type DiskFile,
  errorCode,
  orClose,
  writeAll,
  writeDurably,
} from '../disk/disk.js';
import type { System } from '../disk/system.js';
import {
  encodeBatch,
  encodeLeave,
  encodeSegmentHead,
  parseSegmentName,
  segmentName,
} from '../format/journal-row.js';
import type { Position } from '../format/position.js';
import type { BankError } from '../ledger/errors.js';
import {
  answeredBefore,
  furthestOf,
  isMarkName,
  MarkReader,
  MarkWriter,
  markName,
  marksIn,
} from './answered.js';
import { channels } from './channels.js';
import { readCheckpoint } from './checkpoint.js';
import { damaged } from './damage.js';
import type { Desk, Desks } from './desk.js';
import { asBankError, isFull } from './disk-error.js';
import { makeNameDurable } from './durable.js';
import type { Journal, LoggedBatch, Tail } from './journal.js';
import type { Lease, Taken } from './lease.js';
import { ASKED_LOOK_MS, LEAVE_WITHIN_MS, ROOM_BYTES_MAX, ROOM_BYTES_MIN } from './limits.js';
import { Fenced, type Log, type NewBatch, WriteFailed } from './log.js';
import type { Queue } from './queue.js';

export interface FileLogParts {
  readonly disk: Disk;
  readonly system: System;
  readonly directory: string;
  readonly desks: Desks;
  readonly queue: Queue;
  readonly lease: Lease;
  readonly journal: Journal;
  readonly segmentBytesMax: number;
  readonly roomAfterBytes: number;
}

/** What a writer holds while it leads. */
interface Lead {
  readonly taken: Taken;
  readonly file: DiskFile;
  readonly mark: MarkWriter;
  /** Behind the last batch or the pin: what others hear of, and all of it durable. */
  position: Position;
  /** Where the next row goes: rows of `leave` may lie in between. */
  end: Position;
  /** Bytes of the segment's file: behind `end` they are zeros, to be written over. */
  room: number;
  /** Bytes written since the desk was taken. */
  written: number;
}

/** A segment that lies whole and durable in the desk, and the position behind it once it is published. */
interface StagedSegment {
  readonly path: string;
  readonly position: Position;
}

export class FileLog implements Log {
  readonly #parts: FileLogParts;
  readonly #marks: MarkReader;
  #desk: Desk | undefined;
  #lead: Lead | undefined;
  #leaving: Promise<void> | undefined;
  #dropping: Promise<void> | undefined;
  /** The batch on its way, until it is settled: nobody else writes behind the last one, or closes its file. */
  #appending: Promise<unknown> | undefined;
  /** Counts the names staged so far: none is ever used again. */
  #staged = 0;
  #isCopy = false;
  #askedSince: number | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: FileLogParts) {
    this.#parts = parts;
    this.#marks = new MarkReader(parts.disk, parts.system.identity.boot);
  }

  get leading(): boolean {
    return this.#lead !== undefined;
  }

  get epoch(): number {
    return this.#lead?.taken.desk.owner.number ?? 0;
  }

  /** Whose desk it is. @throws BankError BANK_DAMAGED when it was moved away */
  async owner(): Promise<Desk> {
    return this.#parts.desks.find();
  }

  async lead(meanwhile?: () => Promise<void>, signal?: AbortSignal): Promise<Position> {
    await this.#leaving;
    await this.confirm();
    while (this.#lead === undefined) {
      const taken = await this.#parts.lease.take(() => this.#newestEpoch(), meanwhile, signal);
      try {
        this.#lead = await this.#takeOver(taken);
      } catch (error) {
        // What fails because somebody else has the desk by now is no failure.
        if (await this.#parts.desks.isMine(taken.desk)) throw error;
      } finally {
        if (this.#lead === undefined) await taken.release();
      }
    }
    return this.#lead.position;
  }

  /**
   * Leads a copy of a bank. How far the original had answered counts for nothing in it: its journal may
   * have been copied before the marks were.
   */
  async leadCopy(): Promise<void> {
    this.#isCopy = true;
    try {
      await this.lead();
    } finally {
      this.#isCopy = false;
    }
  }

  /** The newest epoch that the journal shows: a power cut may have undone the desk's renames. */
  async #newestEpoch(): Promise<number> {
    const { desks, system, journal, disk, directory } = this.#parts;
    const names = await journal.segments();
    const newest = Math.max(0, ...names.map((name) => parseSegmentName(name)?.epoch ?? 0));
    const { owner } = await desks.find();
    if (owner.boot === system.identity.boot) return newest;
    const { position } = await readCheckpoint(disk, directory);
    return Math.max(newest, (await journal.findTail(position)).end.epoch);
  }

  /**
   * T1 the desk has been renamed (lease.ts)
   * T2 read the marks of owners before, and empty it but for them
   * T3 what this boot has marked counts; of before a reboot: the journal must reach so far at least
   * T4 find the journal's end behind the mark, else behind the checkpoint
   * T5 go on in the segment if the owner before left it cleanly, else begin a new one
   * T6 look at the desk
   * T7 mark what counts
   * Answers `undefined` when somebody else has taken the desk meanwhile.
   */
  async #takeOver(taken: Taken): Promise<Lead | undefined> {
    const { disk, system, desks, journal, directory } = this.#parts;
    const { desk, before } = taken;
    const { boot } = system.identity;
    const marks = this.#isCopy ? [] : await marksIn(disk, desk);
    const reached = answeredBefore(marks, boot);
    const old = await desks.empty(desk, (name) => isMarkName(name) && name !== markName(desk));
    const mark = furthestOf(marks, boot);
    if (mark && !(await journal.holds(mark))) {
      throw damaged(
        `journal/${mark.segment}`,
        `it ends before byte ${mark.offset}, which was answered for`,
      );
    }
    const tail =
      (mark && (await journal.findLeave(mark))) ??
      (await journal.findTail(mark ?? (await readCheckpoint(disk, directory)).position));
    if (tail.position.transfer < reached) throw endsEarly(tail, reached);
    // Nothing was ever booked: whoever made the bank may have died before its name was durable.
    if (tail.position.transfer === 0) await makeNameDurable(disk, directory);
    const shared = this.#isCopy && (await this.#isShared(tail.position.segment));
    const goOn = tail.left === before.owner.number && !shared;
    const position = goOn ? tail.position : await this.#newSegment(desk, tail);
    if (!(await desks.isMine(desk))) return undefined;
    const file = await disk.open(join(journal.folder, position.segment), 'write');
    return orClose(file, async () => {
      const room = await file.size();
      if (!goOn && !shared) await this.#trim(tail);
      const marking = await MarkWriter.create(disk, desk, { position, boot }, old);
      if (!goOn) channels.recover.publish({ directory, transfer: position.transfer });
      const end = goOn ? tail.end : position;
      return { taken, file, mark: marking, position, end, room, written: 0 };
    });
  }

  /** A copy by hard links shares its bytes with the original, which may be at work: they are left alone. */
  async #isShared(segment: string): Promise<boolean> {
    const { disk, journal } = this.#parts;
    return ((await disk.facts(join(journal.folder, segment)))?.links ?? 0) > 1;
  }

  /**
   * Begins a segment behind the tail. The last batch may not be durable yet: it is copied, and the
   * pin stands before it. All batches before it are durable, since only one is ever on its way.
   */
  async #newSegment(desk: Desk, tail: Tail): Promise<Position> {
    // Whoever began the segment that is pinned may have died before its name was durable.
    await this.#parts.disk.syncFolder(this.#parts.journal.folder);
    return this.#publishSegment(await this.#stageSegment(desk, tail));
  }

  async #stageSegment(desk: Desk, { position, last }: Tail): Promise<StagedSegment> {
    const copied = last?.before.segment === position.segment ? last : undefined;
    const { segment, offset, seal, transfer } = copied?.before ?? position;
    const epoch = desk.owner.number;
    const head = encodeSegmentHead({ segment, length: offset, seal, transfer, epoch });
    const batch = copied && {
      ...copied.batch.control,
      ...encodeBatch(copied.batch.lines, {
        ...copied.batch.control,
        previous: head.seal,
      }),
    };
    const bytes = batch ? Buffer.concat([head.bytes, batch.bytes]) : head.bytes;
    this.#staged++;
    const path = join(desk.path, `segment-${epoch}-${this.#staged}`);
    await writeDurably(this.#parts.disk, path, bytes);
    const name = segmentName(1 + (parseSegmentName(segment)?.number ?? 0), epoch);
    const end = { transfer: batch?.transfer ?? transfer, seal: batch?.seal ?? head.seal };
    return { path, position: { segment: name, offset: bytes.length, epoch, ...end } };
  }

  async #publishSegment({ path, position }: StagedSegment): Promise<Position> {
    const { disk, journal } = this.#parts;
    await disk.rename(path, join(journal.folder, position.segment));
    await disk.syncFolder(journal.folder);
    return position;
  }

  /** Takes the zeros off the end of a segment that is left for good: people read it. */
  async #trim({ end, content }: Tail): Promise<void> {
    const { disk, journal } = this.#parts;
    const file = await disk.open(join(journal.folder, end.segment), 'write');
    try {
      if ((await file.size()) > content) await file.truncate(content);
    } finally {
      await file.close();
    }
  }

  /**
   * A1 write the batch and its seal behind the last
   * A2 sync: the commit point
   * A3 look at the desk: it must still have its name
   * A4 mark it as answered for
   */
  append(expected: Position, batch: NewBatch): Promise<Position> {
    const appended = this.#append(expected, batch);
    this.#appending = appended.catch(() => {}); // Told to whoever appends.
    return appended;
  }

  async #append(expected: Position, batch: NewBatch): Promise<Position> {
    await this.#leaving;
    if (this.#lead?.position.seal !== expected.seal) throw new Fenced('not leading there');
    if (this.#lead.end.offset > this.#parts.segmentBytesMax) await this.#turnSegment(this.#lead);
    const lead = this.#lead;
    const { file, end, mark, taken } = lead;
    const { transfer, count, lines } = batch;
    const epoch = taken.desk.owner.number;
    const { bytes, seal } = encodeBatch(lines, { transfer, epoch, count, previous: end.seal });
    if (lead.written > this.#parts.roomAfterBytes) await this.#makeRoom(lead, bytes.length);
    await this.#writeAndSync(file, bytes, end);
    const { segment, offset } = end;
    const next = { segment, offset: offset + bytes.length, transfer, epoch, seal };
    try {
      if (!(await this.#parts.desks.isMine(taken.desk))) throw await this.#fenced();
      await mark.set(next);
    } catch (error) {
      // The batch is durable; whether it counts shows when the desk is taken anew.
      throw error instanceof Fenced ? error : await this.#fenced(error);
    }
    lead.position = next;
    lead.end = next;
    lead.written += bytes.length;
    return next;
  }

  /** Zeros behind the segment's end, durable before they are written over. None, if the disk is full. */
  async #makeRoom(lead: Lead, need: number): Promise<void> {
    const { offset } = lead.end;
    if (offset + need <= lead.room) return;
    const end = offset + need + Math.min(ROOM_BYTES_MAX, Math.max(ROOM_BYTES_MIN, offset));
    const start = Math.max(offset, lead.room);
    try {
      if (!(await fill(lead.file, start, end))) return;
      await lead.file.sync();
    } catch (error) {
      throw await this.#fenced(error); // Never trusted again: the next segment pins what was durable.
    }
    lead.room = end;
  }

  /** No failure here is tried again on this descriptor, and no byte behind it is ever trusted. */
  async #writeAndSync(file: DiskFile, bytes: Buffer, { segment, offset }: Position): Promise<void> {
    let written = false;
    try {
      await writeAll(file, bytes, offset);
      written = true;
      await file.sync();
    } catch (error) {
      await this.drop();
      if (!written && isFull(error)) throw asBankError(error);
      throw new WriteFailed(`journal/${segment}`, written ? 'sync' : 'write', error);
    }
  }

  /**
   * Everything written is durable: the next segment pins this one's end, and copies nothing. A disk
   * without room for it is no reason to stop: the segment grows on.
   */
  async #turnSegment(lead: Lead): Promise<void> {
    const { disk, journal, desks } = this.#parts;
    const { position: from, end, taken } = lead;
    const tail = { position: from, end, last: undefined, left: undefined, content: end.offset };
    let staged: StagedSegment;
    try {
      staged = await this.#stageSegment(taken.desk, tail);
    } catch (error) {
      if (isFull(error)) return;
      throw await this.#fenced(error);
    }
    try {
      const position = await this.#publishSegment(staged);
      if (!(await desks.isMine(taken.desk))) throw await this.#fenced();
      const file = await disk.open(join(journal.folder, position.segment), 'write');
      await orClose(file, () => lead.mark.set(position));
      this.#lead = { ...lead, file, position, end: position, room: position.offset };
      await lead.file.close();
      await this.#trim(tail);
    } catch (error) {
      throw error instanceof Fenced ? error : await this.#fenced(error);
    }
  }

  async #fenced(cause?: unknown): Promise<Fenced> {
    await this.drop();
    return new Fenced('another process has taken over the desk', { cause });
  }

  async confirm(): Promise<boolean> {
    const lead = this.#lead;
    if (!lead) return false;
    if (await this.#parts.desks.isMine(lead.taken.desk)) return true;
    await this.#appending;
    // Who appended may have found out as well, and have it again by now.
    if (this.#lead?.taken === lead.taken) await this.drop();
    return false;
  }

  async head(): Promise<Position | undefined> {
    if (this.#lead && (await this.confirm())) return this.#lead?.position;
    return this.shown();
  }

  async shown(): Promise<Position | undefined> {
    const { desks, system } = this.#parts;
    for (;;) {
      // Kept in a variable: another call may find another desk meanwhile.
      const known = this.#desk;
      const desk = known && (await desks.isMine(known)) ? known : await desks.find();
      this.#desk = desk;
      if (desk.owner.boot !== system.identity.boot) return undefined;
      const mark = await this.#marks.read(desk);
      if (mark) return mark;
      // Taken over, and not yet marked: either its owner is at it, or it died there.
      if (await desks.isMine(desk)) return undefined;
    }
  }

  read(from: Position, to: Position): AsyncIterable<LoggedBatch> {
    return this.#parts.journal.read(from, to);
  }

  expectAsking(): void {
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  async yieldIfAsked(idle: () => boolean): Promise<void> {
    if (!this.#lead) return;
    const { system, queue } = this.#parts;
    const now = system.monotonic();
    if (now - this.#lookedAt < ASKED_LOOK_MS) return;
    this.#lookedAt = now;
    if ((await queue.waiting()).length === 0) {
      this.#askedSince = undefined;
      return;
    }
    this.#askedSince ??= now;
    // Those who were just answered may ask for more: that is not idleness.
    if (idle()) await system.turn();
    if (idle() || now - this.#askedSince >= LEAVE_WITHIN_MS) await this.#leave('to who waits');
  }

  async leave(): Promise<void> {
    await this.#leave('for good');
  }

  /**
   * Once, and all who ask wait for it: of two that left at the same moment the later one would cut the room off
   * the segment when somebody else writes there already.
   */
  #leave(how: 'for good' | 'to who waits'): Promise<void> {
    this.#leaving ??= this.#leaveOnce(how).finally(() => {
      this.#leaving = undefined;
    });
    return this.#leaving;
  }

  /** L6 write `leave`, close the segment, let go of the lock. Who waits goes on in the room that is there. */
  async #leaveOnce(how: 'for good' | 'to who waits'): Promise<void> {
    await this.#appending;
    const lead = this.#lead;
    if (!lead) return this.drop();
    this.#askedSince = undefined;
    const { end, file, taken } = lead;
    const row = encodeLeave({
      transfer: end.transfer,
      epoch: taken.desk.owner.number,
      previous: end.seal,
    });
    try {
      if (await this.#parts.desks.isMine(taken.desk)) {
        // `leave` comes last: behind it the segment is somebody else's.
        if (how === 'for good' && lead.room > end.offset) await file.truncate(end.offset);
        await writeAll(file, row.bytes, end.offset);
      }
    } catch (error) {
      // A leave that is not there, or torn, costs the next writer a new segment and nothing else.
      if (errorCode(error) === '') throw error;
    } finally {
      await this.drop();
    }
  }

  /**
   * Stops leading without a word: the next writer begins a new segment. What counts was synced before;
   * a close that fails must not hide why this one stops.
   */
  async drop(): Promise<void> {
    const lead = this.#lead;
    if (!lead) return this.#dropping;
    this.#lead = undefined;
    const dropping = letGo(lead);
    this.#dropping = dropping.catch(() => {}); // Told to whoever dropped it.
    await dropping;
  }

  async close(): Promise<void> {
    await this.leave();
    this.#parts.lease.close();
    await this.#marks.close();
  }
}

async function letGo({ file, mark, taken }: Lead): Promise<void> {
  await closeFailed(file);
  await closeFailed(mark);
  await taken.release();
}

/** Writes zeros from `start` to `end`; answers `false`, and leaves none, where the disk has no room for all. */
async function fill(file: DiskFile, start: number, end: number): Promise<boolean> {
  try {
    await writeAll(file, Buffer.alloc(end - start), start);
    return true;
  } catch (error) {
    if (!isFull(error)) throw error;
    await file.truncate(start); // The last room there is belongs to what must be written.
    return false;
  }
}

/** A journal that lost what was answered for before its machine was restarted. */
export function endsEarly({ position }: Tail, reached: number): BankError {
  const { segment, transfer } = position;
  const what = `it ends at entry ${transfer}, and entry ${reached} was answered for`;
  return damaged(`journal/${segment}`, what);
}
