/** drovebank: a bank in a folder. */
export type {
  AccountInfo,
  AccountsOptions,
  Balance,
  Bank,
  Cancellable,
  CurrencyTotal,
  HistoryEntry,
  HistoryOptions,
  InitOptions,
  Listing,
  ManyResult,
  MovementInput,
  NumberResult,
  OpenBankOptions,
  OpenedAccount,
  PageOf,
  TransferManyOptions,
  TransferResult,
  WriteOptions,
} from './bank/api.js';
export { initBank, type NewBank, openBank } from './bank/open-bank.js';
export {
  BANK_ERROR_CODES,
  BankError,
  type BankErrorCode,
  type Committed,
} from './ledger/errors.js';
export type { Money } from './ledger/money.js';
export type { Receipt, ReceiptSide } from './ledger/receipt.js';
export type { Annotations, OpenAccountInput, TransferInput } from './ledger/request.js';
export type { Growth, Health } from './store/health.js';
export type { Problem, Verification, VerifyOptions, VerifyStep } from './store/verify.js';
