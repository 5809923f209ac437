/** Whole processes, from start to exit: W11 the balance of one account, and an import. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { many, NAME, timesGoal } from '../figures.js';
import { prepare, restDisk, runProgram } from '../processes.js';
import { COMMAND, EXAMPLE, pathOf } from '../programs.js';
import { median, quantile } from '../statistics.js';

const run = (args) => runProgram(process.execPath, args);

/** Runs of all contenders, turn by turn; each is { name, args, before?, durable? }. */
async function race(contenders, { rounds, warmUp = true, say, rest }) {
  const rows = contenders.map((contender) => ({ ...contender, rounds: [] }));
  for (let round = warmUp ? 0 : 1; round <= rounds; round += 1) {
    for (const row of rows) {
      if (row.failure !== undefined) continue;
      say(`round ${round} of ${rounds}: ${row.name}`);
      try {
        await row.before?.(round);
        if (rest) restDisk();
        const { us } = await run(row.args(round));
        if (round > 0) row.rounds.push(us);
      } catch (error) {
        row.failure = error.message;
      }
    }
  }
  return rows.map(({ name, durable, failure, rounds: us }) => {
    return { name, durable, failure, p50Us: median(us), p99Us: quantile(us, 0.99), rounds: us };
  });
}

/** The median over rounds of one row's time divided by another's. */
function slower(rows, above, below) {
  const over = rows.find(({ name }) => name === above)?.rounds ?? [];
  const under = rows.find(({ name }) => name === below)?.rounds ?? [];
  return median(over.slice(0, under.length).map((us, round) => us / under[round]));
}

const NOTHING = 'node -e 0';

export async function balanceCommand({ quick, accounts, folder, say, takesPart }) {
  const bank = join(folder, 'drovebank');
  const sqlite = join(folder, 'better-sqlite3');
  const contenders = [
    { name: NOTHING, args: () => ['-e', '0'] },
    {
      name: 'drovebank balance',
      made: 'drovebank',
      folder: bank,
      args: (round) => [COMMAND, 'balance', `c${(round * 37) % accounts}`, '--dir', bank],
    },
    {
      name: 'better-sqlite3, a script',
      made: 'better-sqlite3',
      folder: sqlite,
      args: (round) => [pathOf('./rivals/sqlite-balance.js'), sqlite, `${(round * 37) % accounts}`],
    },
  ].filter(({ made }) => made === undefined || takesPart(made));
  for (const contender of contenders) {
    if (contender.made === undefined) continue;
    try {
      await prepare(contender.made, contender.folder, { accounts, balance: 12_345 });
    } catch (error) {
      contender.failure = error.message;
    }
  }
  const rows = await race(contenders, { rounds: quick ? 7 : 60, say });
  for (const row of rows) row.toNothing = slower(rows, row.name, NOTHING);
  return {
    title: `W11: the balance of one of ${many(accounts)} accounts, as a whole process`,
    columns: [
      NAME,
      ['p50Us', 'p50', 'time'],
      ['p99Us', 'p99', 'time'],
      ['toNothing', 'to node -e 0', 'times'],
    ],
    rows,
    goals: [
      timesGoal('at most 1.5 x node -e 0', 1.5, slower(rows, 'drovebank balance', NOTHING), {
        atMost: true,
      }),
    ],
  };
}

export async function importExample({ quick, folder, say, takesPart }) {
  const files = ['accounts.csv', 'transactions.csv'].map((name) => join(EXAMPLE, name));
  const bank = (round) => join(folder, `bank-${round}`);
  const sqlite = (way, round) => join(folder, `sqlite-${way}-${round}`);
  const script = pathOf('./rivals/sqlite-import.js');
  const bySqlite = (way) => ({
    made: 'better-sqlite3',
    before: (round) => rmSync(sqlite(way, round), { recursive: true, force: true }),
    args: (round) => [script, way, sqlite(way, round), ...files],
  });
  const importArgs = (round) => [COMMAND, 'import', ...files, '--dir', bank(round)];
  const contenders = [
    {
      name: 'drovebank import',
      made: 'drovebank',
      durable: 'synced and posted to the passbooks at exit; every id remembered',
      async before(round) {
        rmSync(bank(round), { recursive: true, force: true });
        await run([COMMAND, 'init', '--currency', 'CZK', '--dir', bank(round)]);
      },
      args: importArgs,
    },
    {
      name: 'drovebank import, again',
      made: 'drovebank',
      durable: 'nothing changes: every line is recognised',
      args: importArgs,
    },
    {
      name: 'better-sqlite3, each',
      slow: true,
      durable: 'a script: one synced transaction a line, after a look for its id',
      ...bySqlite('each'),
    },
    {
      name: 'better-sqlite3, at once',
      durable: 'a script: one transaction for the whole file, synced at the end',
      ...bySqlite('once'),
    },
  ].filter(({ made, slow }) => takesPart(made) && !(quick && slow));
  const rounds = quick ? 1 : 5;
  const rows = await race(contenders, { rounds, warmUp: !quick, say, rest: true });
  const first = contenders[0]?.name;
  for (const row of rows) row.faster = slower(rows, row.name, first);
  const notes = [];
  if (takesPart('drovebank'))
    notes.push(await compareSums(bank(rounds), sqlite('once', rounds), takesPart));
  return {
    title: 'Import of the example: 1,201 accounts, 47,527 transactions, as a whole process',
    columns: [NAME, ['p50Us', 'time', 'time'], ['faster', 'to the first row', 'times']],
    rows,
    notes,
  };
}

/** @throws when money was made or lost */
async function compareSums(bank, sqlite, takesPart) {
  const { stdout } = await run([COMMAND, 'totals', '--json', '--dir', bank]);
  const [total] = JSON.parse(stdout).totals;
  if (Number(total.sum.minor) !== 0) throw new Error('the imported books do not balance');
  if (!takesPart('better-sqlite3')) return 'All balances add up to zero.';
  const other = await run([pathOf('./rivals/sqlite-sum.js'), sqlite]);
  if (other.stdout.trim() !== `${total.customers.minor}`) {
    throw new Error(`${total.customers.minor} were imported; in SQLite ${other.stdout.trim()}`);
  }
  return 'The sums in the bank and in SQLite are the same.';
}
