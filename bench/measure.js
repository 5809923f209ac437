/** Medians, latencies and what a round of load costs the process that carries it. */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';

const STEPS_PER_OCTAVE = 64;
const SMALLEST_US = 0.1;
const LOOP_RESOLUTION_MS = 1;

export function median(values) {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Latencies in microseconds, 1% apart, in constant memory. Its `counts` can be added up. */
export class Latencies {
  counts = new Array(STEPS_PER_OCTAVE * 34).fill(0);
  max = 0;

  record(us) {
    const step = Math.floor(Math.log2(us / SMALLEST_US) * STEPS_PER_OCTAVE);
    this.counts[Math.min(this.counts.length - 1, Math.max(0, step))] += 1;
    if (us > this.max) this.max = us;
  }

  add({ counts, max }) {
    for (let step = 0; step < counts.length; step += 1) this.counts[step] += counts[step];
    this.max = Math.max(this.max, max);
    return this;
  }

  /** The latency that `share` (0.99) of all did not exceed. */
  at(share) {
    const wanted = this.counts.reduce((sum, count) => sum + count, 0) * share;
    let seen = 0;
    for (let step = 0; step < this.counts.length; step += 1) {
      seen += this.counts[step];
      if (seen > 0 && seen >= wanted) {
        return Math.min(this.max, SMALLEST_US * 2 ** ((step + 0.5) / STEPS_PER_OCTAVE));
      }
    }
    return Number.NaN;
  }
}

/** The same transfers for everybody: xorshift32. */
function randomNumbers(seed) {
  let state = (seed * 2654435761) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Bytes handed to the kernel with write calls, by all threads. */
function bytesWritten() {
  try {
    return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'latin1'))[1]);
  } catch {
    return Number.NaN; // Not Linux.
  }
}

/**
 * Keeps `inFlight` requests under way for `ms`, each requester asking again when it is answered.
 * A contestant whose calls block the event loop is asked in a turn of its own, as a server would do;
 * where others wait as well, waiting for that turn belongs to the time of the answer.
 */
export async function carryLoad(contestant, { accounts, inFlight, ms, seed }) {
  const random = randomNumbers(seed);
  const latencies = new Latencies();
  let refused = 0;
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  const cpuBefore = process.cpuUsage();
  const bytesBefore = bytesWritten();
  loop.enable();
  const start = performance.now();
  const end = start + ms;

  async function requester() {
    for (let asked = performance.now(); asked < end; asked = performance.now()) {
      if (contestant.blocks) await nextTurn();
      if (inFlight === 1) asked = performance.now();
      const from = random(accounts);
      const to = (from + 1 + random(accounts - 1)) % accounts;
      try {
        await contestant.transfer(from, to, 1 + random(100));
      } catch (error) {
        if (!contestant.mayRefuse?.(error)) throw error;
        refused += 1;
      }
      latencies.record((performance.now() - asked) * 1000);
    }
  }
  await Promise.all(Array.from({ length: inFlight }, requester));

  const seconds = (performance.now() - start) / 1000;
  loop.disable();
  await contestant.settle?.();
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    answers: latencies.counts.reduce((sum, count) => sum + count, 0) - refused,
    refused,
    seconds,
    /** Until everything was also in its last place: the passbooks. */
    secondsInAll: (performance.now() - start) / 1000,
    latencies: { counts: latencies.counts, max: latencies.max },
    cpuUs: user + system,
    bytes: bytesWritten() - bytesBefore,
    loopDelayUs: Math.max(0, loop.percentile(99) / 1e3 - LOOP_RESOLUTION_MS * 1000),
    memoryMb: process.resourceUsage().maxRSS / 1024,
  };
}
