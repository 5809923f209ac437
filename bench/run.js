/**
 * `npm run bench`: drovebank beside its rivals, turn by turn in one run.
 *
 *   node bench/run.js [--quick] [--only w1,w5] [--contestants drovebank,lmdb] [--accounts 10000]
 *
 * BENCH_DIR names the folder for the databases; else the system's folder for temporary files.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    contestants: { type: 'string' },
    accounts: { type: 'string' },
  },
});

if (!existsSync(join(here, 'node_modules'))) {
  console.log('Installing the rivals into bench/node_modules (npm install) …');
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', here], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
const { describeMachine } = await import('./machine.js');
const { formatTable, writeResults } = await import('./report.js');
const { WORKLOADS } = await import('./workloads/index.js');

const base = process.env.BENCH_DIR ?? tmpdir();
mkdirSync(base, { recursive: true });
const folder = mkdtempSync(join(base, 'drovebank-bench-'));
const tidy = () => rmSync(folder, { recursive: true, force: true });
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    tidy();
    process.exit(130);
  });
}

const list = (text) => text?.split(',');
const chosen = list(values.only);
const contestants = list(values.contestants);
const only = (name) => contestants?.includes(name) ?? true;
const accounts = Number(values.accounts ?? (values.quick ? 1_000 : 10_000));
let file;
const terminal = process.stderr.isTTY;
const say = (text) => terminal && process.stderr.write(`\r\x1b[K${text}`);

try {
  const { version } = JSON.parse(readFileSync(join(here, '..', 'package.json'), 'utf8'));
  const machine = describeMachine(folder);
  const results = {
    date: new Date().toISOString(),
    drovebank: version,
    quick: values.quick,
    machine,
    workloads: [],
  };
  console.log(`drovebank ${version}, ${results.date}`);
  for (const [what, fact] of Object.entries(machine)) console.log(`${what}: ${fact}`);
  for (const [name, run] of Object.entries(WORKLOADS)) {
    if (chosen && !chosen.includes(name)) continue;
    const tell = (text) => say(`${name}: ${text}`);
    const workload = await run({ quick: values.quick, accounts, folder, say: tell, only });
    say('');
    console.log(formatTable(workload));
    results.workloads.push({ workload: name, ...workload });
    file = writeResults(join(here, 'results'), results); // Whoever stops here keeps what there is.
  }
  console.log(`\nwritten to ${file}`);
} finally {
  tidy();
}
