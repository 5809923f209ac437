import type { AccountInfo } from '../../bank/api.js';
import { type Choice, Walkaway } from '../ask/asker.js';
import { fillIn, textField } from '../ask/form.js';
import { reportError } from '../error-report.js';
import { HISTORY_COLUMNS } from '../history-table.js';
import type { Line } from '../output.js';
import { changeText, holdText, moneyText } from '../say.js';
import { newKey, settled } from '../settled.js';
import { sparkline } from '../sparkline.js';
import { layTable } from '../table.js';
import { wrapTo } from '../terminal-text.js';
import { accountCatalogue } from './account-catalogue.js';
import { attempt, type Counter, review } from './counter.js';
import { moveMoney } from './move-money.js';

/** Balances that the sparkline shows. */
const SPARKS = 40;
const SPARKS_GAP = '   ';
/** With fewer lines than this, rows are worth more than their heading and blank lines. */
const ROOMY = 8;
const PAGE_ROWS_MAX = 100;
/** Refusals that another account for what is left may mend. */
const OF_THE_REST: readonly string[] = ['ACCOUNT_FROZEN', 'ACCOUNT_CLOSED', 'CURRENCY_MISMATCH'];

/** An account, until one goes back: its balance and its last rows as they are at each moment, and what can be done. */
export async function accountPage(counter: Counter, id: string): Promise<void> {
  const { context, bank, asker } = counter;
  const { signal } = context;
  for (;;) {
    const account = await bank.account(id, { signal });
    const choices = choicesFor(account);
    const key = await asker.choose(`${id}`, choices, (width, height) =>
      look(counter, id, width, height),
    );
    if (key === 'b') return;
    await attempt(counter, () => act(counter, account, key));
  }
}

function choicesFor({ status }: AccountInfo): Choice[] {
  const back = { key: 'b', label: 'back' };
  if (status === 'closed') return [{ key: 'r', label: 'reopen' }, back];
  const freeze = status === 'frozen' ? 'unfreeze' : 'freeze';
  return [
    { key: 'd', label: 'deposit' },
    { key: 'w', label: 'withdraw' },
    { key: 't', label: 'transfer' },
    { key: 'o', label: 'hold' },
    { key: 'f', label: freeze },
    { key: 'x', label: 'close' },
    { key: 'm', label: 'all rows' },
    back,
  ];
}

async function look(
  { context, bank }: Counter,
  id: string,
  width: number,
  height: number,
): Promise<Line[]> {
  const { signal } = context;
  const limit = Math.min(PAGE_ROWS_MAX, Math.max(SPARKS, height));
  const account = await bank.account(id, { signal });
  const { items } = await bank.history(id, { reverse: true, limit, signal }).page();
  const { firstName, lastName, status, ledger, available, held } = account;
  const parts = [`Balance ${moneyText(ledger)}`];
  if (held.minor !== 0n) parts.push(`held ${held.amount}`);
  if (available && available.minor !== ledger.minor) parts.push(`available ${available.amount}`);
  const balances = wrapTo(parts.join(', '), width);
  const beside = balances.at(-1) ?? '';
  // Where there is little room it is the newest that is shown.
  const sparks = Math.max(0, Math.min(SPARKS, width - beside.length - SPARKS_GAP.length));
  const bars = sparkline(
    items
      .slice(0, sparks)
      .map(({ balance }) => balance.minor)
      .reverse(),
  );
  const { head, rows } = layTable(HISTORY_COLUMNS, items, width);
  const top: Line[] = [
    { text: `${id}  ${firstName} ${lastName}  ${status}`, style: 'strong' },
    ...balances.slice(0, -1).map((text) => ({ text })),
    { text: `${beside}${SPARKS_GAP}${bars}` },
  ];
  const newest = rows.map((text) => ({ text }));
  if (height < ROOMY) return [...top, ...newest].slice(0, Math.max(top.length, height));
  const table: Line[] = [{ text: '' }, { text: head, style: 'faint' }, ...newest];
  return [...top, ...table.slice(0, height - top.length - 1), { text: '' }];
}

async function act(counter: Counter, account: AccountInfo, key: string): Promise<void> {
  const { id } = account;
  if (key === 'd') return moveMoney(counter, 'deposit', { to: account });
  if (key === 'w') return moveMoney(counter, 'withdraw', { from: account });
  if (key === 't') return moveMoney(counter, 'transfer', { from: account });
  if (key === 'o') return hold(counter, account);
  if (key === 'm') return allRows(counter, id);
  if (key === 'r') return change(counter, 'Open it again?', 'reopen', id);
  if (key === 'x') return close(counter, account);
  if (account.status === 'frozen') return change(counter, 'Unfreeze it?', 'unfreeze', id);
  return change(counter, 'Freeze it: it gives nothing any more?', 'freeze', id);
}

async function change(
  { context, bank, asker }: Counter,
  question: string,
  verb: 'freeze' | 'unfreeze' | 'reopen',
  id: string,
): Promise<void> {
  const { output, signal, dryRun } = context;
  if (!dryRun && !(await asker.confirm(question))) return output.line('Nothing was booked.');
  const key = newKey();
  const options = { idempotencyKey: key, dryRun, signal };
  output.line(changeText(await settled(key, () => bank[verb](id, options)), dryRun));
}

async function close(counter: Counter, { id, ledger, held, status }: AccountInfo): Promise<void> {
  const { context, bank, asker } = counter;
  const { signal } = context;
  let sweepTo: string | undefined;
  const others = accountCatalogue(counter, id);
  const tryOut = async () => {
    const would = await bank.closeAccount(id, { sweepTo, dryRun: true, signal });
    return [{ text: changeText(would, true, { sweptTo: sweepTo }) }];
  };
  const askRest = async () => {
    sweepTo = (await asker.pick('What is left goes to account', others, sweepTo)).id;
    await tryOut();
  };
  const last = () =>
    review(counter, 'Close it?', tryOut, async (idempotencyKey) =>
      changeText(await bank.closeAccount(id, { sweepTo, idempotencyKey, signal }), false, {
        sweptTo: sweepTo,
      }),
    );
  // Where no other account would help, the bank says so at once.
  const isRest = ledger.minor > 0n && held.minor === 0n && status === 'open';
  const questions = isRest ? [askRest, last] : [last];
  await fillIn(questions, (error) => {
    reportError(context.output, context, error);
    const isOther = OF_THE_REST.includes(error.code) && error.details.id !== id;
    return isOther ? questions.length - 2 : -1;
  });
}

async function hold(counter: Counter, { id, currency }: AccountInfo): Promise<void> {
  const { context, bank, asker } = counter;
  const { signal } = context;
  const tryOut = async (text: string, said: string) => {
    const would = await bank.hold(id, text, { memo: said, dryRun: true, signal });
    return [{ text: holdText(would, true) }];
  };
  const amountIn = () => `Amount in ${currency}`;
  const amount = textField(asker, amountIn, (text) => tryOut(text, ''), true);
  const memo = textField(
    asker,
    () => 'Memo (Enter for none)',
    (text) => tryOut(amount.text, text),
  );
  const last = () =>
    review(
      counter,
      'Set it aside?',
      () => tryOut(amount.text, memo.text),
      async (idempotencyKey) => {
        const options = { memo: memo.text, idempotencyKey, signal };
        return holdText(await bank.hold(id, amount.text, options), false);
      },
    );
  await fillIn([amount.ask, memo.ask, last], (error, at) => {
    reportError(context.output, context, error);
    return error.code === 'INVALID_TEXT' ? at : 0;
  });
}

/** Its passbook, newest row first, with a search. */
async function allRows({ context, bank, asker }: Counter, id: string): Promise<void> {
  const { signal } = context;
  const row = await asker.pick('Rows', {
    columns: HISTORY_COLUMNS,
    page: async (search, after, limit) => {
      const options = { search: search || undefined, reverse: true, limit, signal };
      const from = after === undefined ? options : { ...options, after: Number(after) };
      const { items, next } = await bank.history(id, from).page();
      return { items, next: next === undefined ? undefined : String(next) };
    },
    nameOf: ({ seq }) => String(seq),
    named: async () => {
      throw new Walkaway('back');
    },
    nearest: async () => undefined,
  });
  const { seq, transfer, bookedAt, type, counterparty, amount, memo, reference, key } = row;
  const facts = [`row ${seq}`, `transfer ${transfer}`, bookedAt, type, counterparty];
  context.output.line(
    [...facts, moneyText(amount), memo, reference, key].filter(Boolean).join(', '),
  );
}
