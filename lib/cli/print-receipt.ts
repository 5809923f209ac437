import type { ChangeReceipt, HoldReceipt, Receipt } from '../ledger/receipt.js';
import type { Context } from './context.js';
import { changeJson, holdJson, receiptJson } from './json.js';
import { type Asked, changeText, holdText, type Movement, receiptText } from './say.js';

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

/** Prints what placing or ending a hold was answered with. With `--quiet` its id alone. */
export function printHold(context: Context, receipt: HoldReceipt, key: string): void {
  const { output, dryRun } = context;
  if (context.json) output.document('hold.receipt', { ...holdJson(receipt), key, dryRun });
  else if (context.quiet) output.line(receipt.hold);
  else output.line(holdText(receipt, dryRun));
}

/** Prints what a change of an account was answered with. */
export function printChange(
  context: Context,
  receipt: ChangeReceipt,
  key: string,
  asked?: Asked,
): void {
  const { output, dryRun } = context;
  if (context.json) output.document('account.change', { ...changeJson(receipt), key, dryRun });
  else if (!context.quiet) output.line(changeText(receipt, dryRun, asked));
}
