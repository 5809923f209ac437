/** W8: the balance of an account that is in memory, and of one that has to be read. */
import { join } from 'node:path';
import { BALANCE, expectAllMoney } from '../compare.js';
import { CONTESTANTS } from '../contestants.js';
import { many, NAME, rowsOfEach, timesGoal } from '../figures.js';
import { prepare, restDisk, withContestant } from '../processes.js';
import { median, quantile } from '../statistics.js';

const CACHED_MAX_US = 5;

export async function balances({ quick, accounts, folder, say, choose }) {
  const rounds = quick ? 2 : 9;
  const names = choose(['drovebank', 'better-sqlite3', 'lmdb'], ['postgres']);
  const rows = await rowsOfEach(names, say, async (name, told) => {
    const home = join(folder, name);
    await prepare(name, home, { accounts, balance: BALANCE });
    restDisk();
    const figures = await readBalances(name, home, { accounts, rounds, say: told });
    return { name: CONTESTANTS[name].label, ...figures };
  });
  const ours = rows.find(({ name }) => name === 'drovebank');
  return {
    title: `W8: the balance of one of ${many(accounts)} accounts`,
    columns: [
      NAME,
      ['cachedUs', 'in memory p50', 'time'],
      ['cachedP99Us', 'p99', 'time'],
      ['coldUs', 'not in memory p50', 'time'],
      ['coldP99Us', 'p99', 'time'],
      ['fileUs', 'its file alone p50', 'time'],
      ['toFile', 'to its file', 'times'],
    ],
    rows,
    notes: [
      'One after the other, each awaited where it answers with a promise. not in memory: the first look at that account after a fresh open; the system has the file in its cache.',
      "its file alone: readFileSync of such an account's passbook page, nothing else.",
      'Nothing is written; a balance includes all that was answered before, by any process.',
    ],
    goals: [
      {
        text: 'a balance in memory at most 5 us',
        limit: CACHED_MAX_US,
        atMost: true,
        value: ours?.cachedUs,
        format: 'time',
      },
      timesGoal('a balance not in memory at most 1.5 x reading its file', 1.5, ours?.toFile, {
        atMost: true,
      }),
    ],
  };
}

/** Fresh opens: a third of the accounts is read cold, a third as plain files, and the first third again, warm. */
async function readBalances(name, home, { accounts, rounds, say }) {
  const times = { cached: [], cold: [], file: [] };
  const toFile = [];
  const third = Math.floor(Math.min(accounts, 6_000) / 3);
  const members = (first) => Array.from({ length: third }, (_, index) => 1 + first + index * 3);
  const looked = members(0);
  const again = Array.from({ length: 20_000 }, (_, index) => looked[index % third]);
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}`);
    await withContestant(name, home, { accounts }, async (contestant) => {
      await contestant.ask('open');
      // The first request of all takes its turn to write, which is not what is asked here.
      await contestant.ask('balances', { members: [0] });
      const cold = await contestant.ask('balances', { members: looked });
      const file = (await contestant.ask('rawReads', { members: members(1) })) ?? [];
      times.cold.push(...cold);
      times.file.push(...file);
      times.cached.push(...(await contestant.ask('balances', { members: again })));
      toFile.push(median(cold) / median(file));
      if (round === rounds) await expectAllMoney(contestant, accounts);
    });
  }
  return {
    cachedUs: median(times.cached),
    cachedP99Us: quantile(times.cached, 0.99),
    coldUs: median(times.cold),
    coldP99Us: quantile(times.cold, 0.99),
    fileUs: median(times.file),
    toFile: median(toFile),
  };
}
