/** Finding a place in a segment by halving, without reading all that comes before it. */

import { parseCount } from '../format/csv.js';
import { decodeControl, isControlLine } from '../format/journal-row.js';

/** What is looked at in one place: mostly there is the end of a batch in it. */
const WINDOW_BYTES = 64 * 1024;

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
  bytes: (start: number, end: number) => Promise<Buffer>,
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
  return found;
}

/** In a window: the number of its first whole row, and its last control row before the entry. */
function lookAt(window: Buffer, start: number, transfer: number) {
  let first: number | undefined;
  let last: ControlPlace | undefined;
  for (let at = window.indexOf(10) + 1; at > 0; ) {
    const end = window.indexOf(10, at);
    if (end === -1) break;
    const line = window.toString('latin1', at, end);
    if (first === undefined) first = parseCount(line.split(',', 2)[1] ?? '');
    if (isControlLine(line)) {
      const control = decodeControl(line);
      if (!control || control.transfer >= transfer) break;
      const { epoch, seal } = control;
      last = { offset: start + end + 1, transfer: control.transfer, epoch, seal };
    }
    at = end + 1;
  }
  return { first, last };
}
