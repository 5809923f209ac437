/** Holds what one look showed against the model at the same moment: the Jepsen bank test, and more. */
import { toCents } from '../crash/raw-bank.js';
import type { Model } from './model.js';
import type { Saw, Total } from './notes.js';

/** A moment that a look showed: the bank, or one account, behind entry `number`. */
export interface Moment {
  readonly what: string;
  readonly number: number;
  /** Whether it lacks something that was there behind entry `floor`. */
  readonly isOlder: (floor: number) => boolean;
}

interface Checked {
  readonly moments: readonly Moment[];
  readonly problems: readonly string[];
}

export function checkLook(look: Saw, model: Model): Checked {
  if ('totals' in look) return checkTotals(look.totals, model);
  if ('list' in look) return checkList(look.list, model);
  if ('balances' in look) return checkBalances(look.balances, model);
  return checkRows(look.account, look.rows, look.whole, model);
}

const moment = (what: string, number: number): Moment => ({
  what,
  number,
  isOlder: (floor) => number < floor,
});

const isWorld = (id: string) => id.startsWith('world-');
const isThere = (text: string | undefined): text is string => text !== undefined;

function checkTotals(totals: readonly Total[], model: Model): Checked {
  const asOf = totals[0]?.asOf ?? 0;
  const problems = totals.map(({ currency, accounts, customers, world, sum, asOf: other }) => {
    if (other !== asOf) return `totals of two moments, ${asOf} and ${other}`;
    if (toCents(sum) !== 0n) return `${currency} adds up to ${toCents(sum)}`;
    const told = { customers: toCents(customers), world: toCents(world) };
    const is = { accounts: 0, customers: 0n, world: 0n };
    for (const id of model.ids) {
      const balance = model.balanceAt(id, asOf);
      if (model.currencyOf(id) !== currency || balance === undefined) continue;
      if (!isWorld(id)) is.accounts++;
      is[isWorld(id) ? 'world' : 'customers'] += balance;
    }
    const shown = `${accounts} accounts with ${told.customers}, the world ${told.world}`;
    const due = `${is.accounts} accounts with ${is.customers}, the world ${is.world}`;
    return shown === due ? undefined : `as of ${asOf} ${currency} has ${due}, not ${shown}`;
  });
  const there = new Set(
    model.ids.filter((id) => model.rowsAt(id, asOf) > 0).map((id) => model.currencyOf(id)),
  );
  if (there.size !== totals.length)
    problems.push(`${totals.length} currencies, and there is ${there.size}`);
  return { moments: [moment('totals', asOf)], problems: problems.filter(isThere) };
}

/** A list has no number of its own: the newest entry that it includes says which moment it must be. */
function checkList(
  list: readonly (readonly [id: string, rows: number, balance: string])[],
  model: Model,
): Checked {
  const number = Math.max(...list.map(([id, rows]) => model.leg(id, rows)?.number ?? 0));
  const shown = new Map<string, string>();
  const sums = new Map<string, bigint>();
  for (const [id, rows, balance] of list) {
    const currency = model.currencyOf(id);
    shown.set(id, `row ${rows} and ${toCents(balance)}`);
    sums.set(currency, (sums.get(currency) ?? 0n) + toCents(balance));
  }
  const problems = [...new Set([...model.ids, ...shown.keys()])].map((id) => {
    const rows = model.rowsAt(id, number);
    const due = rows === 0 ? undefined : `row ${rows} and ${model.balanceAt(id, number)}`;
    const mixed = `a list that includes entry ${number} has ${id} with`;
    return shown.get(id) === due
      ? undefined
      : `${mixed} ${shown.get(id) ?? 'nothing'}, not ${due ?? 'nothing'}`;
  });
  for (const [currency, sum] of sums)
    if (sum !== 0n) problems.push(`a list in which ${currency} adds up to ${sum}`);
  return { moments: [moment('a list', number)], problems: problems.filter(isThere) };
}

function checkBalances(
  balances: readonly (readonly [id: string, asOf: number, balance: string])[],
  model: Model,
): Checked {
  const problems = balances.map(([id, asOf, balance]) => {
    const due = model.balanceAt(id, asOf);
    const text = `as of ${asOf} ${id} has ${due}, not ${toCents(balance)}`;
    return toCents(balance) === due ? undefined : text;
  });
  const moments = balances.map(([id, asOf]) => moment(id, asOf));
  return { moments, problems: problems.filter(isThere) };
}

function checkRows(
  id: string,
  rows: readonly (readonly [seq: number, transfer: number, balance: string])[],
  whole: boolean,
  model: Model,
): Checked {
  const [newest, number] = rows.at(-1) ?? [0, 0];
  const first = whole ? 1 : newest - rows.length + 1;
  const problems = rows.map(([seq, transfer, balance], index) => {
    if (seq !== first + index) return `row ${seq} of ${id} where ${first + index} was due`;
    const leg = model.leg(id, seq);
    const due = `entry ${leg?.number} and ${leg?.after}`;
    const shown = `entry ${transfer} and ${toCents(balance)}`;
    return shown === due ? undefined : `row ${seq} of ${id} has ${due}, not ${shown}`;
  });
  // It ends with the account's newest row, so it says nothing of entries of others behind that.
  const isOlder = (floor: number) => newest < model.rowsAt(id, floor);
  return { moments: [{ what: id, number, isOlder }], problems: problems.filter(isThere) };
}
