// Looks at a bank in every way, then tries to pay in; prints one JSON document.
// node look-and-deposit.js <directory> <account id>
import { openBank } from '../../dist/lib/index.js';

const [, , directory = '', id = ''] = process.argv;
const bank = await openBank(directory);
const looked = {
  balance: (await bank.balance(id)).ledger.amount,
  rows: (await bank.history(id).page()).items.length,
  accounts: (await bank.accounts().page()).items.length,
  sum: (await bank.totals())[0]?.sum.amount,
  ok: (await bank.verify()).ok,
};
const deposit = await bank.deposit(id, '1.00').then(
  () => 'booked',
  ({ code, committed }) => `${code} ${committed}`,
);
const again = (await bank.balance(id)).ledger.amount;
await bank.close();
console.log(JSON.stringify({ ...looked, deposit, again }));
