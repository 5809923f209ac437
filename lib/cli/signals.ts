import { EXIT } from './exit-codes.js';

/** SIGINT and SIGTERM as an abort: what is not committed yet is given up. */
export interface Signals {
  readonly signal: AbortSignal;
  /** 130 or 143 by the signal that came, `undefined` if none did. */
  exitCode(): number | undefined;
}

/** While a pager reads, Ctrl-C is its key: twice must not leave it behind without us. */
let paging = false;

export function whilePaging(on: boolean): void {
  paging = on;
}

export function watchSignals(): Signals {
  const controller = new AbortController();
  let code: number | undefined;
  const on = (signalCode: number) => () => {
    // Whoever asks twice does not want to wait for an orderly end.
    if (code !== undefined && !paging) process.exit(signalCode);
    code = signalCode;
    controller.abort();
  };
  process.on('SIGINT', on(EXIT.interrupted));
  process.on('SIGTERM', on(EXIT.terminated));
  return { signal: controller.signal, exitCode: () => code };
}
