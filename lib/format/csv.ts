/**
 * RFC 4180 as the bank writes it: LF, one row a line, text cells always quoted, empty ones left empty.
 * Texts hold no line breaks (they are refused at the door), so that a line is a row.
 */

// A cell that a spreadsheet might take for a formula, also behind white space and in full width.
const FORMULA = /^\s*['=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** A text as no spreadsheet takes it for a formula: `=1+1` → `'=1+1`. */
export function guardText(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** A text as a cell: `` → nothing, `say "hi"` → `"say ""hi"""`, `=1+1` → `"'=1+1"`. */
export function encodeText(text: string): string {
  if (text === '') return '';
  const guarded = guardText(text);
  return `"${guarded.includes('"') ? guarded.replaceAll('"', '""') : guarded}"`;
}

/** The text of a cell that {@link encodeText} wrote, quotes already taken off. */
export function decodeText(cell: string): string {
  return cell.charCodeAt(0) === 39 ? cell.slice(1) : cell;
}

/**
 * The cells of one line (without its line break), quotes taken off; `undefined` when it is no row.
 */
export function splitRow(line: string): string[] | undefined {
  const cells: string[] = [];
  let start = 0;
  for (;;) {
    if (line.charCodeAt(start) === 34) {
      let end = start + 1;
      let doubled = false;
      for (;;) {
        end = line.indexOf('"', end);
        if (end === -1) return undefined;
        if (line.charCodeAt(end + 1) !== 34) break;
        doubled = true;
        end += 2;
      }
      const cell = line.slice(start + 1, end);
      cells.push(doubled ? cell.replaceAll('""', '"') : cell);
      if (end + 1 === line.length) return cells;
      if (line.charCodeAt(end + 1) !== 44) return undefined;
      start = end + 2;
    } else {
      const end = line.indexOf(',', start);
      const cell = end === -1 ? line.slice(start) : line.slice(start, end);
      if (cell.includes('"')) return undefined;
      cells.push(cell);
      if (end === -1) return cells;
      start = end + 1;
    }
  }
}

/** A whole number from 0 to 2^53 - 1 as the bank writes it, else `undefined`. */
export function parseCount(text: string): number | undefined {
  const { length } = text;
  if (length === 0 || length > 16 || (length > 1 && text.charCodeAt(0) === 48)) return undefined;
  let count = 0;
  for (let at = 0; at < length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    count = count * 10 + digit;
  }
  return Number.isSafeInteger(count) ? count : undefined;
}

const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

/** Whether a cell is a time as the bank writes it: `2026-11-20T09:05:40.007Z`. */
export function isTime(text: string): boolean {
  return TIME.test(text);
}
