import { randomUUID } from 'node:crypto';
import { openedText } from '../say.js';
import type { Counter } from './menu.js';

/** Opens an account: names, currency, overdraft limit, a review, and only then the booking. */
export async function createAccount({ context, bank, asker }: Counter): Promise<void> {
  const { output, signal, dryRun } = context;
  const firstName = await asker.ask('First name: ');
  const lastName = await asker.ask('Last name: ');
  const currency = (await asker.ask(`Currency (${bank.currency}): `)) || bank.currency;
  const overdraftLimit = (await asker.ask('Overdraft limit (0): ')) || '0';
  const input = { firstName, lastName, currency, overdraftLimit, idempotencyKey: newKey() };
  output.line(openedText(await bank.openAccount({ ...input, dryRun: true }, { signal }), true));
  if (dryRun) return;
  if (!(await asker.confirm('Open it?'))) output.line('Nothing was booked.');
  else output.line(openedText(await bank.openAccount(input, { signal }), false));
}

/** A key for one request of the menu, so that an unknown outcome can be settled. */
export function newKey(): string {
  return `cli-${randomUUID()}`;
}
