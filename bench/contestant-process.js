/** One contestant in a process of its own: its memory, its processor time, its event loop. */
import { performance } from 'node:perf_hooks';
import { loadContestant } from './contestants.js';
import { carryLoad } from './measure.js';

const [name, folder, options] = process.argv.slice(2);
const settings = JSON.parse(options);
const { prepare, open } = await loadContestant(name);
let contestant;

/** How long each of `count` deposits took, and then, until it was posted, all of them. */
async function deposits({ account, count }) {
  const answerUs = [];
  const start = performance.now();
  for (let done = 0; done < count; done += 1) {
    const asked = performance.now();
    await contestant.deposit(account, 1);
    answerUs.push((performance.now() - asked) * 1000);
  }
  await contestant.settle?.();
  return { answerUs, inAllUs: (performance.now() - start) * 1000 };
}

const calls = {
  prepare: () => prepare(folder, settings),
  async open() {
    contestant = await open(folder, settings);
  },
  load: (asked) => carryLoad(contestant, { ...settings, ...asked }),
  grow: ({ account, rows }) => contestant.grow(account, rows),
  deposits,
  sum: () => contestant.sum?.(),
  close: () => contestant.close(),
};

async function outcomeOf({ call, asked }) {
  try {
    return { answer: await calls[call](asked) };
  } catch (error) {
    return { failure: error.message };
  }
}

process.on('disconnect', () => process.exit());
process.on('message', async (message) => {
  const outcome = await outcomeOf(message);
  if (process.connected) process.send(outcome);
});
