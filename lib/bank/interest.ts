import type { PassbookRow } from '../format/passbook-page.js';
import { BankError } from '../ledger/errors.js';
import {
  type DayBalance,
  type DayCount,
  interestOn,
  type Period,
  type RateBand,
  type Rates,
  readDayCount,
  readRates,
  scaleRates,
} from '../ledger/interest.js';
import { readDay } from '../ledger/text.js';
import {
  type AccountRun,
  type AccountRunInput,
  digitsOfRun,
  type ReadRun,
  type RunFiles,
  readRun,
  runAccounts,
} from './account-run.js';
import type { Bank } from './api.js';

/** A day is over for good when so much time has gone by: a batch that was decided in it has been booked, or never will. */
const DAY_OVER_MS = 60_000;

export interface InterestInput extends AccountRunInput {
  /** First day that counts, UTC. */
  readonly from: string;
  /** The day behind the last one that counts. It must have begun. */
  readonly asOf: string;
  /** Percent a year, as one rate or in bands, of which each part of a balance earns its own. */
  readonly rate: string | readonly RateBand[];
  /** Percent a year of what an account owes; 0 unless given. */
  readonly overdraftRate?: string | undefined;
  /** `act/365` unless given. */
  readonly dayCount?: DayCount | undefined;
}

/** Pays what balances at the end of each day earn. @throws BankError */
export async function payInterest(
  bank: Bank,
  files: RunFiles,
  input: InterestInput,
): Promise<AccountRun> {
  const run = readRun(bank, input, 'interest');
  const period = readPeriod(input, files.now());
  const dayCount = readDayCount(input.dayCount ?? 'act/365');
  const asked = readRates(input.rate, input.overdraftRate);
  const digits = await digitsOfRun(bank, files, run);
  const rates = scaleRates(asked, run.currency, digits);
  const { from, asOf } = period;
  return runAccounts(bank, run, { files, digits }, input, {
    key: `${from}/${asOf}`,
    memo: `interest ${from} to ${asOf}`,
    metadata: { from, asOf, dayCount },
    upTo: false,
    amountFor: (rows) => earned(rows, run, period, rates, dayCount),
  });
}

/** @throws BankError INVALID_TIME */
function readPeriod(input: InterestInput, now: number): Period {
  const [from, asOf] = [readDay(input.from, 'first day'), readDay(input.asOf, 'day as of')];
  const invalid = (why: string, hint: string) =>
    new BankError('INVALID_TIME', why, { details: { from, asOf }, hint });
  if (from >= asOf) {
    throw invalid(`From ${from} to before ${asOf} there is no day.`, 'Give an earlier first day.');
  }
  if (Date.parse(asOf) + DAY_OVER_MS > now) {
    const why = `The day before ${asOf} is not over yet, UTC, or only since less than a minute.`;
    throw invalid(why, 'Wait for it, or give an earlier day.');
  }
  return { from, asOf };
}

/** Whether a row is of a run of the same name for some of the same days, but not for all of them. */
function overlapping(
  { key, transfer, account }: PassbookRow,
  prefix: string,
  { from, asOf }: Period,
): BankError | undefined {
  if (!key.startsWith(`${prefix}/`)) return undefined;
  const [first = '', behind = ''] = key.slice(prefix.length + 1).split('/');
  const isSame = first === from && behind === asOf;
  if (isSame || first >= asOf || behind <= from) return undefined;
  return new BankError(
    'IDEMPOTENCY_MISMATCH',
    `${account} was paid from ${first} to ${behind} already, by transfer ${transfer}.`,
    {
      details: { id: account, transfer, from: first, asOf: behind },
      hint: 'Ask for days that are not paid yet, or name this run otherwise.',
    },
  );
}

/** What an account earned; `undefined`: it is of another currency, or closed. */
async function earned(
  rows: AsyncIterable<PassbookRow>,
  { currency, prefix }: ReadRun,
  period: Period,
  rates: Rates,
  dayCount: DayCount,
): Promise<bigint | undefined | BankError> {
  const balances: DayBalance[] = [];
  let isNewest = true;
  for await (const row of rows) {
    if (isNewest && (row.currency !== currency || row.status === 'closed')) return undefined;
    isNewest = false;
    const other = overlapping(row, prefix, period);
    if (other) return other;
    const day = row.bookedAt.slice(0, 10);
    if (day >= period.asOf) continue;
    // The newest row of a day tells the balance at its end.
    if (balances.at(-1)?.day !== day) balances.push({ day, balance: row.balance });
    if (day < period.from) break;
  }
  if (isNewest) return undefined;
  return interestOn(balances.reverse(), period, rates, dayCount);
}
