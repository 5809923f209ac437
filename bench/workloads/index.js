/** All workloads, in the order they run. */
import { historyLength } from './history.js';
import { inFlight64, inFlight512, manyProcesses, oneInFlight } from './transfers.js';
import { balanceCommand, importExample } from './whole-process.js';

export const WORKLOADS = {
  w1: oneInFlight,
  'w2-64': inFlight64,
  'w2-512': inFlight512,
  w5: manyProcesses,
  w11: balanceCommand,
  w12: historyLength,
  import: importExample,
};
