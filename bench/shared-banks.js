/** Large banks are made once a run, and shared by the workloads that leave the sum of their money as it is. */
import { join } from 'node:path';
import { BALANCE } from './compare.js';
import { prepare, restDisk } from './processes.js';

/** Answers a function: (contestant, accounts) → { home, seconds } that it took to make it. */
export function createSharedBanks(folder, say) {
  const made = new Map();

  async function make(name, accounts) {
    say(`${name}: making ${accounts.toLocaleString('en-US')} accounts`);
    const home = join(folder, `${name}-${accounts}`);
    const start = performance.now();
    await prepare(name, home, { accounts, balance: BALANCE });
    const seconds = (performance.now() - start) / 1000;
    restDisk();
    return { home, seconds };
  }
  return (name, accounts) => {
    const key = `${name}-${accounts}`;
    if (!made.has(key)) made.set(key, make(name, accounts));
    return made.get(key);
  };
}
