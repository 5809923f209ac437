/** Rows, columns and goals that several workloads have in common. */
import { CONTESTANTS } from './contestants.js';
import { median } from './statistics.js';

export const many = (count) => count.toLocaleString('en-US');

/** Columns as [key, heading, format]. */
export const NAME = ['name', '', 'text'];
export const FASTER = ['faster', 'drovebank is', 'times'];
export const LATENCIES = [
  ['p50Us', 'p50', 'time'],
  ['p99Us', 'p99', 'time'],
  ['p999Us', 'p99.9', 'time'],
  ['maxUs', 'longest', 'time'],
];
export const RATES = [
  ['answersPerSecond', 'answers/s', 'count'],
  FASTER,
  ['postedPerSecond', 'posted/s', 'count'],
];
export const RESOURCES = [
  ['cpuUs', 'CPU/transfer', 'time'],
  ['syncs', 'syncs/transfer', 'share'],
  ['bytes', 'bytes/transfer', 'count'],
  ['memoryMb', 'peak memory', 'mb'],
  ['loopDelayUs', 'loop p99', 'time'],
];

/**
 * What `measure(name, say)` answers for each contestant, a row or several; one that fails gets a row that says
 * why, and the others go on.
 */
export async function rowsOfEach(names, say, measure) {
  const rows = [];
  for (const name of names) {
    try {
      rows.push(...[await measure(name, (text) => say(`${name}: ${text}`))].flat());
    } catch (error) {
      rows.push({ name: CONTESTANTS[name].label, failure: error.message });
    }
  }
  return rows;
}

/** The median over rounds of `of` one contender's figure divided by another's in the same round. */
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

/** The largest of a figure in all rounds. */
export function largest(field, key, figure) {
  return Math.max(...(field.get(key)?.rounds ?? []).map((round) => round[figure]));
}

/** A row for each contender of `compare`; `by: 'p50Us'` takes its time for the measure, not its rate. */
export function rowsOf(field, { by = 'answersPerSecond', reference = 'drovebank' } = {}) {
  return [...field].map(([key, { name, rounds, failure }]) => {
    const { label, durable } = CONTESTANTS[name];
    const faster =
      by === 'p50Us' ? ratio(field, key, reference, by) : ratio(field, reference, key, by);
    return { name: label, durable, failure, ...medians(rounds), faster, rounds };
  });
}

export function timesGoal(text, limit, value, more = {}) {
  return { text, limit, value, format: 'times', ...more };
}

/** That nobody else in the process waits long. */
export function loopGoal(field, key = 'drovebank') {
  return {
    text: 'event loop p99 under 10 ms',
    limit: 10_000,
    atMost: true,
    value: medians(field.get(key)?.rounds ?? []).loopDelayUs,
    format: 'time',
  };
}

/** What a bar chart of a table with the column "drovebank is" shows. */
export function barsOf(rows, title) {
  const bars = rows
    .filter(({ faster, name }) => Number.isFinite(faster) && name !== 'drovebank')
    .map(({ name, faster }) => ({ name, value: faster }));
  return { kind: 'bars', title, bars };
}
