import { type Context, isTerminal } from './context.js';
import { errorStream } from './output.js';

/** Nothing is shown for work that is done sooner; a bar is drawn anew no more often than this. */
const PATIENCE_MS = 500;
const REDRAW_MS = 100;
const BAR_CELLS = 30;

/** How far a long piece of work has come, on standard error. */
export interface Progress {
  update(done: number, all: number): void;
  /** Takes the bar away. */
  end(): void;
}

const SILENT: Progress = { update: () => undefined, end: () => undefined };

/** A bar at a terminal; elsewhere a line for each tenth; nothing with `--json` or `--quiet`. */
export function createProgress(
  context: Pick<Context, 'json' | 'quiet' | 'plain'>,
  label: string,
): Progress {
  endWait();
  if (context.json || context.quiet) return SILENT;
  return redraws(context) ? bar(label) : lines(label);
}

/** Whether what stands on the last line may be drawn again. */
function redraws({ plain }: Pick<Context, 'plain'>): boolean {
  return isTerminal(errorStream()) && process.env.TERM !== 'dumb' && !plain;
}

let wait: NodeJS.Timeout | undefined;
let waitDrawn = false;

/**
 * Shows that work goes on of which nobody knows how much it is (a bank that was killed is followed to its end by
 * whoever asks first), until {@link endWait}: at a terminal only.
 */
export function startWait(context: Context): void {
  if (context.json || context.quiet || context.accessible || !redraws(context)) return;
  const begun = performance.now();
  wait = setInterval(() => {
    waitDrawn = true;
    const what = context.signal.aborted ? 'Cancelling' : 'Working';
    errorStream().write(`\r\u001b[2K${what}… ${Math.floor((performance.now() - begun) / 1000)} s`);
  }, PATIENCE_MS);
  wait.unref();
}

/** Before anything is printed, and in the end. */
export function endWait(): void {
  clearInterval(wait);
  if (waitDrawn) errorStream().write('\r\u001b[2K');
  waitDrawn = false;
}

/** Shows that `work` goes on, until it is done. */
export async function waitFor<Result>(
  context: Context,
  work: () => Promise<Result>,
): Promise<Result> {
  startWait(context);
  try {
    return await work();
  } finally {
    endWait();
  }
}

const count = (value: number) => value.toLocaleString('en');

function bar(label: string): Progress {
  const begun = performance.now();
  let drawn = 0;
  return {
    update: (done, all) => {
      const now = performance.now();
      if (now - begun < PATIENCE_MS || (now - drawn < REDRAW_MS && done < all)) return;
      drawn = now;
      const full = all === 0 ? BAR_CELLS : Math.floor((done / all) * BAR_CELLS);
      const cells = '#'.repeat(full) + '.'.repeat(BAR_CELLS - full);
      errorStream().write(`\r\u001b[2K${label} [${cells}] ${count(done)} of ${count(all)}`);
    },
    end: () => {
      if (drawn > 0) errorStream().write('\r\u001b[2K');
    },
  };
}

function lines(label: string): Progress {
  const begun = performance.now();
  let told = 0;
  return {
    update: (done, all) => {
      const tenth = all === 0 ? 10 : Math.floor((done / all) * 10);
      if (tenth === told || performance.now() - begun < PATIENCE_MS) return;
      told = tenth;
      errorStream().write(`${label}: ${tenth * 10}% (${count(done)} of ${count(all)})\n`);
    },
    end: () => undefined,
  };
}
