/** Transfers between many accounts: W1 one in flight, W2 many, W5 many processes on one directory. */
import { join } from 'node:path';
import { compare } from '../compare.js';
import { loadContestant } from '../contestants.js';
import { medians, ratio } from '../report.js';

const many = (count) => count.toLocaleString('en-US');

async function rowsOf(field, isRate) {
  const rows = [];
  for (const [name, { rounds, failure }] of field) {
    const { label, durable } = await loadContestant(name);
    const faster = isRate
      ? ratio(field, 'drovebank', name, 'answersPerSecond')
      : ratio(field, name, 'drovebank', 'p50Us');
    rows.push({ name: label, durable, failure, ...medians(rounds), faster, rounds });
  }
  return rows;
}

const FASTER = ['faster', 'drovebank is', 'times'];
const RESOURCES = [
  ['cpuUs', 'CPU/transfer', 'time'],
  ['bytes', 'bytes/transfer', 'count'],
  ['memoryMb', 'peak memory', 'mb'],
  ['loopDelayUs', 'loop p99', 'time'],
];
const LATENCIES = [
  ['p50Us', 'p50', 'time'],
  ['p99Us', 'p99', 'time'],
  ['maxUs', 'longest', 'time'],
];

export async function oneInFlight({ quick, accounts, folder, say, only }) {
  const names = [
    'drovebank',
    'better-sqlite3',
    'lmdb',
    'lmdb-sync',
    'classic-level',
    'naive-pair',
    'raw-append',
    'raw-dsync',
  ].filter(only);
  const load = { inFlight: 1, ms: quick ? 300 : 1_500, rounds: quick ? 3 : 7 };
  const field = await compare(names, { folder: join(folder, 'w1'), accounts, say, ...load });
  return {
    title: `W1: transfers between ${many(accounts)} accounts, 1 in flight (time of one answer)`,
    columns: [['name', '', 'text'], ...LATENCIES, FASTER, ...RESOURCES],
    rows: await rowsOf(field, false),
    goals: [
      {
        text: 'p50 at most 2 x better-sqlite3',
        limit: 2,
        atMost: true,
        value: ratio(field, 'drovebank', 'better-sqlite3', 'p50Us'),
      },
      {
        text: 'p50 at most 1.3 x one raw append + fdatasync',
        limit: 1.3,
        atMost: true,
        value: ratio(field, 'drovebank', 'raw-append', 'p50Us'),
      },
    ],
  };
}

function manyInFlight(inFlight) {
  return async ({ quick, accounts, folder, say, only }) => {
    const names = ['drovebank', 'better-sqlite3', 'lmdb', 'classic-level'];
    if (inFlight <= 64) names.push('naive-pair');
    const load = { inFlight, ms: quick ? 500 : 3_000, rounds: quick ? 2 : 5 };
    const home = join(folder, `w2-${inFlight}`);
    const field = await compare(names.filter(only), { folder: home, accounts, say, ...load });
    const rateOver = (name) => ratio(field, 'drovebank', name, 'answersPerSecond');
    return {
      title: `W2: transfers between ${many(accounts)} accounts, ${inFlight} in flight`,
      columns: [
        ['name', '', 'text'],
        ['answersPerSecond', 'answers/s', 'count'],
        FASTER,
        ['postedPerSecond', 'posted/s', 'count'],
        ...LATENCIES,
        ...RESOURCES,
      ],
      rows: await rowsOf(field, true),
      notes: [
        'posted/s: the same transfers over the time until all of them stood in the passbooks.',
        'drovebank posts while it answers; CPU/transfer includes the posting.',
      ],
      goals: [
        { text: 'at least 8 x better-sqlite3', limit: 8, value: rateOver('better-sqlite3') },
        { text: 'at least 2 x lmdb', limit: 2, value: rateOver('lmdb') },
      ],
    };
  };
}

export const inFlight64 = manyInFlight(64);
export const inFlight512 = manyInFlight(512);

export async function manyProcesses({ quick, accounts, folder, say, only }) {
  const names = ['drovebank', 'better-sqlite3', 'lmdb'].filter(only);
  const load = { inFlight: 64, processes: 4, ms: quick ? 700 : 3_000, rounds: quick ? 2 : 4 };
  const field = await compare(names, { folder: join(folder, 'w5'), accounts, say, ...load });
  return {
    title: `W5: 4 processes x 64 in flight on one directory, ${many(accounts)} accounts`,
    columns: [
      ['name', '', 'text'],
      ['answersPerSecond', 'answers/s', 'count'],
      FASTER,
      ['postedPerSecond', 'posted/s', 'count'],
      ...LATENCIES,
      ['refused', 'refused', 'count'],
      ...RESOURCES,
    ],
    rows: await rowsOf(field, true),
    notes: ['All money was counted at the end and was the same as at the start.'],
    goals: [
      {
        text: 'at least 5 x better-sqlite3',
        limit: 5,
        value: ratio(field, 'drovebank', 'better-sqlite3', 'answersPerSecond'),
      },
      {
        text: 'at least 1.3 x lmdb',
        limit: 1.3,
        value: ratio(field, 'drovebank', 'lmdb', 'answersPerSecond'),
      },
    ],
  };
}
