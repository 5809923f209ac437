/** Tables for people, and the same figures as JSON. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './measure.js';

export const formats = {
  text: (value) => value,
  count: (value) => Math.round(value).toLocaleString('en-US'),
  /** Microseconds, in the unit that fits. */
  time(us) {
    if (us < 1_000) return `${us < 100 ? us.toFixed(1) : Math.round(us)} us`;
    return us < 1_000_000 ? `${(us / 1_000).toFixed(1)} ms` : `${(us / 1_000_000).toFixed(2)} s`;
  },
  mb: (value) => `${Math.round(value)} MB`,
  times: (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} x`,
};

/** Columns as [key, heading, format]. Rows lack what was not measured. */
export function formatTable({ title, columns, rows, notes = [], goals = [] }) {
  const cells = rows.map((row) =>
    columns.map(([key, , format]) => {
      const value = row[key];
      const missing = value === undefined || (typeof value === 'number' && !Number.isFinite(value));
      return missing ? '-' : formats[format](value);
    }),
  );
  const widths = columns.map(([, heading], column) =>
    Math.max(heading.length, ...cells.map((row) => row[column].length)),
  );
  const line = (row) =>
    row
      .map((cell, column) =>
        columns[column][2] === 'text' ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join('  ')
      .trimEnd();
  return [
    '',
    title,
    '',
    line(columns.map(([, heading]) => heading)),
    line(widths.map((width) => '-'.repeat(width))),
    ...cells.map(line),
    '',
    ...rows.filter((row) => row.durable).map((row) => `durable, ${row.name}: ${row.durable}`),
    ...rows.filter((row) => row.failure).map((row) => `not measured, ${row.name}: ${row.failure}`),
    ...notes,
    ...goals.map(formatGoal),
  ].join('\n');
}

function formatGoal({ text, limit, atMost, value }) {
  if (!Number.isFinite(value)) return `goal: ${text}: not measured`;
  const reached = atMost ? value <= limit : value >= limit;
  return `goal: ${text}: ${formats.times(value)}, ${reached ? 'reached' : 'MISSED'}`;
}

/** The median over rounds of `of` one contestant's figure divided by another's in the same round. */
export function ratio(field, above, below, key) {
  const over = field.get(above)?.rounds ?? [];
  const under = field.get(below)?.rounds ?? [];
  return median(
    over.slice(0, under.length).map((figures, round) => figures[key] / under[round][key]),
  );
}

/** The median over rounds of each figure. */
export function medians(rounds) {
  const keys = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(keys.map((key) => [key, median(rounds.map((round) => round[key]))]));
}

export function writeResults(folder, results) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${results.date.slice(0, 10)}${results.quick ? '-quick' : ''}.json`);
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`);
  return file;
}
