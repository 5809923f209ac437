import type { Bank } from '../../bank/api.js';
import { BankError } from '../../ledger/errors.js';
import type { Context } from '../context.js';
import { reportError } from '../error-report.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { type Asker, createAsker, Walkaway } from './asker.js';
import { createAccount } from './create-account.js';
import { listAccounts } from './list-accounts.js';
import { moveMoney } from './move-money.js';
import { openOrMake } from './open-or-make.js';
import { showHistory } from './show-history.js';

/** What the interactive bank hands to its parts. */
export interface Counter {
  readonly context: Context;
  readonly bank: Bank;
  readonly asker: Asker;
}

const HELP = `  l  list accounts           c  create an account
  s  show an account         d  deposit
  h  this help               w  withdraw
  e  leave (or q)            t  transfer
  q in a question goes back to the menu.`;

const ACTIONS: Readonly<Record<string, (counter: Counter) => Promise<void>>> = {
  l: listAccounts,
  c: createAccount,
  s: showHistory,
  d: (counter) => moveMoney(counter, 'deposit'),
  w: (counter) => moveMoney(counter, 'withdraw'),
  t: (counter) => moveMoney(counter, 'transfer'),
  h: async ({ context }) => printHelp(context),
};

/** The interactive bank: a plain menu until somebody leaves. Gives the exit code. */
export async function runMenu(context: Context): Promise<number> {
  const asker = createAsker(context);
  let bank: Bank | undefined;
  try {
    bank = await openOrMake(context, asker);
    context.output.line(`drovebank in ${bank.directory}. h for help.`);
    printHelp(context);
    return await serve({ context, bank, asker });
  } catch (error) {
    if (error instanceof Walkaway) return goodbye(context);
    reportError(context.output, context, error);
    return exitCodeOf(error);
  } finally {
    asker.close();
    await bank?.close().catch((error) => context.output.warn(String(error)));
  }
}

async function serve(counter: Counter): Promise<number> {
  const { context, bank, asker } = counter;
  for (;;) {
    // A bank that somebody found damaged meanwhile says so before the next question.
    await bank.accounts({ limit: 1, signal: context.signal }).page();
    const letter = (await asker.choose('drovebank> ')).toLowerCase();
    if (letter === 'e' || letter === 'q') return goodbye(context);
    const action = Object.hasOwn(ACTIONS, letter) ? ACTIONS[letter] : undefined;
    if (action !== undefined) await attempt(counter, action);
    else if (letter !== '') context.output.line(`There is no "${letter}". h shows what there is.`);
  }
}

/** A refusal leads back to the menu; what concerns the bank itself ends the session. */
async function attempt(counter: Counter, action: (counter: Counter) => Promise<void>) {
  try {
    await action(counter);
  } catch (error) {
    if (error instanceof Walkaway && error.where === 'back') return;
    if (!(error instanceof BankError) || error.code === 'BANK_DAMAGED') throw error;
    if (error.code === 'CANCELLED') throw new Walkaway('left');
    reportError(counter.context.output, counter.context, error);
  }
}

function printHelp({ output }: Context): void {
  for (const line of HELP.split('\n')) output.line(line);
}

function goodbye({ output }: Context): number {
  output.line('Bye!');
  return EXIT.ok;
}
