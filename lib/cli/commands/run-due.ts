import type { Command } from '../context.js';
import { errorFacts } from '../error-report.js';
import { EXIT } from '../exit-codes.js';
import { receiptJson } from '../json.js';
import { isSet } from '../read-options.js';
import { receiptText } from '../say.js';
import { withBank } from '../with-bank.js';

/** `drovebank run-due`: books what standing orders are due. */
export const run: Command = async (context, _, options) => {
  const { output, dryRun, signal, json, quiet } = context;
  const { orders, booked, replayed, refused } = await withBank(
    context,
    (bank) =>
      bank.runDue({
        dryRun,
        signal,
        onResult: ({ order, due, receipt, error }) => {
          if (json) {
            const outcome = receipt ? { ok: true, receipt: receiptJson(receipt) } : { ok: false };
            const failure = error ? { error: errorFacts(error) } : {};
            output.document('order.due', { order, due, ...outcome, ...failure, dryRun });
          } else if (error) {
            output.line(`${order}, due ${due}: refused: ${error.message} (${error.code})`);
          } else if (receipt && !quiet) {
            output.line(`${order}, due ${due}: ${receiptText('transfer', receipt, dryRun)}`);
          }
        },
      }),
    isSet(options, 'acceptClock'),
  );
  if (json) output.document('bank.due', { orders, booked, replayed, refused, dryRun });
  else {
    const counts = `${booked} booked, ${replayed} booked before, ${refused} refused`;
    output.note(`${orders} standing ${orders === 1 ? 'order' : 'orders'}: ${counts}.`);
  }
  return refused > 0 ? EXIT.refused : undefined;
};
