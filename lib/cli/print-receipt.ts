import type { Receipt } from '../ledger/receipt.js';
import type { Context } from './context.js';
import { receiptJson } from './json.js';
import { type Movement, receiptText } from './say.js';

/** Prints what a movement of money was answered with. */
export function printReceipt(
  context: Context,
  type: Movement,
  receipt: Receipt,
  key: string,
): void {
  const { output, dryRun } = context;
  if (context.json)
    output.document('transfer.receipt', { type, ...receiptJson(receipt), key, dryRun });
  else if (!context.quiet) output.line(receiptText(type, receipt, dryRun));
}
