import type { AccountInfo, MovementInput } from '../../bank/api.js';
import { BankError } from '../../ledger/errors.js';
import type { Receipt, ReceiptSide } from '../../ledger/receipt.js';
import { fillIn, type Question, textField } from '../ask/form.js';
import { reportError } from '../error-report.js';
import { moveOne } from '../move-one.js';
import type { Line } from '../output.js';
import { moneyText, receiptText } from '../say.js';
import { accountCatalogue } from './account-catalogue.js';
import { type Counter, review } from './counter.js';

const QUESTIONS = { deposit: 'Book the deposit?', withdraw: 'Pay it out?', transfer: 'Book it?' };
/** Refusals that no other amount mends: other accounts may. */
const OF_THE_ACCOUNTS: readonly string[] = [
  ...['ACCOUNT_FROZEN', 'ACCOUNT_CLOSED', 'ACCOUNT_NOT_FOUND', 'CURRENCY_MISMATCH'],
];

/** Deposit, withdrawal or transfer: accounts (but for those that are known), amount, a review, and only then the booking. */
export async function moveMoney(
  counter: Counter,
  type: keyof typeof QUESTIONS,
  known: { readonly from?: AccountInfo; readonly to?: AccountInfo } = {},
): Promise<void> {
  const { context, bank, asker } = counter;
  const { output, signal } = context;
  let { from, to } = known;
  const pick = async (question: string, before?: AccountInfo, without?: AccountInfo) => {
    const picked = await asker.pick(question, accountCatalogue(counter, without?.id), before?.id);
    if (picked.id !== without?.id) return picked;
    throw new BankError('SAME_ACCOUNT', `${picked.id} is the other side already.`);
  };
  const move = (input: Omit<MovementInput, 'from' | 'to'>, dryRun = true) => {
    const sides = { ...(from && { from: from.id }), ...(to && { to: to.id }) };
    return moveOne(bank, { ...sides, ...input }, { signal, dryRun });
  };
  const askFrom: Question = async () => {
    from = await pick('From account', from, known.to);
  };
  const askTo: Question = async () => {
    to = await pick('To account', to, from);
  };
  const accounts = [
    ...(type !== 'deposit' && known.from === undefined ? [askFrom] : []),
    ...(type !== 'withdraw' && known.to === undefined ? [askTo] : []),
  ];
  const amountIn = () => `Amount in ${(from ?? to ?? bank).currency}`;
  const amount = textField(asker, amountIn, (text) => move({ amount: text }), true);
  const memo = textField(
    asker,
    () => 'Memo (Enter for none)',
    (text) => move({ amount: amount.text, memo: text }),
  );
  const last: Question = () => {
    const input = { amount: amount.text, memo: memo.text };
    const tryOut = async () => reviewLines(await move(input), from, to);
    return review(counter, QUESTIONS[type], tryOut, async (idempotencyKey) =>
      receiptText(type, await move({ ...input, idempotencyKey }, false), false),
    );
  };
  const first = accounts.length;
  await fillIn([...accounts, amount.ask, memo.ask, last], (error: BankError, at) => {
    reportError(output, context, error);
    if (error.code === 'SAME_ACCOUNT') return first - 1;
    if (OF_THE_ACCOUNTS.includes(error.code)) {
      return accounts.indexOf(error.details.id === from?.id ? askFrom : askTo);
    }
    return error.code === 'INVALID_TEXT' ? at : Math.min(at, first);
  });
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
