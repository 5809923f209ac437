import type { Command } from '../context.js';
import { balanceJson } from '../json.js';
import { momentOption } from '../read-options.js';
import { moneyText } from '../say.js';
import { withBank } from '../with-bank.js';

/** `drovebank balance <id>` */
export const run: Command = async (context, [id = ''], options) => {
  const at = momentOption(options, 'at');
  const { output, signal } = context;
  await withBank(context, async (bank) => {
    const balance = await bank.balance(id, { at, signal });
    const { ledger, held, available } = balance;
    // The bank took the id: folding its letters is all that is left of reading it.
    const fields = { id: id.toLowerCase(), ...balanceJson(balance) };
    if (context.json) output.document('account.balance', fields);
    else if (context.plain) output.plainRow([ledger.amount]);
    else {
      const parts = [moneyText(ledger)];
      if (held.minor !== 0n) parts.push(`held ${held.amount}`);
      if (available && available.minor !== ledger.minor)
        parts.push(`available ${available.amount}`);
      output.line(parts.join(', '));
    }
  });
  return undefined;
};
