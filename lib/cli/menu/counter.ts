import type { Bank } from '../../bank/api.js';
import { BankError } from '../../ledger/errors.js';
import { type Asker, Walkaway } from '../ask/asker.js';
import { orRefusal } from '../ask/or-refusal.js';
import type { Context } from '../context.js';
import { reportError } from '../error-report.js';
import type { Line } from '../output.js';
import { waitFor } from '../progress.js';
import { DRY_RUN_SAID } from '../say.js';
import { newKey, settled } from '../settled.js';

/** What the interactive bank hands to its parts. */
export interface Counter {
  readonly context: Context;
  readonly bank: Bank;
  readonly asker: Asker;
}

/** Shows what would be booked, and books it behind a yes. `book` gives what is said then. @throws BankError the refusal */
export async function review(
  { context, asker }: Counter,
  question: string,
  tryOut: () => Promise<readonly Line[]>,
  book: (key: string) => Promise<string>,
): Promise<void> {
  const { output, dryRun } = context;
  const look = async () =>
    (await tryOut()).map((line) => ({ ...line, text: line.text.replace(DRY_RUN_SAID, '') }));
  const lines = await look();
  if (dryRun) {
    output.lines(lines);
    return output.line(`${context.readOnly ? 'Read only' : 'Dry run'}: nothing was booked.`);
  }
  if (!(await asker.confirm(question, orRefusal(look)))) {
    return output.line('Nothing was booked.');
  }
  const key = newKey();
  output.line(await waitFor(context, () => settled(key, () => book(key))));
}

/** A refusal leads back to where one was; what concerns the bank itself ends the session. */
export async function attempt(counter: Counter, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (error instanceof Walkaway && error.where === 'back') return;
    if (!(error instanceof BankError) || error.code === 'BANK_DAMAGED') throw error;
    if (error.code === 'CANCELLED') {
      counter.context.output.line(error.message); // Perhaps behind a yes: whoever left wants to know.
      throw new Walkaway('left');
    }
    reportError(counter.context.output, counter.context, error);
  }
}
