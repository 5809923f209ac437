import type { Operation } from '../bank/operations.js';
import { BankError } from '../ledger/errors.js';
import { BATCH_ENTRIES_MAX } from '../store/limits.js';
import { readBatchRequest } from './batch-request.js';
import { invalidFile, readCsv } from './csv-source.js';

/** One line of a batch: a request, or why it is none. */
export type BatchLine = { readonly line: number } & (
  | { readonly request: Operation }
  | { readonly error: BankError }
);

/** No line of a batch is longer. */
const LINE_LENGTH_MAX = 64 * 1024;
/** A CSV batch is read whole, and no larger than this. */
const CSV_BYTES_MAX = 256 * 1024 * 1024;

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Reads a batch as it comes in, JSON lines or CSV by its first character. Gives what is there so far:
 * the lines of one chunk together, so that whoever waits for an answer gets it.
 */
export async function* readBatch(file: string, chunks: Chunks): AsyncGenerator<BatchLine[]> {
  let begun: Buffer = Buffer.alloc(0);
  let lines: JsonLines | undefined;
  let csv = false;
  for await (const chunk of chunks) {
    if (lines !== undefined) yield* lines.take(chunk);
    else {
      begun = Buffer.concat([begun, chunk]);
      if (begun.length > CSV_BYTES_MAX) throw invalidFile(file, undefined, 'it is too large.');
      // JSON lines begin with a brace, after blanks and perhaps a BOM; anything else is CSV.
      csv ||= /^[\s\ufeff]*[^\s\ufeff{]/.test(begun.toString('utf8', 0, 1024));
      if (csv || !begun.includes('{')) continue;
      lines = createJsonLines(file);
      yield* lines.take(begun);
    }
  }
  if (lines !== undefined) yield* lines.rest();
  else if (csv) yield readCsvBatch(file, begun);
}

/** All lines at once, as soon as there are no more, or more than the bank takes together. */
export async function* allTogether(
  portions: AsyncIterable<BatchLine[]>,
): AsyncGenerator<BatchLine[]> {
  const all: BatchLine[] = [];
  for await (const lines of portions) {
    for (const line of lines) all.push(line);
    if (all.length > BATCH_ENTRIES_MAX) break;
  }
  yield all;
}

/** Cuts what comes in into lines; what is behind the last line break waits for more. */
interface JsonLines {
  take(chunk: Uint8Array): Generator<BatchLine[]>;
  rest(): Generator<BatchLine[]>;
}

function createJsonLines(file: string): JsonLines {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let line = 0;
  return {
    *take(chunk) {
      try {
        text += decoder.decode(chunk, { stream: true });
      } catch {
        throw invalidFile(file, line + 1, 'it is not UTF-8 text.');
      }
      const end = text.lastIndexOf('\n') + 1;
      const whole = text.slice(0, end).split('\n').slice(0, -1);
      text = text.slice(end);
      if (text.length > LINE_LENGTH_MAX) throw invalidFile(file, line + 1, 'the line is too long.');
      yield whole.flatMap((json) => readLine(++line, json));
    },
    *rest() {
      yield readLine(line + 1, text, true);
    },
  };
}

/** A blank line is passed over. `last`: the line break is missing, which only matters if it is torn. */
function readLine(line: number, text: string, last = false): BatchLine[] {
  if (text.trim() === '') return [];
  return [read(line, () => readBatchRequest(parseJson(text, last)))];
}

function parseJson(text: string, last: boolean): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const torn = last ? ' and has no line break; it may be torn' : '';
    throw new BankError('INVALID_FILE', `The line is no JSON${torn}.`, {
      hint: 'Mend the line and run it again.',
    });
  }
}

function readCsvBatch(file: string, bytes: Buffer): BatchLine[] {
  if (/^[\s\ufeff]*\[/.test(bytes.toString('utf8', 0, 1024))) {
    throw invalidFile(file, 1, 'it is a JSON array; write one object on each line.');
  }
  const { columns, rows } = readCsv(file, bytes);
  if (!columns.includes('op')) {
    const forms =
      'Begin with a header such as op,id,amount, or write one JSON object on each line.';
    throw invalidFile(file, 1, `the header has no column op. ${forms}`);
  }
  return rows.map(({ line, cells }) =>
    read(line, () =>
      readBatchRequest(Object.fromEntries(columns.map((name, index) => [name, cells[index]]))),
    ),
  );
}

function read(line: number, check: () => Operation): BatchLine {
  try {
    return { line, request: check() };
  } catch (error) {
    if (!(error instanceof BankError)) throw error;
    return { line, error };
  }
}
