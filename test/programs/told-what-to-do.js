// Has a bank open and does what it is told, line by line; each line is answered with one of JSON.
// node told-what-to-do.js <directory> <account id>
//   deposit <count>   pays in 1.00 so often, one after the other, up to the first refusal
//   look              what the account has, and whether all adds up
//   posted            waits until the passbook shows all
//   take, give        opens files until there are no handles left; closes them
//   close             closes the bank
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openBank } from '../../dist/lib/index.js';

const [, , directory = '', id = ''] = process.argv;
const bank = await openBank(directory);
/** @type {number[]} */
const taken = [];
let keys = 0;

/** @param {() => Promise<object>} work */
async function told(work) {
  try {
    return await work();
  } catch (error) {
    const { name, code, message, hint, committed, retryable } = /** @type {any} */ (error);
    return { name, code, message, hint, committed, retryable };
  }
}

/** @param {number} count */
async function deposit(count) {
  let booked = 0;
  const end = await told(async () => {
    for (; booked < count; booked++) {
      keys++;
      await bank.deposit(id, '1.00', { idempotencyKey: `${process.pid}-${keys}` });
    }
    return {};
  });
  return { booked, ...end };
}

/** @type {Record<string, (argument: string) => object | Promise<object>>} */
const VERBS = {
  deposit: (count) => deposit(Number(count)),
  look: () =>
    told(async () => ({
      amount: (await bank.balance(id)).ledger.amount,
      sums: (await bank.totals()).map(({ sum }) => sum.amount),
    })),
  posted: () => told(async () => (await bank.posted()) ?? {}),
  take() {
    try {
      for (;;) taken.push(openSync('/dev/null'));
    } catch {
      return { taken: taken.length };
    }
  },
  give() {
    for (const descriptor of taken.splice(0)) closeSync(descriptor);
    return {};
  },
  close: () => told(async () => (await bank.close()) ?? {}),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [verb = '', argument = ''] = line.split(' ');
  process.stdout.write(`${JSON.stringify(await VERBS[verb]?.(argument))}\n`);
  if (verb === 'close') break;
}
