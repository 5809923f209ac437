import type { AccountInfo, Bank, MovementInput, TransferResult } from '../../bank/api.js';
import { isWorldId } from '../../ledger/account-id.js';
import { BankError } from '../../ledger/errors.js';
import { type Asker, Walkaway } from '../ask/asker.js';
import type { Context } from '../context.js';
import { reportError } from '../error-report.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { waitFor } from '../progress.js';
import { receiptText } from '../say.js';
import { newKey, settled } from '../settled.js';
import { type Movement, PastMovements, readPast } from './past-movements.js';

export interface Desk {
  readonly context: Context;
  readonly bank: Bank;
  readonly asker: Asker;
  readonly past: PastMovements;
}

const FIELDS = ['memo', 'from', 'to', 'amount'] as const;
type Field = (typeof FIELDS)[number];

const QUESTIONS: Readonly<Record<Field, string>> = {
  memo: 'Memo',
  from: 'From account (. for outside)',
  to: 'To account (. for outside)',
  amount: 'Amount',
};
const BACK = '<';
const DONE = '.';
/** No text can be it: it has a control character. */
const ESCAPED = '\u001b';
/** Accounts that are told when Tab is pressed. */
const COMPLETIONS_MAX = 8;
/** What a teller can do something about; all else ends the work. */
const MENDABLE: readonly number[] = [EXIT.refused, EXIT.notFound, EXIT.usage, EXIT.busy];

/** Asks for one movement after the other, and books all of them at once. Gives the exit code. */
export async function runTeller(context: Context, bank: Bank, asker: Asker): Promise<number> {
  const past = context.incognito ? new PastMovements() : await readPast(bank, context.signal);
  const desk: Desk = { context, bank, asker, past };
  const entered: Movement[] = [];
  context.output.line(
    'Enter movements, each by its memo. < goes back, . ends and shows all of them.',
  );
  try {
    for (;;) {
      const movement = await enter(desk, entered);
      if (movement === 'done') {
        if (entered.length === 0) break;
        if (await attemptAll(desk, entered)) return EXIT.ok;
      } else if (movement === 'back') {
        const last = entered.pop();
        if (last) context.output.line(`Taken back: ${textOf(last)}`);
      } else if (movement === 'left') {
        if (await mayLeave(asker, entered.length)) break;
      } else {
        entered.push(movement);
        past.add(movement);
        context.output.line(`${entered.length}. ${textOf(movement)}`);
      }
    }
  } catch (error) {
    if (!(error instanceof Walkaway)) throw error;
  }
  const lost = entered.length === 0 ? '' : ` ${entered.length} entered, none of them.`;
  context.output.line(`Nothing was booked.${lost}`);
  return context.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

/** What was entered is not thrown away by one key. */
async function mayLeave(asker: Asker, count: number): Promise<boolean> {
  const them = count === 1 ? 'what was entered' : `any of the ${count} entered`;
  return count === 0 || (await isYes(asker, `Leave, and not book ${them}?`));
}

/** Going back is no yes. */
async function isYes(asker: Asker, question: string): Promise<boolean> {
  try {
    return await asker.confirm(question);
  } catch (error) {
    if (error instanceof Walkaway && error.where === 'back') return false;
    throw error;
  }
}

/** One movement, field by field. `back`: the one before is to go; `done`: there are no more; `left`: by Esc. */
async function enter(
  desk: Desk,
  entered: readonly Movement[],
): Promise<Movement | 'back' | 'done' | 'left'> {
  const given: Partial<Record<Field, string>> = {};
  let at = 0;
  for (;;) {
    const field = FIELDS[at];
    if (field === undefined) return { memo: '', from: '', to: '', amount: '', ...given };
    const typed = await ask(desk, field, entered.length, given);
    if (typed === BACK || typed === ESCAPED) {
      if (at === 0) return typed === BACK ? 'back' : 'left';
      at--;
      continue;
    }
    if (field === 'memo' && typed === DONE) return 'done';
    const value = typed === DONE && field !== 'amount' ? '' : typed;
    const problem = await problemOf(desk, entered, field, { ...given, [field]: value });
    if (problem === undefined) {
      given[field] = value;
      at++;
    } else reportError(desk.context.output, desk.context, problem);
  }
}

async function ask(
  { asker, bank, context, past }: Desk,
  field: Field,
  count: number,
  given: Partial<Record<Field, string>>,
): Promise<string> {
  const like = field === 'memo' ? undefined : past.like(given.memo ?? '');
  // What is on the other side already is no offer.
  const last = field === 'to' && like?.to === given.from ? undefined : like?.[field];
  const shownAs = (value?: string) => (value === '' && field !== 'amount' ? DONE : value);
  // What was answered before stands in brackets, as what is offered: < leads back from there too.
  const fallback = field === 'memo' ? given.memo || undefined : shownAs(given[field] ?? last);
  const hint = field === 'memo' ? ` of ${count + 1} (${DONE} to end)` : '';
  const complete = async (text: string): Promise<string[]> => {
    if (field === 'memo') return past.memos(text);
    if (field === 'amount') return [];
    const options = { search: text || undefined, limit: COMPLETIONS_MAX, signal: context.signal };
    return (await bank.accounts(options).page()).items.map(({ id }) => id);
  };
  for (;;) {
    try {
      const typed = await asker.ask(`${QUESTIONS[field]}${hint}`, { fallback, complete });
      if (typed !== '' || field === 'memo') return typed;
    } catch (error) {
      if (error instanceof Walkaway && error.where === 'back') return ESCAPED;
      throw error;
    }
  }
}

/** What is wrong with a field, by what the bank says of all that was entered so far. */
async function problemOf(
  { bank, context }: Desk,
  entered: readonly Movement[],
  field: Field,
  given: Partial<Movement>,
): Promise<BankError | undefined> {
  const { signal } = context;
  try {
    const id = field === 'from' ? given.from : field === 'to' ? given.to : '';
    const account = id ? await bank.account(id, { signal }) : undefined;
    if (field === 'to') {
      const from = given.from ? await bank.account(given.from, { signal }) : undefined;
      refuseSides(from, account);
    }
    if (field !== 'amount') return undefined;
    const all = [...entered, { memo: '', from: '', to: '', amount: '', ...given }];
    await bank.transferMany(all.map(inputOf), { atomic: true, dryRun: true, signal });
    return undefined;
  } catch (error) {
    if (error instanceof BankError && MENDABLE.includes(exitCodeOf(error))) {
      return ofLine(error, entered);
    }
    throw error;
  }
}

/** What no amount could mend. Sides that are outside are `undefined`. @throws BankError */
function refuseSides(from: AccountInfo | undefined, to: AccountInfo | undefined): void {
  if (from === undefined && to === undefined) {
    throw new BankError('INVALID_ID', 'Both sides are outside.', { hint: 'Name an account.' });
  }
  if (from === undefined || to === undefined) return;
  if (from.id === to.id) {
    throw new BankError('SAME_ACCOUNT', `Both sides are ${to.id}.`, { details: { id: to.id } });
  }
  if (from.currency === to.currency) return;
  const message = `${from.id} has ${from.currency}, ${to.id} has ${to.currency}.`;
  throw new BankError('CURRENCY_MISMATCH', message, { details: { id: to.id } });
}

/** The refusal of the movement at hand; of an earlier one, that can't be booked any more, with what to do about that. */
function ofLine(error: BankError, entered: readonly Movement[]): BankError {
  const cause = error.cause instanceof BankError ? error.cause : error;
  const index = Number(error.details.index ?? entered.length);
  const earlier = entered[index];
  if (earlier === undefined) return cause;
  return new BankError(cause.code, `${index + 1}. ${textOf(earlier)}: ${cause.message}`, {
    details: cause.details,
    hint: `It can't be booked as things stand. Go back to it with ${BACK}, or try again later.`,
    cause,
  });
}

function inputOf({ memo, from, to, amount }: Movement): MovementInput {
  return { memo, amount, ...(from === '' ? {} : { from }), ...(to === '' ? {} : { to }) };
}

/** Books all; a refusal is told, and leaves all of them as they were entered. */
async function attemptAll(desk: Desk, entered: readonly Movement[]): Promise<boolean> {
  try {
    return await book(desk, entered);
  } catch (error) {
    if (!(error instanceof BankError) || !MENDABLE.includes(exitCodeOf(error))) throw error;
    reportError(desk.context.output, desk.context, ofLine(error, entered));
    return false;
  }
}

/** Shows all, and books them behind a yes: all or none. */
async function book(
  { context, bank, asker }: Desk,
  entered: readonly Movement[],
): Promise<boolean> {
  const { output, signal, dryRun } = context;
  output.line('');
  for (const [index, movement] of entered.entries()) {
    output.line(`${index + 1}. ${textOf(movement)}`);
  }
  const all = entered.length === 1 ? 'it' : `all ${entered.length}`;
  if (!dryRun && !(await isYes(asker, `Book ${all}?`))) return false;
  const key = newKey();
  const inputs = entered.map((movement, index) => {
    return { ...inputOf(movement), idempotencyKey: `${key}-${index + 1}` };
  });
  // All are booked or none: the first one's key tells of all.
  const results = await waitFor(context, () =>
    settled(`${key}-1`, () => bank.transferMany(inputs, { atomic: true, dryRun, signal })),
  );
  for (const result of results) output.line(resultText(result, dryRun));
  return true;
}

function resultText(result: TransferResult, dryRun: boolean): string {
  if ('error' in result) throw result.error;
  const { from, to } = result.receipt;
  const kind = isWorldId(from.id) ? 'deposit' : isWorldId(to.id) ? 'withdraw' : 'transfer';
  return receiptText(kind, result.receipt, dryRun);
}

/** `2.50 from a10017 to a10025, lunch` */
function textOf({ memo, from, to, amount }: Movement): string {
  const sides = [from && `from ${from}`, to && `to ${to}`].filter(Boolean).join(' ');
  return `${amount} ${sides}${memo === '' ? '' : `, ${memo}`}`;
}
