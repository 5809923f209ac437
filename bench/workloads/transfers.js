/** Transfers between many accounts: W1 one in flight, W2 many, W3 for long, W4 in batches. */
import { compare } from '../compare.js';
import {
  barsOf,
  FASTER,
  LATENCIES,
  largest,
  loopGoal,
  many,
  NAME,
  RATES,
  RESOURCES,
  ratio,
  rowsOf,
  timesGoal,
} from '../figures.js';
import { median } from '../statistics.js';

const POSTED =
  'posted/s: the same transfers over the time until all of them stood in the passbooks; CPU includes it.';
const LOOK_AT_SYNCS =
  'syncs/transfer: those of native code were counted by strace, in a round of its own that counts for nothing else.';

export async function oneInFlight({ quick, accounts, folder, say, choose }) {
  const names = ['drovebank', 'better-sqlite3', 'lmdb', 'raw-append'];
  const others = ['lmdb-sync', 'classic-level', 'postgres', 'naive-pair', 'raw-dsync'];
  const load = quick
    ? { ms: 250, warmUpMs: 100, rounds: 2 }
    : { ms: 1_500, warmUpMs: 1_000, rounds: 7 };
  const contenders = choose(names, others);
  const field = await compare(contenders, { folder, accounts, say, inFlight: 1, ...load });
  const title = `W1: transfers between ${many(accounts)} accounts, 1 in flight (time of one answer)`;
  const rows = rowsOf(field, { by: 'p50Us' });
  const timeOver = (name) => ratio(field, 'drovebank', name, 'p50Us');
  return {
    title,
    columns: [NAME, ...LATENCIES, FASTER, ...RESOURCES],
    rows,
    notes: [LOOK_AT_SYNCS],
    goals: [
      timesGoal("p50 at most better-sqlite3's", 1, timeOver('better-sqlite3'), { atMost: true }),
      timesGoal('p50 at most 1.3 x one raw append + fdatasync', 1.3, timeOver('raw-append'), {
        atMost: true,
      }),
      loopGoal(field),
    ],
    charts: [barsOf(rows, 'Time of one answer: how much faster drovebank is')],
  };
}

function manyInFlight(inFlight) {
  return async ({ quick, accounts, folder, say, choose }) => {
    const others = ['classic-level', 'postgres', ...(inFlight <= 64 ? ['naive-pair'] : [])];
    const names = choose(['drovebank', 'better-sqlite3', 'lmdb'], others);
    const load = quick
      ? { ms: 700, warmUpMs: 300, rounds: 1 }
      : { ms: 3_000, warmUpMs: 3_000, rounds: 5 };
    const field = await compare(names, { folder, accounts, say, inFlight, ...load });
    const rateOver = (name) => ratio(field, 'drovebank', name, 'answersPerSecond');
    const rows = rowsOf(field);
    return {
      title: `W2: transfers between ${many(accounts)} accounts, ${inFlight} in flight`,
      columns: [NAME, ...RATES, ...LATENCIES, ...RESOURCES],
      rows,
      notes: [POSTED, LOOK_AT_SYNCS],
      goals: [
        timesGoal('at least 2 x lmdb', 2, rateOver('lmdb')),
        timesGoal('at least 30 x better-sqlite3', 30, rateOver('better-sqlite3')),
        loopGoal(field),
      ],
      charts: [barsOf(rows, `${inFlight} in flight: how much faster drovebank answers`)],
    };
  };
}

export const inFlight64 = manyInFlight(64);
export const inFlight512 = manyInFlight(512);

export async function forLong({ quick, accounts, folder, say, choose }) {
  const names = choose(['drovebank', 'lmdb'], ['better-sqlite3', 'postgres']);
  const load = quick
    ? { ms: 3_000, warmUpMs: 0, rounds: 1 }
    : { ms: 30_000, warmUpMs: 2_000, rounds: 2 };
  const settings = { folder, accounts, say, inFlight: 512, sampleMs: 250, ...load };
  const field = await compare(names, settings);
  const rows = rowsOf(field, { by: 'postedPerSecond' });
  return {
    title: `W3: 512 in flight for ${load.ms / 1_000} s, and until everything is posted (${many(accounts)} accounts)`,
    columns: [
      NAME,
      ['postedPerSecond', 'posted/s', 'count'],
      FASTER,
      ['answersPerSecond', 'answers/s', 'count'],
      ['backlogMax', 'backlog at most', 'count'],
      ...LATENCIES,
      ...RESOURCES,
    ],
    rows,
    notes: ['posted/s is the measure here: total work over total time.'],
    goals: [
      timesGoal(
        'total work / total time at least that of lmdb',
        1,
        ratio(field, 'drovebank', 'lmdb', 'postedPerSecond'),
      ),
      {
        text: 'no request waits longer than 1 s',
        limit: 1_000_000,
        atMost: true,
        value: largest(field, 'drovebank', 'maxUs'),
        format: 'time',
      },
      loopGoal(field),
    ],
    charts: [barsOf(rows, 'Total work over total time: how much faster drovebank is')],
  };
}

/** As many transfers as TigerBeetle's own benchmark puts into a batch. */
const BATCH = 8_189;

export async function inBatches({ quick, accounts, folder, say, choose }) {
  const others = ['drovebank-numbers', 'drovebank-atomic', 'classic-level', 'postgres'];
  const names = choose(['drovebank', 'better-sqlite3', 'lmdb'], others);
  const depths = quick ? [1] : [1, 4];
  const load = quick
    ? { ms: 400, warmUpMs: 200, rounds: 1 }
    : { ms: 3_000, warmUpMs: 2_000, rounds: 4 };
  const rows = [];
  const fields = new Map();
  for (const inFlight of depths) {
    const told = (text) => say(`${inFlight} in flight, ${text}`);
    const settings = {
      folder: `${folder}/${inFlight}`,
      accounts,
      say: told,
      inFlight,
      batch: BATCH,
      ...load,
    };
    const field = await compare(names, settings);
    fields.set(inFlight, field);
    for (const row of rowsOf(field)) {
      const durable = inFlight === depths[0] ? row.durable : undefined;
      rows.push({ ...row, durable, name: `${row.name}, ${inFlight} in flight` });
    }
  }
  const best = Math.max(
    ...['drovebank', 'drovebank-numbers', 'drovebank-atomic']
      .flatMap((key) =>
        depths.map((depth) =>
          median((fields.get(depth).get(key)?.rounds ?? []).map((round) => round.answersPerSecond)),
        ),
      )
      .filter(Number.isFinite),
  );
  return {
    title: `W4: transferMany in batches of ${many(BATCH)} between ${many(accounts)} accounts`,
    columns: [
      NAME,
      ['answersPerSecond', 'transfers/s', 'count'],
      FASTER,
      ['postedPerSecond', 'posted/s', 'count'],
      ['p50Us', 'batch p50', 'time'],
      ['p99Us', 'batch p99', 'time'],
      ['maxUs', 'longest', 'time'],
      ...RESOURCES,
    ],
    rows,
    notes: [
      'The rivals book each batch as one transaction. The batches are made before the clock runs.',
      "atomic: all of a batch or nothing; else each transfer is decided for itself, which SQL's transactions do not do.",
      'numbers: answered with the number of each entry, as `receipts: false` asks; else with a receipt for each, which is looked at. Rivals answer nothing.',
      'A batch whose client waits for nothing else: as fast as it gets, and the event loop is held for each batch.',
    ],
    goals: [
      {
        text: 'the best of them: 1,000,000 transfers/s acknowledged',
        limit: 1_000_000,
        value: best,
        format: 'count',
      },
      loopGoal(fields.get(1)),
    ],
    charts: [
      barsOf(
        rows.filter(({ name }) => !name.startsWith('drovebank,')),
        'Batches: how much faster drovebank answers',
      ),
    ],
  };
}
