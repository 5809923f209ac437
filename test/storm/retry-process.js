// node retry-process.js <library> <directory> <keys> <seed>: asks for all transfers, in an order of its own, until each
// is answered. Tells each answer: <key>,<transfer>.
import { writeSync } from 'node:fs';

const [library, directory, count, seed] = process.argv.slice(2);
const { openBank } = await import(library);

const AT_ONCE = 40;
let state = Number(seed) + 1;
/** A whole number below `end`, the same each time. */
function random(end) {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 2 ** 32) * end);
}

const keys = Array.from({ length: Number(count) }, (_, at) => at);
for (let at = keys.length - 1; at > 0; at--) {
  const other = random(at + 1);
  [keys[at], keys[other]] = [keys[other], keys[at]];
}

const bank = await openBank(directory);
for (let at = 0; at < keys.length; at += AT_ONCE) {
  const asked = keys.slice(at, at + AT_ONCE);
  const answers = await Promise.all(
    asked.map((key) =>
      // One kind of request or another; each is asked for in the same way by everybody.
      key % 3 === 0
        ? bank.deposit('bob', '0.01', { idempotencyKey: `key-${key}` })
        : bank.transfer({ from: 'ada', to: 'bob', amount: '0.01', idempotencyKey: `key-${key}` }),
    ),
  );
  const lines = answers.map(({ transfer }, index) => `${asked[index]},${transfer}\n`);
  writeSync(1, lines.join(''));
}
await bank.close();
