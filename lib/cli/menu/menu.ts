import type { Bank } from '../../bank/api.js';
import { type Choice, createAsker, Walkaway } from '../ask/asker.js';
import type { Context } from '../context.js';
import { reportError } from '../error-report.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import type { Line } from '../output.js';
import { accountCatalogue } from './account-catalogue.js';
import { accountPage } from './account-page.js';
import { attempt, type Counter } from './counter.js';
import { createAccount } from './create-account.js';
import { moveMoney } from './move-money.js';
import { openOrMake } from './open-or-make.js';

const CHOICES: readonly Choice[] = [
  { key: 'l', label: 'list accounts, and look at one' },
  { key: 'c', label: 'create an account' },
  { key: 'd', label: 'deposit' },
  { key: 'w', label: 'withdraw' },
  { key: 't', label: 'transfer' },
  { key: 'h', label: 'help' },
  { key: 'e', label: 'leave (or q)' },
];

const HELP = [
  'Type a letter, or move with the arrows and press Enter.',
  'In a list: type to search, arrows and PgUp/PgDn to move, Enter to choose.',
  'Esc (or q, with --accessible) goes back, at any question, to the one before. Nothing is booked before you have seen a review and said yes. Ctrl-C or Ctrl-D leaves.',
  'What others do shows by itself, each second.',
  'drovebank help tells what there is without questions.',
];

const ACTIONS: Readonly<Record<string, (counter: Counter) => Promise<void>>> = {
  l: listAccounts,
  c: createAccount,
  d: (counter) => moveMoney(counter, 'deposit'),
  w: (counter) => moveMoney(counter, 'withdraw'),
  t: (counter) => moveMoney(counter, 'transfer'),
  h: async ({ context }) => {
    for (const line of HELP) context.output.line(line);
  },
};

/** The interactive bank, until somebody leaves. Gives the exit code. */
export async function runMenu(context: Context): Promise<number> {
  const asker = await createAsker(context);
  let bank: Bank | undefined;
  let told = '';
  try {
    bank = await openOrMake(context, asker);
    return await serve({ context, bank, asker });
  } catch (error) {
    if (error instanceof Walkaway) return goodbye(context);
    reportError(context.output, context, error);
    told = error instanceof Error ? error.message : '';
    return exitCodeOf(error);
  } finally {
    asker.close();
    await bank?.close().catch((error) => {
      // Damage that was found while one looked has been told.
      if (error.message !== told) context.output.warn(error.message);
    });
  }
}

async function serve(counter: Counter): Promise<number> {
  const { context, bank, asker } = counter;
  const limits = context.readOnly ? ' Read only.' : context.dryRun ? ' Dry run.' : '';
  // A bank that somebody found damaged meanwhile says so while one looks.
  const look = async (): Promise<Line[]> => {
    await bank.accounts({ limit: 1, signal: context.signal }).page();
    return [{ text: `A bank in ${bank.directory}, in ${bank.currency}.${limits}` }, { text: '' }];
  };
  for (;;) {
    let key: string;
    try {
      key = await asker.choose('drovebank', CHOICES, look, 'leave');
    } catch (error) {
      if (!(error instanceof Walkaway)) throw error;
      return goodbye(context);
    }
    if (key === 'e') return goodbye(context);
    await attempt(counter, async () => ACTIONS[key]?.(counter));
  }
}

/** Accounts to find one, and its page; again until one goes back. */
async function listAccounts(counter: Counter): Promise<void> {
  for (;;) {
    const { id } = await counter.asker.pick('Accounts', accountCatalogue(counter));
    await attempt(counter, () => accountPage(counter, id));
  }
}

function goodbye({ output }: Context): number {
  output.line('Bye!');
  return EXIT.ok;
}
