import { readUserFile } from '../../disk/user-files.js';
import { BankError } from '../../ledger/errors.js';
import { isPin, readPin } from '../../ledger/text.js';
import { type Asker, Walkaway } from '../ask/asker.js';
import { withAsker } from '../ask/with-asker.js';
import { atTerminal, type Command, type Context, isTerminal, type Options } from '../context.js';
import { UsageError } from '../exit-codes.js';
import { isSet, textOption } from '../read-options.js';
import { standardInput } from '../standard-input.js';
import { withBank } from '../with-bank.js';

/** `drovebank pin <id>`: gives an account a PIN; never as an argument, where everybody would see it. */
export const run: Command = async (context, [id = ''], options) => {
  const { output, signal, dryRun } = context;
  const given = await givenPin(context, options);
  await withBank(context, async (bank) => {
    const account = await bank.account(id, { signal });
    const pin = given ?? (await askPin(context, account.id));
    if (dryRun) readPin(pin);
    else await bank.setPin(account.id, pin, { signal });
    if (context.json) output.document('account.pin', { id: account.id, dryRun });
    else if (context.quiet) return;
    else if (dryRun) output.line(`Would give ${account.id} a new PIN. Dry run: nothing was set.`);
    else output.line(`${account.id} has a new PIN. Wrong tries are forgotten.`);
  });
  return undefined;
};

async function givenPin({ signal }: Context, options: Options): Promise<string | undefined> {
  const file = textOption(options, 'pinFile');
  const isPiped = isSet(options, 'pinStdin');
  if (file !== undefined && isPiped) {
    throw new UsageError('--pin-file and --pin-stdin name two PINs; give one of them.');
  }
  if (file !== undefined) return firstLine(await readUserFile(file));
  if (!isPiped) return undefined;
  if (isTerminal(process.stdin)) {
    throw new UsageError(
      '--pin-stdin reads standard input, which is a terminal here; leave it out.',
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of standardInput(signal)) {
    chunks.push(chunk);
    if (chunk.includes(LINE_FEED)) break; // A PIN is one line.
  }
  return firstLine(Buffer.concat(chunks));
}

const LINE_FEED = 10;

function firstLine(bytes: Uint8Array): string {
  return (Buffer.from(bytes).toString('utf8').split('\n')[0] ?? '').trim();
}

async function askPin(context: Context, id: string): Promise<string> {
  if (!atTerminal(context)) {
    throw new UsageError('pin needs a terminal to ask at, or --pin-stdin, or --pin-file <file>.');
  }
  try {
    return await withAsker(context, (asker) => newPin(context, asker, id));
  } catch (error) {
    if (!(error instanceof Walkaway)) throw error;
    throw new BankError('CANCELLED', 'Cancelled: the PIN is as it was.');
  }
}

async function newPin({ output }: Context, asker: Asker, id: string): Promise<string> {
  for (;;) {
    const pin = await asker.secret(`New PIN of ${id}, four digits`);
    if (!isPin(pin)) output.line('A PIN is four digits.');
    else if (pin === (await asker.secret('Once more'))) return pin;
    else output.line('The two differ. Both once more:');
  }
}
