/** LevelDB: one process only; balances in memory, a lock for each account, batches with sync. */
import { ClassicLevel } from 'classic-level';

async function openDatabase(folder) {
  const db = new ClassicLevel(folder, { valueEncoding: 'json' });
  await db.open();
  return db;
}

export async function prepare(folder, { accounts, balance }) {
  const db = await openDatabase(folder);
  const batch = db.batch();
  for (let id = 0; id < accounts; id += 1) batch.put(`account/${id}`, balance);
  await batch.write({ sync: true });
  await db.close();
}

export async function open(folder, { accounts }) {
  const db = await openDatabase(folder);
  const balances = (
    await db.getMany(Array.from({ length: accounts }, (_, id) => `account/${id}`))
  ).map(Number);
  const turns = new Array(accounts).fill(Promise.resolve());
  let number = Date.now() * 1000;

  function decide(from, to, amount) {
    if (balances[from] < amount) return [];
    balances[from] -= amount;
    balances[to] += amount;
    number += 1;
    return [
      { type: 'put', key: `account/${from}`, value: balances[from] },
      { type: 'put', key: `account/${to}`, value: balances[to] },
      { type: 'put', key: `transfer/${number}`, value: { from, to, amount, at: Date.now() } },
    ];
  }
  const book = (puts) => db.batch(puts, { sync: true });
  return {
    async transfer(from, to, amount) {
      const done = Promise.all([turns[from], turns[to]]).then(() => book(decide(from, to, amount)));
      turns[from] = done;
      turns[to] = done;
      await done;
    },
    batchOf: (moves) => moves,
    /** One after the other: an older balance may not be written over a newer one. */
    async transferMany(moves) {
      const many = () => book(moves.flatMap(({ from, to, cents }) => decide(from, to, cents)));
      turns[0] = turns[0].then(many);
      await turns[0];
    },
    async sum() {
      let total = 0;
      for await (const value of db.values({ gte: 'account/', lt: 'account0' })) total += value;
      return total;
    },
    close: () => db.close(),
  };
}
