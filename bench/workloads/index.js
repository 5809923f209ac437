/**
 * All workloads, in the order they run. `seconds`: about how long it takes, quick and full, for the progress
 * display. One without quick seconds is too heavy for --quick, unless --only names it. Those that share a large bank stand
 * together, and the one that leaves it unposted comes last.
 */
import { balances } from './balances.js';
import { growth } from './growth.js';
import { historyLength } from './history.js';
import { hotAccounts } from './hot-accounts.js';
import { lists } from './lists.js';
import { millionAccounts } from './million.js';
import { besideManyProcesses, manyProcesses } from './processes.js';
import { recovery } from './recovery.js';
import { slowDisk } from './slow-disk.js';
import { forLong, inBatches, inFlight64, inFlight512, oneInFlight } from './transfers.js';
import { balanceCommand, importExample } from './whole-process.js';

export const WORKLOADS = {
  w1: workload(oneInFlight, 'one transfer after the other', { quick: 6, full: 130 }),
  'w2-64': workload(inFlight64, '64 in flight', { full: 140 }),
  'w2-512': workload(inFlight512, '512 in flight', { quick: 5, full: 120 }),
  w3: workload(forLong, 'the same for long, and posted', { full: 300 }),
  w4: workload(inBatches, 'transferMany in batches of 8,189', { quick: 6, full: 450 }),
  w5: workload(manyProcesses, '4 processes on one directory', { full: 90 }),
  'w5-beside': workload(besideManyProcesses, 'a command beside 4 busy processes', { full: 230 }),
  w7: workload(hotAccounts, 'hot accounts', { full: 300 }),
  w8: workload(balances, 'one balance', { quick: 3, full: 60 }),
  w11: workload(balanceCommand, 'one balance, as a whole process', { quick: 2, full: 20 }),
  w12: workload(historyLength, 'a long history', { full: 200 }),
  import: workload(importExample, 'the example', { full: 80 }),
  w9: workload(lists, '1,000,000 accounts: open, list, search', { quick: 6, full: 800 }),
  w6: workload(millionAccounts, '1,000,000 accounts: burst and posting', { full: 550 }),
  growth: workload(growth, 'how cost grows', { full: 700 }),
  w10: workload(recovery, 'recovery and verify', { quick: 5, full: 650 }),
  w13: workload(slowDisk, 'a slow disk', { full: 200 }),
};

/** One without quick seconds is half as long as the full one when --only asks for it all the same. */
function workload(run, about, { quick, full }) {
  return { run, about, quick: quick !== undefined, seconds: [quick ?? full / 2, full] };
}
