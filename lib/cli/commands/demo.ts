import { basename, join, relative } from 'node:path';
import { openBank } from '../../bank/open-bank.js';
import { makeTemporaryFolder, readUserFile } from '../../disk/user-files.js';
import { BankError } from '../../ledger/errors.js';
import { atTerminal, type Command, type Context } from '../context.js';
import { type DemoFigures, fillDemo, printDemo } from '../demo.js';
import { EXIT } from '../exit-codes.js';
import { findPackage } from '../package-root.js';

/** `drovebank demo`: a bank from real data in a throw-away folder. */
export const run: Command = async (context) => {
  const directory = join(await makeTemporaryFolder('drovebank-demo-'), 'bank');
  const example = join(findPackage().root, 'data', 'example');
  const files = await Promise.all(
    ['accounts.csv', 'transactions.csv', 'expected-balances.csv'].map(async (name) => ({
      file: join(example, name),
      bytes: await readUserFile(join(example, name)),
    })),
  );
  const { output, signal } = context;
  if (!context.json) {
    output.line('A demo bank, made of 15 months of a real (anonymised) Czech bank.', 'strong');
    output.line(`Its folder: ${directory}`);
  }
  const bank = await openBank(directory, { create: true, currency: 'CZK', signal });
  let figures: DemoFigures;
  try {
    figures = await fillDemo(context, bank, files);
  } catch (error) {
    if (!(error instanceof BankError) || error.code !== 'CANCELLED') throw error;
    throw new BankError('CANCELLED', 'The demo was cut short.', {
      hint: `Its bank stays in ${directory}; remove that folder whenever you like.`,
      cause: error,
    });
  } finally {
    await bank.close();
  }
  const good = await printDemo(context, directory, figures);
  if (!context.json) await goOn({ ...context, directory });
  return good ? EXIT.ok : EXIT.damaged;
};

/** What to try next; at a terminal the interactive bank begins right away. */
async function goOn(context: Context): Promise<void> {
  const { output, directory } = context;
  const call = commandName();
  output.line('');
  output.line('Try next:', 'strong');
  for (const rest of [
    'list --search "client 69"',
    'show 7011',
    'transfer 2378 7011 100.00 --memo lunch',
    'history 7011 --reverse --limit 5',
    'verify',
  ]) {
    output.line(`  ${call} ${rest} --dir ${directory}`);
  }
  if (atTerminal(context)) {
    output.line('');
    const { runMenu } = await import('../menu/menu.js');
    await runMenu(context);
  }
  output.line('');
  output.line(`The demo bank stays in ${directory}; remove that folder whenever you like.`);
}

/** How this program was called, so that what is printed can be typed. */
function commandName(): string {
  const script = process.argv[1] ?? 'drovebank';
  if (basename(script) !== 'drovebank') return `node ${relative('', script) || script}`;
  return process.env.npm_command === 'exec' ? 'npx drovebank' : 'drovebank';
}
