/** The list of an index's runs, and up to which place in the journal they have everything. */
import { checkOf } from './check.js';
import { parseCount, splitRow } from './csv.js';
import { undamaged } from './damage.js';
import { decodePosition, encodePosition, type Position } from './position.js';
import type { RunFacts } from './sorted-run.js';

/** A run of an index, by its file's name. */
export interface NamedRun extends RunFacts {
  readonly name: string;
}

export interface IndexList {
  /** All that the journal has up to here is in the runs. */
  readonly position: Position;
  /** Oldest first: of two lines with one key the younger run's counts. */
  readonly runs: readonly NamedRun[];
}

const HEADER = 'run,lines,table,bytes,check';
const POSITION_HEADER = 'segment,offset,transfer,epoch,seal,check';

/** The list as a file: a row for each run, then where it stands in the journal, with a check over all. */
export function encodeIndexList({ position, runs }: IndexList): string {
  const rows = runs.map(
    ({ name, lines, table, bytes, check }) => `${name},${lines},${table},${bytes},${check}\n`,
  );
  const told = `${HEADER}\n${rows.join('')}${POSITION_HEADER}\n${encodePosition(position)},`;
  return `${told}${checkOf(told)}\n`;
}

/** @throws FormatDamage */
export function decodeIndexList(text: string): IndexList {
  const end = text.lastIndexOf(',') + 1;
  undamaged(text.slice(end) === `${checkOf(text.slice(0, end))}\n`, 'its check does not fit');
  const lines = text.slice(0, end).split('\n');
  undamaged(lines[0] === HEADER && lines.at(-2) === POSITION_HEADER, 'it is no list of runs');
  return {
    position: decodePosition(splitRow(lines.at(-1) ?? '') ?? []),
    runs: lines.slice(1, -2).map(decodeRun),
  };
}

function decodeRun(row: string): NamedRun {
  const [name = '', lines = '', table = '', bytes = '', check = ''] = splitRow(row) ?? [];
  const counts = [lines, table, bytes].map(parseCount);
  const [count, start, size] = counts;
  undamaged(count !== undefined && start !== undefined && size !== undefined, 'it has an odd row');
  return { name, lines: count, table: start, bytes: size, check };
}
