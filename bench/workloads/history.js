/** W12: does a deposit cost more when the account has a long history? */
import { join } from 'node:path';
import { CONTESTANTS } from '../contestants.js';
import { many, NAME, timesGoal } from '../figures.js';
import { prepare, restDisk, start, withContestant } from '../processes.js';
import { median } from '../statistics.js';

const DEPOSITS_A_ROUND = 20;
/** An account with at least as many rows serves in all rounds: a few more do not make it longer. */
const LONG = 100_000;

/** Accounts with histories of each length. A round takes a fresh account, so that a short history stays short. */
function accountPlan(lengths, accountsEach) {
  let next = 0;
  const plan = new Map(
    lengths.map((length) => {
      const count = length >= LONG ? 1 : accountsEach;
      return [length, Array.from({ length: count }, () => next++)];
    }),
  );
  return { plan, accounts: next };
}

async function measure(name, { lengths, folder, rounds, coldRounds, say }) {
  const { plan, accounts } = accountPlan(lengths, rounds + coldRounds + 1);
  const settings = { accounts, balance: 1_000 };
  const home = join(folder, name);
  const take = (length, turn) => plan.get(length)[turn % plan.get(length).length];
  const taken = new Map(lengths.map((length) => [length, { answer: [], inAll: [], cold: [] }]));
  let paidIn = 0;

  say('its accounts');
  await prepare(name, home, settings);
  const process = start(name, home, settings);
  try {
    await process.ask('open');
    for (const [length, members] of plan) {
      for (const account of members) {
        say(`${many(length)} rows into account ${account}`);
        await process.ask('grow', { account, rows: length });
        paidIn += length;
      }
    }
    for (let round = 0; round <= rounds; round += 1) {
      say(`round ${round} of ${rounds}`);
      for (let turn = 0; turn < lengths.length; turn += 1) {
        const length = lengths[(turn + round) % lengths.length];
        restDisk();
        const asked = { account: take(length, round), count: DEPOSITS_A_ROUND };
        const { answerUs, inAllUs } = await process.ask('deposits', asked);
        paidIn += DEPOSITS_A_ROUND;
        if (round === 0) continue;
        taken.get(length).answer.push(median(answerUs));
        taken.get(length).inAll.push(inAllUs / DEPOSITS_A_ROUND);
      }
    }
  } finally {
    await process.end();
  }
  for (let round = 0; round < coldRounds; round += 1) {
    say(`cold, ${round + 1} of ${coldRounds}`);
    for (const length of lengths) {
      await withContestant(name, home, settings, async (cold) => {
        await cold.ask('open');
        const asked = { account: take(length, rounds + 1 + round), count: 1 };
        const { answerUs } = await cold.ask('deposits', asked);
        paidIn += 1;
        taken.get(length).cold.push(answerUs[0]);
      });
    }
  }
  await withContestant(name, home, settings, (last) => expectSum(last, accounts * 1_000 + paidIn));
  return taken;
}

async function expectSum(contestant, expected) {
  await contestant.ask('open');
  const sum = await contestant.ask('sum');
  if (sum !== expected) throw new Error(`money was made or lost: ${sum} instead of ${expected}`);
}

export async function historyLength({ quick, folder, say, choose }) {
  const lengths = quick ? [10, 1_000, 20_000] : [10, 1_000, 100_000, 1_000_000];
  const rounds = quick ? 5 : 25;
  const coldRounds = quick ? 2 : 11;
  const rows = [];
  const goals = [];
  const series = [];
  for (const name of choose(['drovebank', 'better-sqlite3'])) {
    const { label, durable } = CONTESTANTS[name];
    try {
      const told = (text) => say(`${name}: ${text}`);
      const figures = await measure(name, { lengths, folder, rounds, coldRounds, say: told });
      const short = figures.get(lengths[0]);
      for (const [length, { answer, inAll, cold }] of figures) {
        const change = median(answer.map((us, round) => us / short.answer[round]));
        rows.push({
          name: `${label}, ${many(length)} rows`,
          durable: length === lengths[0] ? durable : undefined,
          answerUs: median(answer),
          change,
          inAllUs: median(inAll),
          changeInAll: median(inAll.map((us, round) => us / short.inAll[round])),
          coldUs: median(cold),
          changeCold: median(cold) / median(short.cold),
        });
        if (name === 'drovebank' && length >= 1_000) {
          const text = `a deposit with ${many(length)} rows at most 1.1 x one with ${lengths[0]}`;
          goals.push(timesGoal(text, 1.1, change, { atMost: true }));
        }
      }
      series.push({
        name,
        points: [...figures].map(([length, { answer }]) => [length, median(answer)]),
      });
    } catch (error) {
      rows.push({ name: label, durable, failure: error.message });
    }
  }
  return {
    title: 'W12: a deposit to an account with a long history (one in flight)',
    columns: [
      NAME,
      ['answerUs', 'answered', 'time'],
      ['change', 'to 10 rows', 'times'],
      ['inAllUs', 'posted too', 'time'],
      ['changeInAll', 'to 10 rows', 'times'],
      ['coldUs', 'first one', 'time'],
      ['changeCold', 'to 10 rows', 'times'],
    ],
    rows,
    notes: [
      `posted too: ${DEPOSITS_A_ROUND} deposits and their posting, a deposit's share.`,
      'first one: the first request of a process that has just opened the bank.',
    ],
    goals,
    charts: [
      {
        kind: 'lines',
        title: 'Time of a deposit by the length of the account’s history',
        x: { label: 'rows', format: 'count', log: true },
        y: { label: 'time', format: 'time' },
        series,
      },
    ],
  };
}
