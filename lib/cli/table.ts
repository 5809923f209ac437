import { guardText } from '../format/csv.js';
import { type Context, isTerminal } from './context.js';
import { alignTo, cutTo, showable, widthOf } from './terminal-text.js';

/** One column: `text` columns may be cut at a terminal, ids and money never are. */
export interface Column<Row> {
  readonly title: string;
  readonly kind: 'id' | 'text' | 'money';
  readonly cell: (row: Row) => string;
}

const GAP = 2;
const INDENT = 4;
/** A text column is not cut narrower than this. */
const TEXT_WIDTH_MIN = 12;

export interface Table<Row> {
  /** Prints more rows; the header stands before the first ones. */
  rows(rows: readonly Row[]): void;
}

/** A table for people, or tab-separated rows with `--plain`. */
export function createTable<Row>(context: Context, columns: readonly Column<Row>[]): Table<Row> {
  const { output } = context;
  if (context.plain) {
    return {
      rows: (rows) => {
        for (const row of rows) output.plainRow(columns.map((column) => plainCell(column, row)));
      },
    };
  }
  let natural = columns.map((column) => widthOf(column.title));
  let headed = false;
  return {
    rows: (rows) => {
      if (rows.length === 0) return;
      const texts = textsOf(columns, rows);
      natural = widest(natural, texts);
      const widths = fitted(columns, natural, lineWidth());
      const layout = (cells: readonly string[]) => layOut(columns, cells, widths, lineWidth());
      if (!headed) {
        for (const line of layout(columns.map(({ title }) => title))) output.line(line, 'faint');
      }
      headed = true;
      for (const cells of texts) for (const line of layout(cells)) output.line(line);
    },
  };
}

/** What people wrote is kept from spreadsheets as in the passbooks. */
function plainCell<Row>({ kind, cell }: Column<Row>, row: Row): string {
  return kind === 'text' ? guardText(cell(row)) : cell(row);
}

/** A header, and a line for each row, of so many columns: what does not fit is left out. */
export function layTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): { readonly head: string; readonly rows: readonly string[] } {
  const texts = textsOf(columns, rows);
  const titles = columns.map(({ title }) => title);
  const widths = fitted(columns, widest(titles.map(widthOf), texts), width);
  const total = widths.reduce((sum, one) => sum + one + GAP, -GAP);
  const spare = spareColumn(columns);
  // Rather no type than no balance.
  if (total > width && spare !== undefined) return layTable(spare, rows, width);
  const line = (cells: readonly string[]) => layOut(columns, cells, widths, width)[0] ?? '';
  return { head: line(titles), rows: texts.map(line) };
}

/** The columns without the one that is missed least: ids from the right but for the first, then texts, never money. */
function spareColumn<Row>(columns: readonly Column<Row>[]): readonly Column<Row>[] | undefined {
  const last = (kind: Column<Row>['kind']) => columns.findLastIndex((one) => one.kind === kind);
  const at = last('id') > 0 ? last('id') : last('text');
  return at > 0 ? columns.filter((_, index) => index !== at) : undefined;
}

function textsOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[][] {
  return rows.map((row) => columns.map((column) => showable(column.cell(row))));
}

function widest(widths: readonly number[], texts: readonly string[][]): number[] {
  return widths.map((width, index) =>
    Math.max(width, ...texts.map((cells) => widthOf(cells[index] ?? ''))),
  );
}

/** Columns of the terminal; files and pipes have no edge unless COLUMNS says so. */
export function lineWidth(): number {
  if (isTerminal(process.stdout)) return process.stdout.columns || 80;
  const columns = Number(process.env.COLUMNS);
  return columns > 0 ? columns : Number.POSITIVE_INFINITY;
}

/** Takes what is too wide from the text columns, the last one first. */
function fitted<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  lineMax: number,
): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width + GAP, -GAP) - lineMax;
  for (let index = columns.length - 1; index >= 0 && excess > 0; index--) {
    const width = widths[index] ?? 0;
    if (columns[index]?.kind !== 'text' || width <= TEXT_WIDTH_MIN) continue;
    widths[index] = Math.max(TEXT_WIDTH_MIN, width - excess);
    excess -= width - (widths[index] ?? 0);
  }
  // What does not fit beside the others has a line of its own, with room for more.
  if (excess <= 0) return widths;
  return natural.map((width, index) =>
    columns[index]?.kind === 'text'
      ? Math.max(widths[index] ?? 0, Math.min(width, lineMax - INDENT))
      : width,
  );
}

/** Cells side by side; what no longer fits goes on in an indented line, so that nothing wraps. */
function layOut<Row>(
  columns: readonly Column<Row>[],
  cells: readonly string[],
  widths: readonly number[],
  lineMax: number,
): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const [index, cell] of cells.entries()) {
    const width = widths[index] ?? 0;
    if (used > 0 && used + GAP + width > lineMax) {
      lines.push(line.trimEnd());
      line = ' '.repeat(INDENT);
      used = INDENT;
    } else if (used > 0) {
      line += ' '.repeat(GAP);
      used += GAP;
    }
    line += alignTo(cutTo(cell, width), width, columns[index]?.kind === 'money' ? 'right' : 'left');
    used += width;
  }
  const last = line.trimEnd();
  return last === '' && lines.length > 0 ? lines : [...lines, last];
}
