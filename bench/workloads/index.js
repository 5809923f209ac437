/** All workloads, in the order they run. */
import { inFlight64, inFlight512, manyProcesses, oneInFlight } from './transfers.js';

export const WORKLOADS = {
  w1: oneInFlight,
  'w2-64': inFlight64,
  'w2-512': inFlight512,
  w5: manyProcesses,
};
