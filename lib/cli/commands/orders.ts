import type { StandingOrder } from '../../bank/orders.js';
import type { Command } from '../context.js';
import { orderJson } from '../json.js';
import { isSet } from '../read-options.js';
import { createTable } from '../table.js';
import { withBank } from '../with-bank.js';

/** Rows that are laid out at a time. */
const AT_ONCE = 200;

/** `drovebank orders`: the standing orders. */
export const run: Command = async (context, _, options) => {
  const { output, signal } = context;
  const ended = isSet(options, 'all');
  await withBank(context, async (bank) => {
    const table = createTable<StandingOrder>(context, [
      { title: 'order', kind: 'money', cell: ({ order }) => String(order) },
      { title: 'from', kind: 'id', cell: ({ from }) => from },
      { title: 'to', kind: 'id', cell: ({ to }) => to },
      { title: 'amount', kind: 'money', cell: ({ amount }) => amount.amount },
      { title: 'every', kind: 'text', cell: ({ every }) => every },
      {
        title: 'next',
        kind: 'id',
        cell: ({ next, ended: over }) => next ?? (over ? 'ended' : 'over'),
      },
    ]);
    let found = 0;
    const rows: StandingOrder[] = [];
    for await (const order of bank.standingOrders({ ended, signal })) {
      found++;
      if (context.json) output.document('order.list', orderJson(order));
      else rows.push(order);
      if (rows.length === AT_ONCE) table.rows(rows.splice(0));
      await output.drained();
      if (output.broken) return;
    }
    if (rows.length > 0) table.rows(rows);
    if (found === 0) output.note('No standing orders.');
  });
  return undefined;
};
