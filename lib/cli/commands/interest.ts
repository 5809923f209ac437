import type { RateBand } from '../../ledger/interest.js';
import { readDayCount } from '../../ledger/interest.js';
import { runOverAccounts } from '../account-run.js';
import type { Command } from '../context.js';
import { UsageError } from '../exit-codes.js';
import { textOption } from '../read-options.js';

/** `drovebank interest`: pays all accounts what they earned in a period. */
export const run: Command = async (context, _, options) => {
  const from = textOption(options, 'from');
  const rate = textOption(options, 'rate');
  const asOf = textOption(options, 'asOf');
  if (from === undefined || asOf === undefined || rate === undefined) {
    throw new UsageError(
      'interest needs --from (the first day that counts), --as-of (the day behind the last one) and --rate.',
    );
  }
  const overdraftRate = textOption(options, 'overdraftRate');
  const dayCount = readDayCount(textOption(options, 'dayCount') ?? 'act/365');
  const asked = { from, asOf, rate: readBands(rate), overdraftRate, dayCount };
  return runOverAccounts(context, options, 'Interest', (bank, input) =>
    bank.payInterest({ ...input, ...asked }),
  );
};

/** `1.25`, or `0:0.5,1000.00:1.25`: each part of a balance at its own rate. */
function readBands(text: string): string | RateBand[] {
  if (!text.includes(':')) return text;
  return text.split(',').map((band) => {
    const [above = '', rate = '', ...rest] = band.split(':');
    if (rest.length === 0) return { above, rate };
    throw new UsageError(`--rate has the band ${JSON.stringify(band)}; write it as 1000.00:1.25.`);
  });
}
