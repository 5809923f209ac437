import { openedText } from '../say.js';
import { newKey, settled } from '../settled.js';
import type { Counter } from './counter.js';

/** Opens an account: names, currency, overdraft limit, a review, and only then the booking. */
export async function createAccount({ context, bank, asker }: Counter): Promise<void> {
  const { output, signal, dryRun } = context;
  const firstName = await asker.ask('First name');
  const lastName = await asker.ask('Last name');
  const currency = (await asker.ask(`Currency (${bank.currency})`)) || bank.currency;
  const overdraftLimit = (await asker.ask('Overdraft limit (0)')) || '0';
  const key = newKey();
  const input = { firstName, lastName, currency, overdraftLimit, idempotencyKey: key };
  output.line(openedText(await bank.openAccount({ ...input, dryRun: true }, { signal }), true));
  if (dryRun) return;
  if (!(await asker.confirm('Open it?'))) output.line('Nothing was booked.');
  else {
    const opened = await settled(key, () => bank.openAccount(input, { signal }));
    output.line(openedText(opened, false));
  }
}
