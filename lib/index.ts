/** drovebank: a bank in a folder. */
export type {
  AccountRun,
  AccountRunInput,
  AccountRunResult,
  RunSum,
} from './bank/account-run.js';
export type {
  AccountInfo,
  AccountsOptions,
  AtOptions,
  Balance,
  Bank,
  BatchOptions,
  Cancellable,
  CurrencyTotal,
  EntriesOptions,
  EntryInfo,
  HistoryEntry,
  HistoryOptions,
  HoldInfo,
  InitOptions,
  Listing,
  ManyResult,
  MovementInput,
  NumberResult,
  OpenBankOptions,
  OpenedAccount,
  OperationResult,
  PageOf,
  TransferManyOptions,
  TransferResult,
  WriteOptions,
} from './bank/api.js';
export type { ExchangeInput, ExchangeReceipt } from './bank/exchange.js';
export type { FeeInput } from './bank/fee.js';
export type { InterestInput } from './bank/interest.js';
export { initBank, type NewBank, openBank } from './bank/open-bank.js';
export type { Operation, OperationReceipt } from './bank/operations.js';
export type {
  DueInput,
  DueResult,
  DueRun,
  StandingOrder,
  StandingOrderInput,
} from './bank/orders.js';
export type { EntryFilterInput } from './ledger/entry-filter.js';
export {
  BANK_ERROR_CODES,
  BankError,
  type BankErrorCode,
  type Committed,
} from './ledger/errors.js';
export type { DayCount, RateBand } from './ledger/interest.js';
export type { Money } from './ledger/money.js';
export type { ChangeReceipt, HoldReceipt, Receipt, ReceiptSide } from './ledger/receipt.js';
export type {
  Annotations,
  CaptureInput,
  CloseInput,
  FreezeInput,
  HoldInput,
  LimitInput,
  OpenAccountInput,
  RenameInput,
  ReverseInput,
  TransferInput,
} from './ledger/request.js';
export type { Growth, Health } from './store/health.js';
export type { Problem, Verification, VerifyOptions, VerifyStep } from './store/verify.js';
