/** W5: many processes on one directory, and what a command beside them has to wait. */
import { join } from 'node:path';
import { BALANCE, compare, expectAllMoney } from '../compare.js';
import {
  barsOf,
  LATENCIES,
  loopGoal,
  many,
  NAME,
  RATES,
  RESOURCES,
  ratio,
  rowsOf,
  rowsOfEach,
  timesGoal,
} from '../figures.js';
import { prepare, runProgram, start, TookTooLong } from '../processes.js';
import { COMMAND, pathOf } from '../programs.js';
import { median, quantile } from '../statistics.js';

const PROCESSES = 4;
const IN_FLIGHT = 64;

export async function manyProcesses({ quick, accounts, folder, say, choose }) {
  const names = choose(['drovebank', 'better-sqlite3', 'lmdb'], ['postgres']);
  const load = quick
    ? { ms: 800, warmUpMs: 400, rounds: 1 }
    : { ms: 3_000, warmUpMs: 3_000, rounds: 4 };
  const settings = { folder, accounts, say, inFlight: IN_FLIGHT, processes: PROCESSES, ...load };
  const field = await compare(names, settings);
  const rateOver = (name) => ratio(field, 'drovebank', name, 'answersPerSecond');
  const rows = rowsOf(field);
  return {
    title: `W5: ${PROCESSES} processes x ${IN_FLIGHT} in flight on one directory, ${many(accounts)} accounts`,
    columns: [NAME, ...RATES, ...LATENCIES, ['refused', 'refused', 'count'], ...RESOURCES],
    rows,
    notes: ['All money was counted at the end and was the same as at the start.'],
    goals: [
      timesGoal('at least 1.3 x lmdb', 1.3, rateOver('lmdb')),
      timesGoal('at least 10 x better-sqlite3', 10, rateOver('better-sqlite3')),
      loopGoal(field),
    ],
    charts: [barsOf(rows, `${PROCESSES} processes: how much faster drovebank answers`)],
  };
}

/** Whole programs, each run again and again: { name, of?, args(home, account) }. */
const SHOTS = [
  { name: 'node -e 0', of: 'drovebank', args: () => ['-e', '0'] },
  {
    name: 'drovebank balance',
    of: 'drovebank',
    args: (home, account) => [COMMAND, 'balance', `c${account}`, '--dir', home],
  },
  {
    name: 'drovebank: open, deposit, close',
    of: 'drovebank',
    moves: true,
    args: (home, account) => [pathOf('./deposit-once.js'), home, `c${account}`],
  },
  {
    name: 'better-sqlite3: a balance',
    of: 'better-sqlite3',
    args: (home, account) => [pathOf('./rivals/sqlite-balance.js'), home, `${account}`],
  },
  {
    name: 'better-sqlite3: a deposit',
    of: 'better-sqlite3',
    moves: true,
    args: (home, account) => [pathOf('./rivals/sqlite-deposit.js'), home, `${account}`],
  },
];
const EXTRA_MAX_US = 50_000;

export async function besideManyProcesses({ quick, accounts, folder, say, choose }) {
  const limits = quick
    ? { count: 5, ms: 3_000, withinMs: 2_000 }
    : { count: 100, ms: 100_000, withinMs: 30_000 };
  const rows = await rowsOfEach(choose(['drovebank', 'better-sqlite3']), say, (name, told) => {
    const shots = SHOTS.filter(({ of }) => of === name);
    return shootBeside(name, shots, { limits, accounts, folder, say: told });
  });
  const extraOf = (wanted) => rows.find(({ name }) => name === wanted)?.extraUs;
  const goals = ['drovebank balance', 'drovebank: open, deposit, close'].map((name) => ({
    text: `${name}: p99 at most 50 ms more than alone`,
    limit: EXTRA_MAX_US,
    atMost: true,
    value: extraOf(name),
    format: 'time',
  }));
  return {
    title: `W5: a program of one request beside ${PROCESSES} busy processes, ${many(accounts)} accounts`,
    columns: [
      NAME,
      ['aloneUs', 'alone p50', 'time'],
      ['aloneP99Us', 'p99', 'time'],
      ['besideUs', 'beside p50', 'time'],
      ['besideP99Us', 'p99', 'time'],
      ['extraUs', 'p99 more', 'time'],
      ['times', 'times', 'count'],
      ['refused', 'failed', 'count'],
    ],
    rows,
    notes: [
      ...rows.filter(({ why }) => why).map(({ name, why }) => `failed, ${name}: ${why}`),
      `As whole processes from start to exit, up to ${limits.count} times alone and as often beside, as long as ${limits.ms / 1_000} s last. Who is not done within ${limits.withinMs / 1_000} s is killed, and counts as that.`,
      'What node -e 0 takes longer is the want of processors, and no waiting for the bank.',
    ],
    goals,
  };
}

async function shootBeside(name, shots, { limits, accounts, folder, say }) {
  const home = join(folder, name);
  const settings = { accounts, balance: BALANCE };
  await prepare(name, home, settings);
  const times = new Map(shots.map((shot) => [shot, { alone: [], beside: [], refusals: [] }]));
  let moved = 0;
  let perhaps = 0;
  const shootAll = async (where) => {
    const end = performance.now() + limits.ms;
    for (let round = 0; round < limits.count; round += 1) {
      if (round > 0 && performance.now() > end) break;
      say(`${where}, ${round + 1} of ${limits.count}`);
      for (const shot of shots) {
        const account = (round * 37) % accounts;
        try {
          const { us } = await runProgram(process.execPath, shot.args(home, account), {
            withinMs: limits.withinMs,
          });
          times.get(shot)[where].push(us);
          if (shot.moves) moved += 1;
        } catch (error) {
          times.get(shot).refusals.push(`${where}: ${error.message}`);
          if (!(error instanceof TookTooLong)) continue;
          times.get(shot)[where].push(limits.withinMs * 1_000); // At least.
          if (shot.moves) perhaps += 1;
        }
      }
    }
  };
  await shootAll('alone');
  const busy = Array.from({ length: PROCESSES }, (_, number) =>
    start(name, home, { ...settings, process: number }),
  );
  try {
    for (const process of busy) await process.ask('open');
    let shooting = true;
    const keepBusy = async (process, number) => {
      for (let round = 1; shooting; round += 1) {
        await process.ask('load', {
          inFlight: IN_FLIGHT,
          ms: 500,
          settle: false,
          seed: round * 100 + number,
        });
      }
    };
    const loads = Promise.all(busy.map(keepBusy));
    loads.catch(() => {}); // Told when the shots are done.
    try {
      await shootAll('beside');
    } finally {
      shooting = false;
      await loads;
    }
    await expectAllMoney(busy[0], accounts, moved, perhaps);
  } finally {
    await Promise.all(busy.map((process) => process.end()));
  }
  return shots.map((shot) => {
    const { alone, beside, refusals } = times.get(shot);
    const [aloneP99Us, besideP99Us] = [alone, beside].map((us) => quantile(us, 0.99));
    return {
      name: shot.name,
      aloneUs: median(alone),
      aloneP99Us,
      besideUs: median(beside),
      besideP99Us,
      extraUs: besideP99Us - aloneP99Us,
      times: beside.length,
      refused: refusals.length,
      why: refusals[0],
      rounds: { alone, beside },
    };
  });
}
