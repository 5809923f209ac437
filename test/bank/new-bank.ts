import { type Bank, type OpenBankOptions, openBank } from 'drovebank';
import { onTestFinished } from 'vitest';
import { newDirectory } from '../machine/processes.js';
import { expectClean } from '../store/books.js';

/** A new bank. Behind the test it is closed, opened anew, and verified. */
export async function newBank(options: OpenBankOptions = {}): Promise<Bank> {
  const directory = newDirectory();
  const bank = await openBank(directory, { create: true, ...options });
  onTestFinished(async () => {
    await bank.close();
    const again = await openBank(directory);
    await expectClean(again);
    await again.close();
  });
  return bank;
}

/** Another handle on the same bank; closed behind the test. */
export async function openAgain({ directory }: Bank): Promise<Bank> {
  const bank = await openBank(directory);
  onTestFinished(() => bank.close());
  return bank;
}

/** Accounts of these balances, named A, B, C …; their ids. */
export async function openFunded(bank: Bank, ...amounts: string[]): Promise<string[]> {
  const names = amounts.map((_, index) => String.fromCharCode(65 + index));
  const open = (lastName: string) => bank.openAccount({ firstName: 'Test', lastName });
  const ids = (await Promise.all(names.map(open))).map(({ id }) => id);
  const paid = amounts.flatMap((amount, index) => {
    const to = ids[index];
    return to === undefined || amount === '0.00' ? [] : [{ to, amount }];
  });
  await bank.transferMany(paid);
  return ids;
}

/** All that can be seen of the money, to show that nothing changed. */
export async function booksOf(bank: Bank): Promise<unknown> {
  const { items } = await bank.accounts({ world: true }).page();
  const [total] = await bank.totals();
  const accounts = items.map(({ id, ledger, entries }) => `${id} ${ledger.amount} ${entries}`);
  return { accounts, asOf: total?.asOf };
}
