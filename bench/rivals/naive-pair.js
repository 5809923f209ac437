/** What one writes first: a JSON file for each account, locked, read, changed and written anew. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import writeFileAtomic from 'write-file-atomic';

const fileOf = (folder, account) => join(folder, `${account}.json`);
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const LOCK = {
  realpath: false,
  retries: { retries: 200, minTimeout: 2, maxTimeout: 20 },
  // A lock that was lost to a busy machine would end the process; the sum at the end tells.
  onCompromised: () => {},
};

export function prepare(folder, { accounts, balance }) {
  mkdirSync(folder, { recursive: true });
  for (let id = 0; id < accounts; id += 1) {
    writeFileSync(fileOf(folder, id), JSON.stringify({ id, balance }));
  }
}

export function open(folder, { accounts }) {
  async function change(file, amount) {
    const account = read(file);
    await writeFileAtomic(
      file,
      JSON.stringify({ ...account, balance: account.balance + amount, at: Date.now() }),
    );
  }
  return {
    async transfer(from, to, amount) {
      // Always the lower one first: two transfers the opposite way would wait for each other.
      const files = [Math.min(from, to), Math.max(from, to)].map((id) => fileOf(folder, id));
      const releases = [];
      try {
        for (const file of files) releases.push(await lockfile.lock(file, LOCK));
        await change(fileOf(folder, from), -amount);
        await change(fileOf(folder, to), amount);
      } finally {
        for (const release of releases) await release();
      }
    },
    sum() {
      let total = 0;
      for (let id = 0; id < accounts; id += 1) total += read(fileOf(folder, id)).balance;
      return total;
    },
    close() {},
  };
}
