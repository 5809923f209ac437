/** lmdb-js with `transactionSync`, which is faster than `transaction` when one waits for each answer. */
import { mover, prepare, sum, tables } from './lmdb.js';

export { prepare };

export function open(folder, { process = 0 }) {
  const all = tables(folder);
  const move = mover(all, process);
  return {
    blocks: true,
    transfer: (from, to, amount) => all.env.transactionSync(() => move(from, to, amount)),
    sum: () => sum(all),
    close: () => all.env.close(),
  };
}
