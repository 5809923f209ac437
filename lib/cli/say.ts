import type { AccountInfo, OpenedAccount } from '../bank/api.js';
import type { StandingOrder } from '../bank/orders.js';
import type { Money } from '../ledger/money.js';
import type { ChangeReceipt, HoldReceipt, Receipt, ReceiptSide } from '../ledger/receipt.js';

/** `20.00 USD` */
export function moneyText(money: Money): string {
  return `${money.amount} ${money.currency}`;
}

/** How what was only tried out ends. */
export const DRY_RUN_SAID = ' Dry run: nothing was booked.';

export type Movement = 'deposit' | 'withdraw' | 'transfer' | 'capture' | 'reverse';

const DONE = {
  deposit: 'Deposited',
  withdraw: 'Withdrew',
  transfer: 'Transferred',
  capture: 'Captured',
  reverse: 'Took back',
} as const;
const WOULD = {
  deposit: 'deposit',
  withdraw: 'withdraw',
  transfer: 'transfer',
  capture: 'capture',
  reverse: 'take back',
} as const;

/** `Deposited 20.00 USD to a10017. Balance 120.00 (was 100.00). Transfer 42.` */
export function receiptText(type: Movement, receipt: Receipt, dryRun: boolean): string {
  const { amount, from, to } = receipt;
  const verb = dryRun ? `Would ${WOULD[type]}` : DONE[type];
  const both = `from ${from.id} to ${to.id}. ${from.id}: ${change(from)}. ${to.id}: ${change(to)}.`;
  const where = {
    deposit: `to ${to.id}. Balance ${change(to)}.`,
    withdraw: `from ${from.id}. Balance ${change(from)}.`,
    transfer: both,
    capture: both,
    reverse: both,
  };
  return `${verb} ${moneyText(amount)} ${where[type]}${ending(receipt, dryRun)}`;
}

/** `Held 20.00 USD of a10017. Hold a10017.42. Transfer 42.` */
export function holdText(receipt: HoldReceipt, dryRun: boolean): string {
  const { hold, amount, account, expiresAt, type } = receipt;
  const verb =
    type === 'hold' ? (dryRun ? 'Would hold' : 'Held') : dryRun ? 'Would release' : 'Released';
  const until = expiresAt === undefined ? '' : ` until ${expiresAt}`;
  return `${verb} ${moneyText(amount)} of ${account.id}${until}. Hold ${hold}.${ending(receipt, dryRun)}`;
}

/** `every month on the 31st, next on 2026-11-30.` */
export function orderText({ every, end, next }: StandingOrder): string {
  const until = end === undefined ? '' : ` until ${end}`;
  return `${every}${until}, ${next === undefined ? 'never again' : `next on ${next}`}.`;
}

const CHANGES: Readonly<Record<string, readonly [done: string, would: string]>> = {
  freeze: ['Froze', 'freeze'],
  unfreeze: ['Unfroze', 'unfreeze'],
  close: ['Closed', 'close'],
  reopen: ['Reopened', 'reopen'],
  rename: ['Renamed', 'rename'],
  limit: ['Changed the limits of', 'change the limits of'],
};

/** What was asked of a change, and is said with it. */
export interface Asked {
  /** Of a close: where what was left went. */
  readonly sweptTo?: string | undefined;
  /** Of limits: which, and how much. */
  readonly limits?: string;
}

/** `Froze a10017. Balance 20.00. Transfer 42.` */
export function changeText(
  receipt: ChangeReceipt,
  dryRun: boolean,
  { sweptTo = '', limits = '' }: Asked = {},
): string {
  const { type, account, amount } = receipt;
  const [done, would] = CHANGES[type] ?? [type, type];
  const to = sweptTo === '' ? '' : ` to ${sweptTo.toLowerCase()}`;
  const moved = `${moneyText(amount)}${to}`;
  const swept = amount.minor === 0n ? '' : dryRun ? ` and sweep ${moved}` : ` and swept ${moved}`;
  const verb = dryRun ? `Would ${would}` : done;
  const set = limits === '' ? '' : `: ${limits}`;
  return `${verb} ${account.id}${swept}${set}. Balance ${account.ledger.amount}.${ending(receipt, dryRun)}`;
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
  return dryRun ? DRY_RUN_SAID : ` Transfer ${transfer}.`;
}
