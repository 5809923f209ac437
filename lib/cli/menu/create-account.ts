import { readName } from '../../ledger/text.js';
import { fillIn, textField } from '../ask/form.js';
import { reportError } from '../error-report.js';
import { openedText } from '../say.js';
import { type Counter, review } from './counter.js';

/** Opens an account: names, currency, overdraft limit, a review, and only then the booking. */
export async function createAccount(counter: Counter): Promise<void> {
  const { context, bank, asker } = counter;
  const { signal } = context;
  const tryOut = (currency: string, overdraftLimit: string) =>
    bank.openAccount({ ...input(currency, overdraftLimit), dryRun: true }, { signal });
  const field = (question: string, check: (text: string) => unknown) =>
    textField(asker, () => question, check);
  const firstName = field('First name', (text) => readName(text, 'first name'));
  const lastName = field('Last name', (text) => readName(text, 'last name'));
  const currency = field(`Currency (${bank.currency})`, (text) => tryOut(text, ''));
  const limit = field('Overdraft limit (0)', (text) => tryOut(currency.text, text));
  const input = (code: string, overdraftLimit: string) => ({
    firstName: firstName.text,
    lastName: lastName.text,
    currency: code || bank.currency,
    overdraftLimit: overdraftLimit || '0',
  });
  const wanted = () => input(currency.text, limit.text);
  const last = () =>
    review(
      counter,
      'Open it?',
      async () => [{ text: openedText(await tryOut(currency.text, limit.text), true) }],
      async (idempotencyKey) =>
        openedText(await bank.openAccount({ ...wanted(), idempotencyKey }, { signal }), false),
    );
  const fields = [firstName, lastName, currency, limit];
  await fillIn([...fields.map(({ ask }) => ask), last], (error, at) => {
    reportError(context.output, context, error);
    return Math.min(at, fields.length - 1);
  });
}
