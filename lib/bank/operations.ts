/** Requests of every kind in one call: what each is read as, and how it is answered. */
import type { Decision } from '../ledger/booking.js';
import { BankError } from '../ledger/errors.js';
import {
  type ChangeReceipt,
  type HoldReceipt,
  type Receipt,
  toChangeReceipt,
  toHoldReceipt,
  toReceipt,
} from '../ledger/receipt.js';
import {
  type Annotations,
  type CaptureInput,
  type CloseInput,
  type FreezeInput,
  type HoldInput,
  type LimitInput,
  type OpenAccountInput,
  type RenameInput,
  type Request,
  type ReverseInput,
  readCapture,
  readClose,
  readDeposit,
  readFreeze,
  readHold,
  readLimit,
  readOpen,
  readRelease,
  readRename,
  readReopen,
  readReverse,
  readTransfer,
  readUnfreeze,
  readWithdraw,
  type TransferInput,
} from '../ledger/request.js';
import { shown } from '../ledger/text.js';
import type { Bookkeeper } from '../store/bookkeeper.js';
import { toAccountInfo } from './accounts.js';
import type { OpenedAccount } from './api.js';

type OnAccount = { readonly id: string };
type Sum = { readonly amount: string | bigint };

/** One request of {@link Bank.batch}; `op` says which verb of the bank it is. */
export type Operation =
  | ({ readonly op: 'open' } & OpenAccountInput)
  | ({ readonly op: 'deposit' } & OnAccount & Sum & Annotations)
  | ({ readonly op: 'withdraw' } & OnAccount & Sum & Annotations & Pick<TransferInput, 'upTo'>)
  | ({ readonly op: 'transfer' } & TransferInput)
  | ({ readonly op: 'hold' } & OnAccount & Sum & HoldInput)
  | ({ readonly op: 'capture'; readonly hold: string } & CaptureInput)
  | ({ readonly op: 'release'; readonly hold: string } & Annotations)
  | ({ readonly op: 'reverse'; readonly transfer: number } & ReverseInput)
  | ({ readonly op: 'freeze' } & OnAccount & FreezeInput)
  | ({ readonly op: 'unfreeze' } & OnAccount & Annotations)
  | ({ readonly op: 'reopen' } & OnAccount & Annotations)
  | ({ readonly op: 'close' } & OnAccount & CloseInput)
  | ({ readonly op: 'rename' } & OnAccount & RenameInput)
  | ({ readonly op: 'limit' } & OnAccount & LimitInput);

/** Movements are answered with a receipt, holds and changes with theirs, `open` with the account. */
export type OperationReceipt = Receipt | HoldReceipt | ChangeReceipt | OpenedAccount;

const READERS: {
  readonly [Op in Operation['op']]: (input: Extract<Operation, { op: Op }>) => Request;
} = {
  open: readOpen,
  deposit: (input) => readDeposit(input.id, input.amount, input),
  withdraw: (input) => readWithdraw(input.id, input.amount, input),
  transfer: readTransfer,
  hold: (input) => readHold(input.id, input.amount, input),
  capture: (input) => readCapture(input.hold, input),
  release: (input) => readRelease(input.hold, input),
  reverse: (input) => readReverse(input.transfer, input),
  freeze: (input) => readFreeze(input.id, input),
  unfreeze: (input) => readUnfreeze(input.id, input),
  reopen: (input) => readReopen(input.id, input),
  close: (input) => readClose(input.id, input),
  rename: (input) => readRename(input.id, input),
  limit: (input) => readLimit(input.id, input),
};

export const OPERATIONS = Object.keys(READERS) as readonly Operation['op'][];

/** Reads an operation. @throws BankError what is wrong with it in itself */
export function readOperation(input: Operation): Request {
  const { op } = (input ?? {}) as Operation;
  if (Object.hasOwn(READERS, op)) return (READERS[op] as (input: Operation) => Request)(input);
  throw new BankError('INVALID_TEXT', `The op ${shown(op)} is none of: ${OPERATIONS.join(', ')}.`, {
    details: { field: 'op' },
    hint: 'Name one of them.',
  });
}

/** What each kind of request is answered with. */
export function operationReceipt(
  book: Bookkeeper,
  { entry, replayed }: Decision,
): OperationReceipt {
  const digits = book.digitsOf(entry.currency);
  switch (entry.type) {
    case 'open': {
      const { transfer, bookedAt } = entry;
      const info = toAccountInfo(book.opened(entry), digits);
      return Object.freeze({ ...info, transfer, bookedAt, replayed });
    }
    case 'hold':
    case 'release':
      return toHoldReceipt(entry, digits, replayed);
    case 'deposit':
    case 'withdraw':
    case 'transfer':
    case 'capture':
    case 'reverse':
      return toReceipt(entry, digits, replayed);
    default:
      return toChangeReceipt(entry, digits, replayed);
  }
}
