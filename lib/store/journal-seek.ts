/** Finding a place in a segment by halving, without reading all that comes before it. */

import { parseCount } from '../format/csv.js';
import { decodeControl } from '../format/journal-row.js';

/** What is looked at in one place: mostly there is the end of a batch in it. */
const WINDOW_BYTES = 16 * 1024;
/** Behind that so many are looked at once, backwards. */
const BACK_BYTES = 256 * 1024;
/** No control row is longer. */
const ROW_BYTES_MAX = 512;

/** Reads bytes of a segment. */
type ReadBytes = (start: number, end: number) => Promise<Buffer>;

/** A place right behind a control row, within its segment. */
export interface ControlPlace {
  readonly offset: number;
  readonly transfer: number;
  readonly epoch: number;
  readonly seal: string;
}

/**
 * The place behind a control row that comes before the entry `transfer`, as near to it as halving finds; `undefined`:
 * none was met. Nothing that is read is held against a seal here: that is up to who reads on from there.
 */
export async function seekControl(
  bytes: ReadBytes,
  transfer: number,
  end: number,
): Promise<ControlPlace | undefined> {
  let [low, high] = [0, end];
  let found: ControlPlace | undefined;
  while (high - low > WINDOW_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const window = await bytes(middle, Math.min(high, middle + WINDOW_BYTES));
    const { last, first } = lookAt(window, middle, transfer);
    if (last && (found === undefined || last.offset > found.offset)) found = last;
    if (first !== undefined && first < transfer) low = middle + WINDOW_BYTES;
    else high = middle;
  }
  if (found && low - found.offset < BACK_BYTES) return found;
  return (await lastBefore(bytes, transfer, low)) ?? found;
}

/** The last batch's end before `end`, looked for backwards: batches are bounded. */
async function lastBefore(bytes: ReadBytes, transfer: number, end: number) {
  for (let stop = end; stop > 0; stop -= BACK_BYTES) {
    const start = Math.max(0, stop - BACK_BYTES - ROW_BYTES_MAX);
    const { last } = lookAt(await bytes(start, stop), start, transfer);
    if (last) return last;
  }
  return undefined;
}

const SEAL = Buffer.from('\nseal,');

/** In a window: the number of its first whole row, and the last batch's end before the entry. */
function lookAt(window: Buffer, start: number, transfer: number) {
  const begin = window.indexOf(10) + 1;
  const first = begin === 0 ? undefined : numberIn(window, begin);
  let last: ControlPlace | undefined;
  for (let at = window.indexOf(SEAL); at !== -1; at = window.indexOf(SEAL, at + 1)) {
    const end = window.indexOf(10, at + 1);
    if (end === -1) break;
    const control = decodeControl(window.toString('latin1', at + 1, end));
    if (!control || control.transfer >= transfer) break;
    const { epoch, seal } = control;
    last = { offset: start + end + 1, transfer: control.transfer, epoch, seal };
  }
  return { first, last };
}

/** The second cell of the row that begins at `at`; `undefined` where it is not there whole. */
function numberIn(window: Buffer, at: number): number | undefined {
  const start = window.indexOf(44, at) + 1;
  const end = window.indexOf(44, start);
  return start === 0 || end === -1 ? undefined : parseCount(window.toString('latin1', start, end));
}
