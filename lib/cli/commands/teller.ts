import { withAsker } from '../ask/with-asker.js';
import { atTerminal, type Command, whyNotAsked } from '../context.js';
import { UsageError } from '../exit-codes.js';
import { runTeller } from '../teller/teller.js';
import { withBank } from '../with-bank.js';

/** `drovebank teller` */
export const run: Command = async (context) => {
  if (!atTerminal(context)) {
    throw new UsageError(
      `teller asks questions: ${whyNotAsked(context)}. \`drovebank batch\` reads files.`,
    );
  }
  return withBank(context, (bank) =>
    withAsker(context, (asker) => runTeller(context, bank, asker)),
  );
};
