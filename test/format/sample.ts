import { afterEntry } from '#lib/ledger/account.js';
import type { AccountId } from '#lib/ledger/account-id.js';
import type { Entry } from '#lib/ledger/entry.js';

const ADA = 'a10017' as AccountId;
const PLAIN = {
  firstName: '',
  lastName: '',
  limit: 0n,
  memo: '',
  reference: '',
  valueDate: '',
  key: '',
  details: undefined,
};

/** The three entries of Ada's passbook in docs/file-formats.md. */
export const SAMPLE_ENTRIES: readonly Entry[] = [
  {
    ...PLAIN,
    ...{ type: 'open', transfer: 1, bookedAt: '2026-11-20T09:00:00.000Z', currency: 'USD' },
    ...{ amount: 0n, firstName: 'Ada', lastName: 'Lovelace' },
    debit: { account: 'world-usd' as AccountId, seq: 1, balance: 0n },
    credit: { account: ADA, seq: 1, balance: 0n },
  },
  {
    ...PLAIN,
    ...{ type: 'deposit', transfer: 2, bookedAt: '2026-11-20T09:00:01.120Z', currency: 'USD' },
    ...{ amount: 10000n, memo: 'first deposit', key: 'req-1' },
    debit: { account: 'world-usd' as AccountId, seq: 2, balance: -10000n },
    credit: { account: ADA, seq: 2, balance: 10000n },
  },
  {
    ...PLAIN,
    ...{ type: 'transfer', transfer: 9, bookedAt: '2026-11-20T09:05:40.007Z', currency: 'USD' },
    ...{ amount: 2500n, memo: 'lunch', reference: 'inv-7', valueDate: '2026-11-20', key: 'k-77' },
    debit: { account: ADA, seq: 3, balance: 7500n },
    credit: { account: 'a10025' as AccountId, seq: 2, balance: 2500n },
  },
];

/** Ada's account after each of them. */
export const SAMPLE_STATES = SAMPLE_ENTRIES.map((_, last) =>
  SAMPLE_ENTRIES.slice(0, last + 1).reduce(
    (before, entry) => afterEntry(before, entry, ADA),
    undefined as ReturnType<typeof afterEntry> | undefined,
  ),
).filter((state) => state !== undefined);

/** The page, byte for byte. */
export const SAMPLE_PAGE = `account,seq,booked_at,type,transfer,counterparty,in,out,balance,held,limit,currency,status,first_name,last_name,memo,reference,value_date,details,key,check
a10017,1,2026-11-20T09:00:00.000Z,open,1,,,,0.00,0.00,0.00,USD,open,"Ada","Lovelace",,,,"{}",,8ddabf1f3b11efd8
a10017,2,2026-11-20T09:00:01.120Z,deposit,2,world-usd,100.00,,100.00,0.00,0.00,USD,open,,,"first deposit",,,,"req-1",53ced56ce0e365c2
a10017,3,2026-11-20T09:05:40.007Z,transfer,9,a10025,,25.00,75.00,0.00,0.00,USD,open,,,"lunch","inv-7",2026-11-20,,"k-77",dc5cda4a5236b8dc.
`;
