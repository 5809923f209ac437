import type { Command } from '../context.js';
import { UsageError } from '../exit-codes.js';
import { SCRIPTS, SHELLS } from '../shell-scripts.js';

/** `drovebank complete <shell>` */
export const run: Command = async (_, [typed = '']) => {
  const shell = SHELLS.find((one) => one === typed);
  if (shell === undefined) {
    throw new UsageError(`The shell ${JSON.stringify(typed)} is none of: ${SHELLS.join(', ')}.`);
  }
  process.stdout.write(SCRIPTS[shell]);
  return undefined;
};
