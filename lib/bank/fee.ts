import type { PassbookRow } from '../format/passbook-page.js';
import { BankError } from '../ledger/errors.js';
import { readAmount, scaleAmount } from '../ledger/money.js';
import { readFlag } from '../ledger/request.js';
import { emptyText, readText } from '../ledger/text.js';
import {
  type AccountRun,
  type AccountRunInput,
  digitsOfRun,
  type RunFiles,
  readRun,
  runAccounts,
} from './account-run.js';
import type { Bank } from './api.js';

const PERIOD_LENGTH_MAX = 40;

export interface FeeInput extends AccountRunInput {
  /** What each account pays. */
  readonly amount: string | bigint;
  /** For which period: `2026-11`. An account pays once for one. */
  readonly period: string;
  /** Accounts that have at least so much pay nothing. */
  readonly waiveFrom?: string | bigint | undefined;
  /** An account that has less available pays that. */
  readonly upTo?: boolean | undefined;
}

/** Charges each account a fee, by its balance when the run begins. @throws BankError */
export async function chargeFee(bank: Bank, files: RunFiles, input: FeeInput): Promise<AccountRun> {
  const run = readRun(bank, input, 'fee');
  const period = readText(input.period, 'period', PERIOD_LENGTH_MAX);
  if (period === '') throw emptyText('period');
  const upTo = readFlag(input.upTo, 'upTo');
  const asked = readAmount(input.amount);
  const waived =
    input.waiveFrom === undefined ? undefined : readAmount(input.waiveFrom, 'waiveFrom');
  const digits = await digitsOfRun(bank, files, run);
  const fee = scaleAmount(asked, run.currency, digits);
  if (fee === 0n) {
    throw new BankError('INVALID_AMOUNT', 'The fee is zero; nothing would move.', {
      details: { field: 'amount' },
    });
  }
  const waiveFrom =
    waived === undefined ? undefined : scaleAmount(waived, run.currency, digits, 'waiveFrom');
  return runAccounts(bank, run, { files, digits }, input, {
    key: period,
    memo: `fee ${period}`,
    metadata: { period },
    upTo,
    amountFor: async (rows) => {
      const { value: newest } = await rows.next();
      const { currency, status, balance } = (newest ?? {}) as Partial<PassbookRow>;
      if (balance === undefined || currency !== run.currency || status === 'closed')
        return undefined;
      return waiveFrom !== undefined && balance >= waiveFrom ? 0n : -fee;
    },
  });
}
