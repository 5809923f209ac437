import type { AccountInfo, MovementInput } from '../../bank/api.js';
import { BankError } from '../../ledger/errors.js';
import type { Receipt, ReceiptSide } from '../../ledger/receipt.js';
import { orRefusal } from '../ask/or-refusal.js';
import { reportError } from '../error-report.js';
import { moveOne } from '../move-one.js';
import type { Line } from '../output.js';
import { moneyText, receiptText } from '../say.js';
import { newKey, settled } from '../settled.js';
import { accountCatalogue } from './account-catalogue.js';
import type { Counter } from './counter.js';

const QUESTIONS = { deposit: 'Book the deposit?', withdraw: 'Pay it out?', transfer: 'Book it?' };

/** Deposit, withdrawal or transfer: accounts (but for those that are known), amount, a review, and only then the booking. */
export async function moveMoney(
  counter: Counter,
  type: keyof typeof QUESTIONS,
  known: { readonly from?: AccountInfo; readonly to?: AccountInfo } = {},
): Promise<void> {
  const { context, bank, asker } = counter;
  const pick = (question: string) => asker.pick(question, accountCatalogue(counter));
  const from = type === 'deposit' ? undefined : (known.from ?? (await pick('From account')));
  const to = type === 'withdraw' ? undefined : (known.to ?? (await pick('To account')));
  const sides = { ...(from && { from: from.id }), ...(to && { to: to.id }) };
  const { currency } = from ?? to ?? bank;
  for (;;) {
    const amount = await asker.ask(`Amount in ${currency}`);
    const memo = await asker.ask('Memo (Enter for none)');
    const key = newKey();
    const input: MovementInput = { ...sides, amount, memo, idempotencyKey: key };
    const book = (dryRun: boolean) => moveOne(bank, input, { signal: context.signal, dryRun });
    const tryOut = async () => reviewLines(await book(true), from, to);
    try {
      const lines = await tryOut();
      if (context.dryRun) return context.output.lines(lines);
    } catch (error) {
      // A mistyped amount is asked for again; any other refusal leads back to the menu.
      if (!(error instanceof BankError) || error.code !== 'INVALID_AMOUNT') throw error;
      reportError(context.output, context, error);
      continue;
    }
    if (!(await asker.confirm(QUESTIONS[type], orRefusal(tryOut)))) {
      context.output.line('Nothing was booked.');
    } else {
      const receipt = await settled(key, () => book(false));
      context.output.line(receiptText(type, receipt, false));
    }
    return;
  }
}

function reviewLines(
  receipt: Receipt,
  from: AccountInfo | undefined,
  to: AccountInfo | undefined,
): Line[] {
  const side = (word: string, { id, firstName, lastName }: AccountInfo, of: ReceiptSide) => ({
    text: `  ${word} ${id}, ${firstName} ${lastName}: ${of.before.amount} -> ${of.after.amount}`,
  });
  return [
    { text: `Review: ${moneyText(receipt.amount)}` },
    ...(from ? [side('from', from, receipt.from)] : []),
    ...(to ? [side('to  ', to, receipt.to)] : []),
  ];
}
