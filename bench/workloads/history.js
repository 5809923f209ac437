/** W12: does a deposit cost more when the account has a long history? */
import { join } from 'node:path';
import { loadContestant } from '../contestants.js';
import { median } from '../measure.js';
import { prepare, restDisk, start } from '../processes.js';

const LENGTHS = [10, 1_000, 100_000];
const DEPOSITS_A_ROUND = 20;

/**
 * Accounts with histories of each length. A round takes a fresh account, so that a short history
 * stays short; the longest one is long enough to serve in all rounds.
 */
function accountPlan(accountsEach) {
  const plan = new Map();
  let next = 0;
  for (const length of LENGTHS) {
    const many = length === LENGTHS.at(-1) ? 1 : accountsEach;
    plan.set(
      length,
      Array.from({ length: many }, () => next++),
    );
  }
  return { plan, accounts: next };
}

async function measure(name, { folder, rounds, coldRounds, say }) {
  const { plan, accounts } = accountPlan(rounds + coldRounds + 1);
  const settings = { accounts, balance: 1_000 };
  const home = join(folder, name);
  const take = (length, turn) => plan.get(length)[turn % plan.get(length).length];
  const warm = new Map(LENGTHS.map((length) => [length, { answer: [], inAll: [], cold: [] }]));

  await prepare(name, home, settings);
  const process = start(name, home, settings);
  try {
    await process.ask('open');
    for (const [length, members] of plan) {
      for (const account of members) {
        say(`${name}: ${length} rows into account ${account}`);
        await process.ask('grow', { account, rows: length });
      }
    }
    for (let round = 0; round <= rounds; round += 1) {
      say(`${name}: round ${round} of ${rounds}`);
      for (let turn = 0; turn < LENGTHS.length; turn += 1) {
        const length = LENGTHS[(turn + round) % LENGTHS.length];
        restDisk();
        const asked = { account: take(length, round), count: DEPOSITS_A_ROUND };
        const { answerUs, inAllUs } = await process.ask('deposits', asked);
        if (round === 0) continue;
        warm.get(length).answer.push(median(answerUs));
        warm.get(length).inAll.push(inAllUs / DEPOSITS_A_ROUND);
      }
    }
  } finally {
    await process.end();
  }
  for (let round = 0; round < coldRounds; round += 1) {
    say(`${name}: cold, ${round + 1} of ${coldRounds}`);
    for (const length of LENGTHS) {
      const cold = start(name, home, settings);
      try {
        await cold.ask('open');
        const asked = { account: take(length, rounds + 1 + round), count: 1 };
        const { answerUs } = await cold.ask('deposits', asked);
        warm.get(length).cold.push(answerUs[0]);
      } finally {
        await cold.end();
      }
    }
  }
  return warm;
}

export async function historyLength({ quick, folder, say, only }) {
  const rounds = quick ? 5 : 25;
  const coldRounds = quick ? 3 : 11;
  const rows = [];
  const goals = [];
  for (const name of ['drovebank', 'better-sqlite3'].filter(only)) {
    const { label, durable } = await loadContestant(name);
    try {
      const home = join(folder, 'w12');
      const figures = await measure(name, { folder: home, rounds, coldRounds, say });
      const short = figures.get(LENGTHS[0]);
      for (const [length, { answer, inAll, cold }] of figures) {
        const change = median(answer.map((us, round) => us / short.answer[round]));
        rows.push({
          name: `${label}, ${length.toLocaleString('en-US')} rows`,
          durable: length === LENGTHS[0] ? durable : undefined,
          answerUs: median(answer),
          change,
          inAllUs: median(inAll),
          changeInAll: median(inAll.map((us, round) => us / short.inAll[round])),
          coldUs: median(cold),
          changeCold: median(cold) / median(short.cold),
        });
        if (name === 'drovebank' && length === LENGTHS.at(-1)) {
          goals.push({
            text: 'a deposit with 100,000 rows at most 1.1 x one with 10',
            limit: 1.1,
            atMost: true,
            value: change,
          });
        }
      }
    } catch (error) {
      rows.push({ name: label, durable, failure: error.message });
    }
  }
  return {
    title: 'W12: a deposit to an account with a long history (one in flight)',
    columns: [
      ['name', '', 'text'],
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
  };
}
