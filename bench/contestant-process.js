/** One contestant in a process of its own: its memory, its processor time, its event loop. */
import { performance } from 'node:perf_hooks';
import { CONTESTANTS, loadContestant } from './contestants.js';
import { carryLoad } from './measure.js';

const [name, folder, options] = process.argv.slice(2);
const settings = { ...JSON.parse(options), native: CONTESTANTS[name].native };
let contestant;

const usSince = (start) => (performance.now() - start) * 1000;

/** How long each of `count` deposits took, and then, until it was posted, all of them. */
async function deposits({ account, count }) {
  const answerUs = [];
  const start = performance.now();
  for (let done = 0; done < count; done += 1) {
    const asked = performance.now();
    await contestant.deposit(account, 1);
    answerUs.push(usSince(asked));
  }
  await contestant.settle?.();
  return { answerUs, inAllUs: usSince(start) };
}

/** Calls that are the same for all; any other is a method of the contestant. */
const calls = {
  prepare: async () => (await loadContestant(name)).prepare(folder, settings),
  /** Answers how long the opening took, without the loading of its code. */
  async open() {
    const { open } = await loadContestant(name);
    const start = performance.now();
    contestant = await open(folder, settings);
    return usSince(start);
  },
  load: (asked) => carryLoad(contestant, { ...settings, ...asked }),
  deposits,
  peakMemoryMb: () => process.resourceUsage().maxRSS / 1024,
};

async function outcomeOf({ call, asked }) {
  try {
    if (calls[call]) return { answer: await calls[call](asked) };
    return { answer: await contestant?.[call]?.(asked) };
  } catch (error) {
    return { failure: error.message };
  }
}

process.on('disconnect', () => process.exit());
process.on('message', async (message) => {
  const outcome = await outcomeOf(message);
  if (process.connected) process.send(outcome);
});
