/** How cost grows: with the accounts, with the requests in flight, and with the processes. */
import { join } from 'node:path';
import { compare } from '../compare.js';
import { many, medians, NAME, ratio } from '../figures.js';
import { refuseSmallDisk } from '../room.js';
import { largeBank } from './million.js';

/** Made for each sweep; a larger bank is shared. */
const SMALL = 100_000;

export async function growth({ quick, accounts, folder, shared, say, choose }) {
  const names = choose(['drovebank', 'lmdb', 'better-sqlite3']);
  const load = quick
    ? { ms: 300, warmUpMs: 200, rounds: 1 }
    : { ms: 2_000, warmUpMs: 1_000, rounds: 3 };
  const large = largeBank({ quick });
  const sweeps = [
    {
      what: 'accounts',
      points: [100, 1_000, 10_000, ...(quick ? [] : [100_000]), large],
      load: (count) => ({ accounts: count, inFlight: 512 }),
    },
    {
      what: 'requests in flight',
      points: [1, 8, 64, 512, 4_096],
      load: (inFlight) => ({ accounts, inFlight }),
    },
    {
      what: 'processes',
      points: [1, 2, 4],
      load: (processes) => ({ accounts, inFlight: 64, processes }),
    },
  ];
  refuseSmallDisk(folder, large);
  const rows = [];
  const charts = [];
  for (const { what, points, load: loadAt } of sweeps) {
    const fields = new Map();
    for (const point of points) {
      const settings = { ...load, ...loadAt(point) };
      const contenders = [];
      for (const name of names) {
        const big = settings.accounts > SMALL || (quick && settings.accounts === large);
        const home = big ? (await shared(name, settings.accounts)).home : undefined;
        contenders.push({ key: name, name, home });
      }
      const told = (text) => say(`${many(point)} ${what}, ${text}`);
      fields.set(
        point,
        await compare(contenders, {
          ...settings,
          folder: join(folder, `${what}-${point}`),
          say: told,
        }),
      );
    }
    rows.push(...rowsAt(what, fields));
    charts.push(chartOf(what, fields, names));
  }
  return {
    title: 'Growth: with the accounts, the requests in flight, the processes',
    columns: [
      NAME,
      ['ours', 'drovebank/s', 'count'],
      ['oursPosted', 'posted/s', 'count'],
      ['lmdb', 'lmdb/s', 'count'],
      ['sqlite', 'better-sqlite3/s', 'count'],
      ['toLmdb', 'to lmdb', 'times'],
      ['toSqlite', 'to better-sqlite3', 'times'],
      ['p99Us', 'drovebank p99', 'time'],
      ['memoryMb', 'peak memory', 'mb'],
    ],
    rows,
    notes: [
      'What is durable before an answer is the same as in W2.',
      `The accounts with 512 in flight; the requests in flight with ${many(accounts)} accounts; the processes with 64 in flight each.`,
    ],
    charts,
  };
}

function rowsAt(what, fields) {
  return [...fields].map(([point, field]) => {
    const of = (name) => medians(field.get(name)?.rounds ?? []);
    const ours = of('drovebank');
    const failures = [...field.values()].filter(({ failure }) => failure !== undefined);
    return {
      name: `${many(point)} ${what}`,
      ours: ours.answersPerSecond,
      oursPosted: ours.postedPerSecond,
      lmdb: of('lmdb').answersPerSecond,
      sqlite: of('better-sqlite3').answersPerSecond,
      toLmdb: ratio(field, 'drovebank', 'lmdb', 'answersPerSecond'),
      toSqlite: ratio(field, 'drovebank', 'better-sqlite3', 'answersPerSecond'),
      p99Us: ours.p99Us,
      memoryMb: ours.memoryMb,
      failure: failures.map(({ key, failure }) => `${key}: ${failure}`).join('; ') || undefined,
    };
  });
}

function chartOf(what, fields, names) {
  const points = (name, key) =>
    [...fields].map(([point, field]) => [point, medians(field.get(name)?.rounds ?? [])[key]]);
  const series = names.map((name) => ({ name, points: points(name, 'answersPerSecond') }));
  if (names.includes('drovebank')) {
    series.push({ name: 'drovebank, posted', points: points('drovebank', 'postedPerSecond') });
  }
  return {
    kind: 'lines',
    title: `Answers per second by ${what}`,
    x: { label: what, format: 'count', log: true },
    y: { label: 'answers/s', format: 'count', log: true },
    series,
  };
}
