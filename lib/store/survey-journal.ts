/**
 * What is left of the journal: its stretches that fit together, and the gaps between them. Looks only,
 * and goes on behind whatever is broken, where journal.ts stops.
 *
 * A stretch counts when a chain of seals holds it: from the bank's first row on, or, behind a gap, from
 * a control row that a later one was sealed over, or that a pin names.
 */
import { join } from 'node:path';
import { type Disk, ifThere } from '../disk/disk.js';
import { encodeSegmentHead, FIRST_SEAL, parseSegmentName } from '../format/journal-row.js';
import type { Position } from '../format/position.js';
import { unlessDamaged } from './damage.js';
import { type Batch, batchAt, nextSealed } from './journal-scan.js';

/** The bank's first rows: they are the same in every bank. */
export const FIRST_HEAD = encodeSegmentHead({
  segment: '',
  length: 0,
  seal: FIRST_SEAL,
  transfer: 0,
  epoch: 1,
});

/** Batches that follow each other whole in one segment. */
export interface Stretch {
  readonly segment: string;
  readonly bytes: Buffer;
  readonly batches: readonly Batch[];
}

/** Where the chain is broken: what lies between two places is not to be read. */
export interface Gap {
  /** The last place before it that is whole. */
  readonly before: Position;
  /** The first behind it; `undefined` at the journal's end. */
  readonly behind: Position | undefined;
  /** The segment that holds it, with its bytes; absent where the file is missing. */
  readonly segment: string;
  readonly bytes: Buffer | undefined;
  readonly what: string;
}

export interface Survey {
  readonly segments: readonly string[];
  /** Segments that a repair has taken the place of, and that it had no time to put aside. */
  readonly superseded: readonly string[];
  /** In order: what counts, and what is missing. */
  readonly parts: readonly ({ readonly stretch: Stretch } | { readonly gap: Gap })[];
  readonly tail: Position;
  /** Every place behind a control row, `segment,offset` → the place. */
  readonly places: ReadonlyMap<string, Position>;
  /** What segments pin: the seals of those before them, by place. */
  readonly pins: ReadonlyMap<string, string>;
  readonly bytes: ReadonlyMap<string, Buffer>;
  readonly epochMax: number;
}

export const placeOf = ({ segment, offset }: Pick<Position, 'segment' | 'offset'>) =>
  `${segment},${offset}`;

/** `changed` are the bytes of segments as they would be after a repair. */
export async function surveyJournal(
  disk: Disk,
  directory: string,
  firstSegment: string,
  changed: ReadonlyMap<string, Buffer>,
): Promise<Survey> {
  const found = new Map<string, Buffer>(changed);
  const folder = join(directory, 'journal');
  // What is no folder, or no file, tells nothing, as if it were not there (strays.ts names it).
  const names = await ifThere(() => unlessDamaged(() => disk.list(folder)));
  for (const name of names ?? []) {
    if (!parseSegmentName(name) || found.has(name)) continue;
    const bytes = await ifThere(() => unlessDamaged(() => disk.read(join(folder, name))));
    if (bytes) found.set(name, bytes);
  }
  return new Surveyor(found, firstSegment).run();
}

/** The segments by number; of two with one number the one with the higher epoch. */
function counting(names: Iterable<string>): string[] {
  const byNumber = new Map<number, { name: string; epoch: number }>();
  for (const name of names) {
    const { number = 0, epoch = 0 } = parseSegmentName(name) ?? {};
    const known = byNumber.get(number);
    if (!known || known.epoch < epoch) byNumber.set(number, { name, epoch });
  }
  return [...byNumber].sort(([a], [b]) => a - b).map(([, { name }]) => name);
}

function headOf(bytes: Buffer | undefined): Batch | undefined {
  const look = bytes && batchAt(bytes, 0, 0, undefined);
  return look && 'batch' in look && look.batch.control.type === 'pin' ? look.batch : undefined;
}

/** The batches behind a place, as far as they are whole. */
function wholeBatches(bytes: Buffer, behind: Position): Batch[] {
  const batches: Batch[] = [];
  let { offset, seal } = behind;
  while (offset < bytes.length) {
    const look = batchAt(bytes, offset, 0, seal);
    if (!('batch' in look) || look.batch.control.type === 'pin') break;
    batches.push(look.batch);
    offset = look.batch.end;
    seal = look.batch.control.seal;
  }
  return batches;
}

class Surveyor {
  readonly #found: ReadonlyMap<string, Buffer>;
  readonly #first: string;
  readonly #parts: ({ stretch: Stretch } | { gap: Gap })[] = [];
  readonly #places = new Map<string, Position>();
  #at: Position;
  readonly #pins = new Map<string, string>();
  #epochMax = 0;

  constructor(found: ReadonlyMap<string, Buffer>, first: string) {
    this.#found = found;
    this.#first = first;
    this.#at = { segment: first, offset: 0, transfer: 0, epoch: 0, seal: FIRST_SEAL };
  }

  run(): Survey {
    const all = counting(this.#found.keys());
    for (const name of this.#found.keys())
      this.#epochMax = Math.max(this.#epochMax, parseSegmentName(name)?.epoch ?? 0);
    const superseded = this.#superseded(all);
    const segments = all.filter((name) => !superseded.includes(name));
    for (const [index, name] of segments.entries()) {
      const next = headOf(this.#found.get(segments[index + 1] ?? ''))?.control.pin;
      this.#begin(name, index === 0);
      // Bytes behind what the next segment pins are void.
      this.#walk(name, next?.segment === name ? next.length : undefined, next?.seal);
    }
    if (segments.length === 0)
      this.#gap(undefined, this.#first, undefined, 'the segment is missing');
    return {
      segments,
      superseded,
      parts: this.#parts,
      tail: this.#at,
      places: this.#places,
      pins: this.#pins,
      bytes: this.#found,
      epochMax: this.#epochMax,
    };
  }

  /**
   * A segment that pins an earlier one than the one before it was written by a repair, and has taken
   * the place of those in between.
   */
  #superseded(names: readonly string[]): string[] {
    for (let at = names.length - 1; at > 1; at--) {
      const pin = headOf(this.#found.get(names[at] ?? ''))?.control.pin;
      const pinned = pin === undefined ? -1 : names.indexOf(pin.segment);
      if (!pin || pinned === -1 || pinned >= at - 1) continue;
      const end = `${pin.seal}\n`;
      const bytes = this.#found.get(pin.segment);
      const there = bytes?.subarray(Math.max(0, pin.length - end.length), pin.length);
      if (there?.toString('latin1') === end) return names.slice(pinned + 1, at);
    }
    return [];
  }

  /** Goes from where the segment before ended to this one's first row. */
  #begin(name: string, isFirst: boolean): void {
    const bytes = this.#found.get(name);
    const head = headOf(bytes);
    const pin = head?.control.pin;
    if (pin) this.#pins.set(placeOf({ segment: pin.segment, offset: pin.length }), pin.seal);
    const behind: Position | undefined = head && {
      segment: name,
      offset: head.end,
      transfer: head.control.transfer,
      epoch: Math.max(this.#at.epoch, head.control.epoch),
      seal: head.control.seal,
    };
    if (isFirst && name !== this.#first) {
      this.#gap(behind, this.#first, undefined, 'the segment is missing');
    } else if (isFirst) {
      if (behind && pin?.segment === '') this.#go(behind);
      else this.#gap(undefined, name, bytes, 'its head is broken');
    } else if (behind === undefined || pin === undefined) {
      this.#gap(undefined, name, bytes, 'its head is broken');
    } else if (pin.segment === this.#at.segment && pin.length === this.#at.offset) {
      if (pin.seal === this.#at.seal) this.#go(behind);
      else this.#gap(behind, name, bytes, `its pin is not the seal of ${pin.segment}`);
    } else {
      const missing = !this.#found.has(pin.segment);
      const what = missing ? 'the segment is missing' : `it ends before byte ${pin.length}`;
      this.#gap(behind, pin.segment, this.#found.get(pin.segment), what);
    }
  }

  #go(position: Position): void {
    this.#at = position;
    this.#places.set(placeOf(position), position);
    this.#epochMax = Math.max(this.#epochMax, position.epoch);
  }

  #gap(
    behind: Position | undefined,
    segment: string,
    bytes: Buffer | undefined,
    what: string,
  ): void {
    const last = this.#parts.at(-1);
    // One gap, however many segments it goes through.
    if (last && 'gap' in last && last.gap.behind === undefined) {
      this.#parts.pop();
      this.#parts.push({ gap: { ...last.gap, behind } });
    } else {
      this.#parts.push({ gap: { before: this.#at, behind, segment, bytes, what } });
    }
    if (behind) this.#go(behind);
  }

  /** Follows the batches of a segment up to `end`, passing over what is broken. */
  #walk(name: string, end: number | undefined, endSeal: string | undefined): void {
    const whole = this.#found.get(name) ?? Buffer.alloc(0);
    const bytes = end === undefined ? whole : whole.subarray(0, end);
    const last = this.#parts.at(-1);
    if (last && 'gap' in last && last.gap.behind === undefined) {
      // The head gave no place to go on from: perhaps a later row does.
      this.#resync(name, bytes, 0, end, endSeal, last.gap.what);
    }
    while (this.#at.segment === name && this.#at.offset < bytes.length) {
      const start = this.#at.offset;
      const batches = wholeBatches(bytes, this.#at);
      for (const { control, end: offset } of batches) {
        const { transfer, seal } = control;
        const epoch = Math.max(this.#at.epoch, control.epoch);
        this.#go({ segment: name, offset, transfer, epoch, seal });
      }
      if (batches.length > 0) {
        this.#parts.push({ stretch: { segment: name, bytes: whole, batches } });
      }
      if (this.#at.offset >= bytes.length) return;
      const what = `the batch at byte ${this.#at.offset} is broken`;
      if (!this.#resync(name, bytes, this.#at.offset, end, endSeal, what)) return;
      if (this.#at.offset <= start) return;
    }
  }

  /** Looks for the next place that is endorsed. Answers whether there is one. */
  #resync(
    name: string,
    bytes: Buffer,
    from: number,
    end: number | undefined,
    endSeal: string | undefined,
    what: string,
  ): boolean {
    const found = nextSealed(bytes, from, endSeal);
    if (found === undefined) return false;
    const { transfer, epoch, seal } = found.control;
    const behind: Position = {
      segment: name,
      offset: found.end,
      transfer,
      epoch: Math.max(this.#at.epoch, epoch),
      seal,
    };
    this.#gap(behind, name, this.#found.get(name), what);
    return end === undefined || found.end <= end;
  }
}
