import { checkOf } from './check.js';
import { parseCount, splitRow } from './csv.js';
import { undamaged } from './damage.js';

/** A place in the journal, right behind a control row. */
export interface Position {
  /** File name of the segment. */
  readonly segment: string;
  /** Bytes of it up to here. */
  readonly offset: number;
  /** Number of the last entry before here. */
  readonly transfer: number;
  /** Newest epoch that has written up to here. */
  readonly epoch: number;
  /** Hash of the control row before here. */
  readonly seal: string;
}

/** What a checkpoint says: everything up to `position` is posted and durable. */
export interface Checkpoint {
  readonly position: Position;
  /** Number for the next account id that the bank gives out. */
  readonly nextAccount: number;
  /** Time of the last entry; '' before the first. */
  readonly bookedAt: string;
  /** Which `desks` folder the bank had: another one shows that the bank is a copy. */
  readonly desks: string;
  /** Check of the list of the index of accounts that goes with it; '' where none does. */
  readonly index: string;
  /** The same of the index of keys. */
  readonly keys: string;
}

const CHECKPOINT_HEADER =
  'segment,offset,transfer,epoch,seal,next_account,booked_at,desks,index,keys,check';
/** Before there was an index of keys, or any at all: none goes with it. */
const OLDER_HEADERS = ['keys,', 'index,keys,'].map((cells) => CHECKPOINT_HEADER.replace(cells, ''));

/** A position as five cells. */
export function encodePosition(position: Position): string {
  const { segment, offset, transfer, epoch, seal } = position;
  return `${segment},${offset},${transfer},${epoch},${seal}`;
}

/** Reads the five cells of a position. @throws FormatDamage */
export function decodePosition(cells: readonly string[]): Position {
  const offset = parseCount(cells[1] ?? '');
  const transfer = parseCount(cells[2] ?? '');
  const epoch = parseCount(cells[3] ?? '');
  undamaged(offset !== undefined && transfer !== undefined && epoch !== undefined, 'odd position');
  return { segment: cells[0] ?? '', offset, transfer, epoch, seal: cells[4] ?? '' };
}

/** Bytes of an `answered` mark: always as many, so that it is written over in place. */
export const MARK_BYTES = 256;

/** How far the journal has been answered for, and under which boot of the machine. */
export interface Mark {
  readonly position: Position;
  readonly boot: string;
}

/** A mark as one padded line with its own check. */
export function encodeMark({ position, boot }: Mark): string {
  const text = `${encodePosition(position)},${boot}`;
  return `${text},${checkOf(text)}`.padEnd(MARK_BYTES - 1, ' ').concat('\n');
}

/** Reads a mark; `undefined` when it was caught half written, or was never written. */
export function decodeMark(text: string): Mark | undefined {
  const cells = text.trimEnd().split(',');
  if (cells.length !== 7 || cells[6] !== checkOf(cells.slice(0, 6).join(','))) return undefined;
  return { position: decodePosition(cells), boot: cells[5] ?? '' };
}

export function encodeCheckpoint(checkpoint: Checkpoint): string {
  const { position, nextAccount, bookedAt, desks, index, keys } = checkpoint;
  const row = `${encodePosition(position)},${nextAccount},${bookedAt},${desks},${index},${keys},`;
  return `${CHECKPOINT_HEADER}\n${row}${checkOf(row)}\n`;
}

export function decodeCheckpoint(text: string): Checkpoint {
  const [header = '', row = '', end, ...rest] = text.split('\n');
  const isOne = header === CHECKPOINT_HEADER || OLDER_HEADERS.includes(header);
  undamaged(isOne && end === '' && rest.length === 0, 'it is no checkpoint');
  const cells = splitRow(row);
  const count = header.split(',').length;
  undamaged(cells?.length === count, () => `its row has not ${count} cells`);
  undamaged(
    cells.at(-1) === checkOf(row.slice(0, row.lastIndexOf(',') + 1)),
    'its check does not fit',
  );
  const [index = '', keys = ''] = cells.slice(8, -1);
  const nextAccount = parseCount(cells[5] ?? '');
  undamaged(nextAccount !== undefined, 'it names no next account');
  return {
    position: decodePosition(cells),
    nextAccount,
    bookedAt: cells[6] ?? '',
    desks: cells[7] ?? '',
    index,
    keys,
  };
}
