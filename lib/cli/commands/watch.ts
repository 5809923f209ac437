import type { HistoryEntry } from '../../bank/api.js';
import type { Command } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { historyTable } from '../history-table.js';
import { entryJson } from '../json.js';
import { countOption } from '../read-options.js';
import { withBank } from '../with-bank.js';

/** How often is looked for new rows. */
const LOOK_MS = 200;
/** Rows that are read at once. */
const ROWS_MAX = 500;

/** `drovebank watch <id>`: rows as they come, until Ctrl-C, or so many. */
export const run: Command = async (context, [id = ''], options) => {
  const { output, signal, json } = context;
  const countMax = countOption(options, 'count') ?? Number.POSITIVE_INFINITY;
  return withBank(context, async (bank) => {
    const table = historyTable(context);
    const print = (rows: readonly HistoryEntry[]) => {
      if (!json) table.rows(rows);
      else for (const row of rows) output.document('account.history', entryJson(row));
    };
    let { entries: seen } = await bank.account(id, { signal });
    let count = 0;
    output.note(`Watching ${id} from row ${seen + 1} on; Ctrl-C ends.`);
    while (count < countMax && !output.broken) {
      if (signal.aborted) return EXIT.interrupted;
      const { entries } = await bank.account(id);
      if (entries > seen) {
        const limit = Math.min(ROWS_MAX, entries - seen, countMax - count);
        const { items } = await bank.history(id, { after: seen, limit }).page();
        print(items);
        count += items.length;
        seen = items.at(-1)?.seq ?? seen;
        await output.drained();
      } else await pause(signal);
    }
    return undefined;
  });
};

/** Until it is time to look again, or nobody waits any more. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    signal.addEventListener('abort', done);
  });
}
