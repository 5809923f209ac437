/** A round of load, and what it costs the process that carries it. */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { accountChooser, randomNumbers } from './random.js';
import { Latencies } from './statistics.js';

const LOOP_RESOLUTION_MS = 1;
/** Batches that are made before the clock runs, and asked for again and again. */
const BATCHES_MADE = 16;

/** Bytes handed to the kernel with write calls, by all threads of a process; NaN where it is not told. */
export function bytesWritten(pid = 'self') {
  try {
    return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))[1]);
  } catch {
    return Number.NaN; // Not Linux, or not ours.
  }
}

/** What the process and its helpers have used up so far. */
async function usedBy(contestant, native) {
  const { user, system } = process.cpuUsage();
  const counted = globalThis[Symbol.for('drovebank-bench.counts')]?.() ?? {};
  const helpers = contestant.helpers?.() ?? { cpuUs: 0, bytes: 0 };
  // Those of native code are not seen here.
  const own = native ? Number.NaN : counted.syncs + counted.syncsOfOthers;
  return {
    cpuUs: user + system + helpers.cpuUs,
    bytes: bytesWritten() + helpers.bytes,
    syncs: (await contestant.syncs?.()) ?? own,
    writerSyncs: counted.syncs,
    pages: counted.renames,
    batches: contestant.batches?.() ?? Number.NaN,
  };
}

function difference(after, before) {
  return Object.fromEntries(Object.keys(after).map((key) => [key, after[key] - before[key]]));
}

/** Looks at the contestant again and again while it works. */
function watchGrowth(contestant, everyMs, latencies, size) {
  const samples = [];
  const start = performance.now();
  const look = () =>
    samples.push({
      seconds: (performance.now() - start) / 1000,
      answers: latencies.count * size,
      backlog: contestant.backlog?.(),
      memoryMb: process.memoryUsage.rss() / 2 ** 20,
    });
  const timer = everyMs === undefined ? undefined : setInterval(look, everyMs);
  return () => {
    clearInterval(timer);
    return samples;
  };
}

/**
 * Keeps `inFlight` requests under way for `ms`, each requester asking again when it is answered. With
 * `batch`, each request is that many transfers at once. `zipf`: few accounts are asked for most.
 * A contestant whose calls block the event loop is asked in a turn of its own, as a server would do;
 * where others wait as well, waiting for that turn belongs to the time of the answer.
 */
export async function carryLoad(contestant, asked) {
  const { accounts, inFlight, ms, seed, zipf = false, settle = true, sampleMs, native } = asked;
  const size = asked.batch ?? 1;
  const random = randomNumbers(seed);
  const choose = accountChooser({ accounts, zipf, seed });
  const drawMove = () => {
    const from = choose();
    let to = choose();
    while (to === from) to = choose();
    return { from, to, cents: 1 + random(100) };
  };
  const batches = size === 1 ? [] : makeBatches(contestant, size, drawMove);
  let asks = 0;
  const request =
    size === 1
      ? () => {
          const { from, to, cents } = drawMove();
          return contestant.transfer(from, to, cents);
        }
      : () => contestant.transferMany(batches[asks++ % batches.length]);

  const latencies = new Latencies();
  let refused = 0;
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  const before = await usedBy(contestant, native);
  const samplesSoFar = watchGrowth(contestant, sampleMs, latencies, size);
  loop.enable();
  const start = performance.now();
  const end = start + ms;

  async function requester() {
    for (let since = performance.now(); since < end; since = performance.now()) {
      if (contestant.blocks) await nextTurn();
      if (inFlight === 1) since = performance.now();
      try {
        await request();
      } catch (error) {
        if (!contestant.mayRefuse?.(error)) throw error;
        refused += 1;
      }
      latencies.record((performance.now() - since) * 1000);
    }
  }
  await Promise.all(Array.from({ length: inFlight }, requester));

  const seconds = (performance.now() - start) / 1000;
  loop.disable();
  const samples = samplesSoFar();
  const atAnswers = await usedBy(contestant, native);
  let secondsInAll = seconds;
  if (settle && contestant.settle) {
    await contestant.settle();
    secondsInAll = (performance.now() - start) / 1000;
  }
  return {
    answers: (latencies.count - refused) * size,
    refused,
    seconds,
    /** Until everything was also in its last place: the passbooks. */
    secondsInAll,
    latencies: { counts: latencies.counts, max: latencies.max },
    ...difference(await usedBy(contestant, native), before),
    pagesWhileAsked: atAnswers.pages - before.pages,
    loopDelayUs: Math.max(0, loop.percentile(99) / 1e3 - LOOP_RESOLUTION_MS * 1000),
    memoryMb: process.resourceUsage().maxRSS / 1024 + (contestant.helpers?.().memoryMb ?? 0),
    samples: sampleMs === undefined ? undefined : samples,
  };
}

function makeBatches(contestant, size, drawMove) {
  return Array.from({ length: BATCHES_MADE }, () =>
    contestant.batchOf(Array.from({ length: size }, drawMove)),
  );
}
