/** Tables for people who sit at a terminal. */

const round = (value, digits) =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });

export const formats = {
  text: (value) => value,
  count: (value) => round(value, 0),
  /** A small number per transfer. */
  share: (value) => (value >= 100 ? round(value, 0) : value.toPrecision(2)),
  /** Microseconds, in the unit that fits. */
  time(us) {
    if (us === 0) return '0 us';
    if (us < 1_000) return `${round(us, us < 100 ? 1 : 0)} us`;
    return us < 1_000_000 ? `${round(us / 1_000, 1)} ms` : `${round(us / 1_000_000, 2)} s`;
  },
  mb: (value) => `${round(value, 0)} MB`,
  times: (value) => `${round(value, value < 10 ? 2 : 1)} x`,
};

/** A cell's text; '-' for what was not measured. */
export function formatCell(value, format) {
  const missing = value == null || (typeof value === 'number' && !Number.isFinite(value));
  return missing ? '-' : formats[format](value);
}

/** Columns as [key, heading, format]. Rows lack what was not measured. */
export function formatTable({ title, columns, rows, notes = [], goals = [] }) {
  const cells = rows.map((row) => columns.map(([key, , format]) => formatCell(row[key], format)));
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
    ...rows.filter((row) => row.failure).map((row) => `NOT MEASURED, ${row.name}: ${row.failure}`),
    ...notes,
    ...goals.map((goal) => `goal: ${formatGoal(goal)}`),
  ].join('\n');
}

/** Whether a goal was reached; `undefined` where it was not measured. */
export function isReached({ limit, atMost, value }) {
  if (!Number.isFinite(value)) return undefined;
  return atMost ? value <= limit : value >= limit;
}

export function formatGoal(goal) {
  const reached = isReached(goal);
  if (reached === undefined) return `${goal.text}: not measured`;
  return `${goal.text}: ${formats[goal.format](goal.value)}, ${reached ? 'reached' : 'MISSED'}`;
}
