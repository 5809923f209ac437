import { CsvError, parse } from 'csv-parse/sync';
import { BankError } from '../ledger/errors.js';

/** One row of a file that a user handed in, and the line where it begins. */
export interface SourceRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A CSV file read whole: what its first line calls the columns, and the rows below. */
export interface SourceFile {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly SourceRow[];
}

/** Refusal of a whole file: nothing is booked from it. */
export function invalidFile(
  file: string,
  line: number | undefined,
  what: string,
  hint?: string,
): BankError {
  const where = line === undefined ? file : `${file}:${line}`;
  return new BankError('INVALID_FILE', `${where}: ${what}`, {
    details: { file, ...(line === undefined ? {} : { line }) },
    ...(hint === undefined ? {} : { hint }),
  });
}

/**
 * Reads CSV (RFC 4180, comma, UTF-8; a BOM and CRLF are fine). The last line must end with a line
 * break: a file that was cut off in the middle of an amount would otherwise look whole.
 * @throws BankError INVALID_FILE
 */
export function readCsv(file: string, bytes: Buffer): SourceFile {
  const text = decode(file, bytes);
  if (text.trim() === '') throw invalidFile(file, undefined, 'the file is empty.');
  const rows = numbered(parseCells(file, text)).filter(({ cells }) => cells.join('') !== '');
  const [header, ...rest] = rows;
  const columns = (header?.cells ?? []).map((name) => name.trim());
  for (const { line, cells } of rest) {
    if (cells.length === columns.length) continue;
    const torn = line === rows.at(-1)?.line ? ' The last line seems to be torn.' : '';
    const what = `the row has ${cells.length} cells; the header names ${columns.length}.${torn}`;
    throw invalidFile(file, line, what);
  }
  if (!text.endsWith('\n')) {
    throw invalidFile(
      file,
      rows.at(-1)?.line,
      'the last line has no line break; it may be torn.',
      'If the last line is complete, add a line break behind it.',
    );
  }
  return { file, columns, rows: rest };
}

function decode(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidFile(file, undefined, 'it is not UTF-8 text.', 'Save the file as UTF-8.');
  }
}

function parseCells(file: string, text: string): string[][] {
  try {
    return parse(text, { relax_column_count: true, record_delimiter: ['\r\n', '\n'] });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === 'number' ? error.lines : undefined;
    throw invalidFile(file, line, `it is not CSV: ${error.message}.`);
  }
}

/** A cell may hold line breaks, so that the number of a row is not that of its line. */
function numbered(records: readonly string[][]): SourceRow[] {
  let next = 1;
  return records.map((cells) => {
    const line = next;
    next += 1 + cells.reduce((sum, cell) => sum + lineBreaks(cell), 0);
    return { line, cells };
  });
}

function lineBreaks(cell: string): number {
  return cell.includes('\n') ? cell.split('\n').length - 1 : 0;
}
