/** W9: opening a bank of many accounts, listing a page of them, and searching them. */
import { CONTESTANTS } from '../contestants.js';
import { many, NAME, rowsOfEach } from '../figures.js';
import { runProgram, withContestant } from '../processes.js';
import { COMMAND } from '../programs.js';
import { refuseSmallDisk } from '../room.js';
import { median } from '../statistics.js';
import { largeBank } from './million.js';

const PAGE = 100;
const COMPLETIONS = 15;

export async function lists({ quick, folder, shared, say, choose }) {
  const accounts = largeBank({ quick });
  const rounds = quick ? 1 : 3;
  refuseSmallDisk(folder, accounts);
  const names = choose(['drovebank', 'better-sqlite3', 'lmdb']);
  const rows = await rowsOfEach(names, say, async (name, told) => {
    const { home } = await shared(name, accounts);
    const figures = await lookThrough(name, home, { accounts, rounds, say: told });
    if (name === 'drovebank') Object.assign(figures, await completion(home, accounts, told));
    return { name: CONTESTANTS[name].label, ...figures };
  });
  const ours = rows.find(({ name }) => name === 'drovebank');
  const nothingMs = ((ours?.nothingUs ?? 0) / 1_000).toFixed(0);
  const goal = (text, ms, value) => ({
    text: `${text} at most ${ms} ms`,
    limit: ms * 1_000,
    atMost: true,
    value,
    format: 'time',
  });
  return {
    title: `W9: ${many(accounts)} accounts: open, list a page, search`,
    columns: [
      NAME,
      ['openUs', 'open', 'time'],
      ['balanceUs', 'then a balance', 'time'],
      ['pageUs', 'first page', 'time'],
      ['pageAgainUs', 'again', 'time'],
      ['searchUs', 'search', 'time'],
      ['searchAgainUs', 'again', 'time'],
      ['found', 'found', 'count'],
      ['completeUs', 'Tab at a shell', 'time'],
      ['memoryMb', 'peak memory', 'mb'],
    ],
    rows,
    notes: [
      `In a fresh process each, ${rounds} times: open, a balance, a page of ${PAGE}, the same again, a search for part of a name, and again. The files are in the system's cache.`,
      `Tab: \`drovebank complete\` for the beginning of an id, as a whole process, median of ${COMPLETIONS}; \`node -e 0\` in between took ${nothingMs} ms.`,
      'A first page includes whatever the process reads once and keeps.',
    ],
    goals: [
      goal('list a page', 50, ours?.pageUs),
      goal('search', 200, ours?.searchUs),
      goal('open', 50, ours?.openUs),
      goal('Tab at a shell', 150, ours?.completeUs),
    ],
  };
}

/** What a shell waits for when somebody presses Tab behind the beginning of an id. */
async function completion(home, accounts, say) {
  const times = { completeUs: [], nothingUs: [] };
  for (let round = 1; round <= COMPLETIONS; round += 1) {
    say(`completing, ${round} of ${COMPLETIONS}`);
    const start = `c${Math.trunc((accounts * round) / (COMPLETIONS + 1))}`.slice(0, -1);
    const words = ['complete', '--', '--dir', home, 'balance', start];
    times.completeUs.push((await runProgram(process.execPath, [COMMAND, ...words])).us);
    times.nothingUs.push((await runProgram(process.execPath, ['-e', '0'])).us);
  }
  return { completeUs: median(times.completeUs), nothingUs: median(times.nothingUs) };
}

async function lookThrough(name, home, { accounts, rounds, say }) {
  const all = [];
  const search = `${accounts - 1}`.slice(1);
  for (let round = 1; round <= rounds; round += 1) {
    await withContestant(name, home, { accounts }, async (contestant) => {
      say(`opening, ${round} of ${rounds}`);
      const openUs = await contestant.ask('open');
      const [balanceUs] = await contestant.ask('balances', { members: [0] });
      say(`a page, ${round} of ${rounds}`);
      const page = await contestant.ask('list', { limit: PAGE });
      const pageAgain = await contestant.ask('list', { limit: PAGE });
      say(`a search, ${round} of ${rounds}`);
      const found = await contestant.ask('list', { search, limit: PAGE });
      const foundAgain = await contestant.ask('list', { search, limit: PAGE });
      if (page.found !== PAGE || found.found === 0) throw new Error('not all accounts were listed');
      all.push({
        openUs,
        balanceUs,
        pageUs: page.us,
        pageAgainUs: pageAgain.us,
        searchUs: found.us,
        searchAgainUs: foundAgain.us,
        found: found.found,
        memoryMb: await contestant.ask('peakMemoryMb'),
      });
    });
  }
  return Object.fromEntries(
    Object.keys(all[0]).map((key) => [key, median(all.map((figures) => figures[key]))]),
  );
}
