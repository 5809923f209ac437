/**
 * All workloads, in the order they run. `seconds`: about how long it takes, quick and full, for the progress
 * display. `quick: false`: too heavy for --quick, unless --only names it. Those that share a large bank stand
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
  w1: workload(oneInFlight, 'one transfer after the other', 6, 160),
  'w2-64': workload(inFlight64, '64 in flight', undefined, 180),
  'w2-512': workload(inFlight512, '512 in flight', 5, 150),
  w3: workload(forLong, 'the same for long, and posted', 10, 300),
  w4: workload(inBatches, 'transferMany in batches of 8,189', 8, 200),
  w5: workload(manyProcesses, '4 processes on one directory', 6, 100),
  'w5-beside': workload(besideManyProcesses, 'a command beside 4 busy processes', 6, 240),
  w7: workload(hotAccounts, 'hot accounts', 8, 300),
  w8: workload(balances, 'one balance', 4, 60),
  w11: workload(balanceCommand, 'one balance, as a whole process', 3, 40),
  w12: workload(historyLength, 'a long history', 5, 200),
  import: workload(importExample, 'the example', undefined, 120),
  w9: workload(lists, '1,000,000 accounts: open, list, search', 7, 900),
  w6: workload(millionAccounts, '1,000,000 accounts: burst and posting', 8, 500),
  growth: workload(growth, 'how cost grows', undefined, 400),
  w10: workload(recovery, 'recovery and verify', 4, 500),
  w13: workload(slowDisk, 'a slow disk', undefined, 120),
};

function workload(run, about, quickSeconds, fullSeconds) {
  return {
    run,
    about,
    quick: quickSeconds !== undefined,
    seconds: [quickSeconds ?? fullSeconds, fullSeconds],
  };
}
