import { writeUserFile } from '../../disk/user-files.js';
import type { Verification, VerifyStep } from '../../store/verify.js';
import type { Command, Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { directoryFlag } from '../flags.js';
import { createProgress } from '../progress.js';
import { textOption } from '../read-options.js';
import { withBank } from '../with-bank.js';

/** `drovebank verify`: journal and passbooks against each other; 7 if they disagree, 1 if the disk fails. */
export const run: Command = async (context, _operands, options) => {
  const { output, signal } = context;
  return withBank(context, async (bank) => {
    const progress = createProgress(context, 'Verifying');
    const verification = await bank
      .verify({ signal, quick: options.quick === true, onProgress: progress.update })
      .finally(progress.end);
    const { ok, asOf, steps } = verification;
    if (context.json) output.document('bank.verify', { ok, asOf, steps });
    else printVerification(context, verification);
    const report = textOption(options, 'report');
    const exit = ok ? EXIT.ok : isUnreadAlone(steps) ? EXIT.unexpected : EXIT.damaged;
    if (report === undefined) return exit;
    try {
      const found = { v: 1, kind: 'bank.verify', ok, asOf, steps };
      await writeUserFile(report, `${JSON.stringify(found)}\n`);
    } catch (error) {
      // That the bank is damaged is worse than a report that is missing, and must show.
      if (ok) throw error;
      output.warn(error instanceof Error ? error.message : String(error));
    }
    return exit;
  });
};

/** Nothing that could be read is wrong. */
function isUnreadAlone(steps: readonly VerifyStep[]): boolean {
  return steps.every(({ problems }) => problems.every(({ unread }) => unread));
}

export function printVerification(context: Context, { ok, asOf, steps }: Verification): void {
  const { output } = context;
  const recover = `drovebank-recover${directoryFlag(context)}`;
  for (const { name, checked, problems } of steps) {
    const good = problems.length === 0;
    const state = good ? 'ok' : problems.every(({ unread }) => unread) ? 'unread' : 'damaged';
    const label = (good ? state : state.toUpperCase()).padEnd(7);
    if (context.plain) output.plainRow([state, name, checked]);
    else output.line(`${label}  ${name}: ${checked}`, good ? 'none' : 'bad');
    for (const { file, what } of problems) output.line(`         ${file}: ${what}`);
  }
  if (ok) output.note(`The books agree up to transfer ${asOf}.`);
  else if (isUnreadAlone(steps))
    output.errorLine(
      'error:',
      'The disk does not give all of it. Copy the bank to another disk, remove there what could not be read, and run drovebank-recover.',
    );
  else if (steps.every(({ name, problems }) => name === 'index' || problems.length === 0))
    output.errorLine(
      'error:',
      `The books agree up to transfer ${asOf}; the index of accounts does not. Run ${recover}: it makes it anew.`,
    );
  else output.errorLine('error:', `The books disagree. Run ${recover}: it explains.`);
}
