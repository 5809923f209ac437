import type { AccountInfo } from '../../bank/api.js';
import { type Choice, Walkaway } from '../ask/asker.js';
import { orRefusal } from '../ask/or-refusal.js';
import { HISTORY_COLUMNS } from '../history-table.js';
import type { Line } from '../output.js';
import { changeText, holdText, moneyText } from '../say.js';
import { newKey, settled } from '../settled.js';
import { sparkline } from '../sparkline.js';
import { layTable } from '../table.js';
import { accountCatalogue } from './account-catalogue.js';
import { attempt, type Counter } from './counter.js';
import { moveMoney } from './move-money.js';

/** Balances that the sparkline shows. */
const SPARKS = 40;
const PAGE_ROWS_MAX = 100;

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
  if (available) parts.push(`available ${available.amount}`);
  const sparks = sparkline(
    items
      .slice(0, SPARKS)
      .map(({ balance }) => balance.minor)
      .reverse(),
  );
  const { head, rows } = layTable(HISTORY_COLUMNS, items, width);
  const lines: Line[] = [
    { text: `${id}  ${firstName} ${lastName}  ${status}`, style: 'strong' },
    { text: `${parts.join(', ')}   ${sparks}` },
    { text: '' },
    { text: head, style: 'faint' },
    ...rows.map((text) => ({ text })),
  ];
  return [...lines.slice(0, Math.max(2, height - 1)), { text: '' }];
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

async function close(counter: Counter, account: AccountInfo): Promise<void> {
  const { context, bank, asker } = counter;
  const { output, signal, dryRun } = context;
  const sweeps = account.ledger.minor > 0n;
  const to = sweeps
    ? await asker.pick('What is left goes to account', accountCatalogue(counter))
    : undefined;
  const key = newKey();
  const options = { sweepTo: to?.id, idempotencyKey: key, signal };
  const tryOut = async () => {
    const would = await bank.closeAccount(account.id, { ...options, dryRun: true });
    return [{ text: changeText(would, true) }];
  };
  const lines = await tryOut();
  if (dryRun) return output.lines(lines);
  if (!(await asker.confirm('Close it?', orRefusal(tryOut))))
    return output.line('Nothing was booked.');
  const closed = await settled(key, () => bank.closeAccount(account.id, options));
  output.line(changeText(closed, false));
}

async function hold({ context, bank, asker }: Counter, { id, currency }: AccountInfo) {
  const { output, signal, dryRun } = context;
  const amount = await asker.ask(`Amount in ${currency}`);
  const memo = await asker.ask('Memo (Enter for none)');
  const key = newKey();
  const options = { memo, idempotencyKey: key, signal };
  const tryOut = async () => [
    { text: holdText(await bank.hold(id, amount, { ...options, dryRun: true }), true) },
  ];
  const lines = await tryOut();
  if (dryRun) return output.lines(lines);
  if (!(await asker.confirm('Set it aside?', orRefusal(tryOut)))) {
    return output.line('Nothing was booked.');
  }
  output.line(holdText(await settled(key, () => bank.hold(id, amount, options)), false));
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
