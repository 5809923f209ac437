import { runAtm } from '../../atm/screen.js';
import { BankError } from '../../ledger/errors.js';
import { Walkaway } from '../ask/asker.js';
import { withAsker } from '../ask/with-asker.js';
import { atTerminal, type Command, whyNotAsked } from '../context.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { textOption } from '../read-options.js';
import { withBank } from '../with-bank.js';

const NOTES = '10,20,50,100';

/** `drovebank atm` */
export const run: Command = async (context, _, options) => {
  if (!atTerminal(context)) throw new UsageError(`atm asks questions: ${whyNotAsked(context)}.`);
  if (context.readOnly) {
    throw new BankError('BANK_READ_ONLY', 'With --read-only atm books nothing.', {
      hint: 'Leave --read-only out.',
    });
  }
  if (context.dryRun) {
    throw new UsageError('atm books what its holder confirms: it has no dry run.');
  }
  const notes = readNotes(textOption(options, 'notes') ?? NOTES);
  return withBank(context, async (bank) => {
    try {
      await withAsker(context, (asker) => runAtm({ context, bank, asker, notes }));
    } catch (error) {
      if (!(error instanceof Walkaway)) throw error;
      context.output.line('Goodbye.');
    }
    return context.signal.aborted ? EXIT.interrupted : undefined;
  });
};

function readNotes(text: string): string[] {
  const notes = text.split(',').map((note) => note.trim());
  if (notes.every((note) => /^[1-9][0-9]{0,4}$/.test(note))) return notes;
  throw new UsageError(
    `--notes ${JSON.stringify(text)} is no list of whole numbers such as ${NOTES}.`,
  );
}
