/** Whole processes, from start to exit: W11 the balance of one account, and an import. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { median } from '../measure.js';
import { prepare, restDisk } from '../processes.js';

const pathOf = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const COMMAND = pathOf('../dist/bin/drovebank.js');
const EXAMPLE = pathOf('../data/example');

function run(args) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const us = (performance.now() - start) * 1000;
  if (status !== 0) throw new Error(stderr.trim() || `exit code ${status}`);
  return us;
}

/** Runs of all contenders, turn by turn; each is { name, args, before?, durable? }. */
function race(contenders, { rounds, say, rest }) {
  const rows = contenders.map((contender) => ({ ...contender, rounds: [] }));
  for (let round = 0; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}`);
    for (const row of rows) {
      if (row.failure !== undefined) continue;
      try {
        row.before?.(round);
        if (rest) restDisk();
        const us = run(row.args(round));
        if (round > 0 || rounds === 1) row.rounds.push(us);
      } catch (error) {
        row.failure = error.message;
      }
    }
  }
  return rows.map(({ name, durable, failure, rounds: us }) => {
    const p99 = us.toSorted((a, b) => a - b)[Math.ceil(us.length * 0.99) - 1];
    return { name, durable, failure, p50Us: median(us), p99Us: p99, rounds: us };
  });
}

/** The median over rounds of one row's time divided by another's. */
function slower(rows, above, below) {
  const over = rows.find(({ name }) => name === above)?.rounds ?? [];
  const under = rows.find(({ name }) => name === below)?.rounds ?? [];
  return median(over.slice(0, under.length).map((us, round) => us / under[round]));
}

export async function balanceCommand({ quick, accounts, folder, say, only }) {
  const bank = join(folder, 'w11-drovebank');
  const sqlite = join(folder, 'w11-better-sqlite3');
  const nothing = 'node -e 0';
  const contenders = [
    { name: nothing, args: () => ['-e', '0'] },
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
      args: (round) => [pathOf('rivals/sqlite-balance.js'), sqlite, `${(round * 37) % accounts}`],
    },
  ].filter(({ made }) => made === undefined || only(made));
  for (const contender of contenders) {
    if (contender.made === undefined) continue;
    try {
      await prepare(contender.made, contender.folder, { accounts, balance: 12_345 });
    } catch (error) {
      contender.failure = error.message;
    }
  }
  const rows = race(contenders, { rounds: quick ? 11 : 60, say });
  for (const row of rows) row.toNothing = slower(rows, row.name, nothing);
  return {
    title: `W11: the balance of one of ${accounts.toLocaleString('en-US')} accounts, as a whole process`,
    columns: [
      ['name', '', 'text'],
      ['p50Us', 'p50', 'time'],
      ['p99Us', 'p99', 'time'],
      ['toNothing', 'to node -e 0', 'times'],
    ],
    rows,
    goals: [
      {
        text: 'at most 2 x node -e 0',
        limit: 2,
        atMost: true,
        value: slower(rows, 'drovebank balance', nothing),
      },
    ],
  };
}

export async function importExample({ quick, folder, say, only }) {
  const files = ['accounts.csv', 'transactions.csv'].map((name) => join(EXAMPLE, name));
  const bank = (round) => join(folder, `import-bank-${round}`);
  const sqlite = (way, round) => join(folder, `import-sqlite-${way}-${round}`);
  const script = pathOf('rivals/sqlite-import.js');
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
      before(round) {
        rmSync(bank(round), { recursive: true, force: true });
        run([COMMAND, 'init', '--currency', 'CZK', '--dir', bank(round)]);
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
  ].filter(({ made, slow }) => only(made) && !(quick && slow));
  const rows = race(contenders, { rounds: quick ? 1 : 5, say, rest: true });
  const first = contenders[0]?.name;
  for (const row of rows) row.faster = slower(rows, row.name, first);
  return {
    title: 'Import of the example: 1,201 accounts, 47,527 transactions, as a whole process',
    columns: [
      ['name', '', 'text'],
      ['p50Us', 'time', 'time'],
      ['faster', 'to the first row', 'times'],
    ],
    rows,
  };
}
