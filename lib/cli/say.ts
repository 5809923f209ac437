import type { AccountInfo, OpenedAccount } from '../bank/api.js';
import type { Money } from '../ledger/money.js';
import type { Receipt, ReceiptSide } from '../ledger/receipt.js';

/** `20.00 USD` */
export function moneyText(money: Money): string {
  return `${money.amount} ${money.currency}`;
}

export type Movement = 'deposit' | 'withdraw' | 'transfer';

const DONE = { deposit: 'Deposited', withdraw: 'Withdrew', transfer: 'Transferred' } as const;
const WOULD = { deposit: 'deposit', withdraw: 'withdraw', transfer: 'transfer' } as const;

/** `Deposited 20.00 USD to a10017. Balance 120.00 (was 100.00). Transfer 42.` */
export function receiptText(type: Movement, receipt: Receipt, dryRun: boolean): string {
  const { amount, from, to } = receipt;
  const verb = dryRun ? `Would ${WOULD[type]}` : DONE[type];
  const where = {
    deposit: `to ${to.id}. Balance ${change(to)}.`,
    withdraw: `from ${from.id}. Balance ${change(from)}.`,
    transfer: `from ${from.id} to ${to.id}. ${from.id}: ${change(from)}. ${to.id}: ${change(to)}.`,
  };
  return `${verb} ${moneyText(amount)} ${where[type]}${ending(receipt, dryRun)}`;
}

function change(side: ReceiptSide): string {
  return `${side.after.amount} (was ${side.before.amount})`;
}

/** `Opened a10017 for Ada Lovelace in USD. Balance 0.00. Transfer 1.` */
export function openedText(account: OpenedAccount, dryRun: boolean): string {
  const { id, firstName, lastName, currency, ledger } = account;
  const verb = dryRun ? 'Would open' : 'Opened';
  const limit = overdraftText(account);
  return `${verb} ${id} for ${firstName} ${lastName} in ${currency}. Balance ${ledger.amount}${limit}.${ending(account, dryRun)}`;
}

function overdraftText({ overdraftLimit }: AccountInfo): string {
  if (overdraftLimit === undefined || overdraftLimit.minor === 0n) return '';
  return `, overdraft limit ${overdraftLimit.amount}`;
}

function ending(
  { transfer, bookedAt, replayed }: { transfer: number; bookedAt: string; replayed: boolean },
  dryRun: boolean,
): string {
  if (replayed)
    return ` Booked before with this key: transfer ${transfer}, ${bookedAt}; nothing moved now.`;
  return dryRun ? ' Dry run: nothing was booked.' : ` Transfer ${transfer}.`;
}
