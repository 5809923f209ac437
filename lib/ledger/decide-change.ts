/** The life of an account: what it may do, what it is called, when it ends. */
import type { Account } from './account.js';
import {
  changeEntry,
  type Decision,
  DecisionRecord,
  detailsAsked,
  digitsOfAccount,
  existing,
  type LedgerView,
  type Moment,
  moved,
  type Named,
  NOTHING_NAMED,
  refuseClosed,
  refuseGiving,
  refuseReceiving,
  refuseTwoCurrencies,
} from './booking.js';
import type { EntryDetails } from './entry.js';
import { BankError } from './errors.js';
import { type AskedAmount, formatMinor, scaleAmount } from './money.js';
import { askedOf, replayOf } from './replayed.js';
import type { ChangeRequest } from './request.js';

export function decideChange(view: LedgerView, request: ChangeRequest, at: Moment): Decision {
  const known = view.account(request.account);
  if (known) limitsOf(view, known, request);
  const replay = replayOf(view, request);
  if (replay) return replay;
  const account = existing(view, request.account);
  if (request.kind === 'close') return decideClose(view, account, request, at);
  if (request.kind !== 'reopen' && request.kind !== 'end-order') refuseClosed(account);
  const { named, details } = effectOf(view, account, request);
  const digits = digitsOfAccount(view, account);
  return new DecisionRecord(
    changeEntry(at, account, digits, request.said, request.kind, details, named),
    false,
  );
}

function effectOf(
  view: LedgerView,
  account: Account,
  request: ChangeRequest,
): { named: Named; details: EntryDetails | undefined } {
  const said = detailsAsked(request.said, askedOf(request));
  switch (request.kind) {
    case 'freeze':
      return { named: NOTHING_NAMED, details: { ...said, freeze: request.frozen } };
    case 'rename': {
      const { firstName = account.firstName, lastName = account.lastName } = request;
      return { named: { firstName, lastName, limit: 0n }, details: said };
    }
    case 'limit': {
      const { overdraft, transfer, day } = limitsOf(view, account, request);
      const named = { ...NOTHING_NAMED, limit: overdraft };
      return { named, details: { ...said, limit: { transfer, day } } };
    }
    default:
      return { named: NOTHING_NAMED, details: said };
  }
}

/** The limits behind the request: those that it does not name stay. */
function limitsOf(view: LedgerView, account: Account, request: ChangeRequest) {
  const digits = digitsOfAccount(view, account);
  const { overdraftLimit, transferLimit, dayLimit } = request;
  const { terms, limit = 0n, currency } = account;
  const scale = (
    asked: AskedAmount | 'none' | undefined,
    before: bigint | undefined,
    what: string,
  ) => {
    if (asked === undefined) return before;
    return asked === 'none' ? undefined : scaleAmount(asked, currency, digits, what);
  };
  return {
    overdraft: scale(overdraftLimit, limit, 'overdraft limit') ?? 0n,
    transfer: scale(transferLimit, terms.transferLimit, 'transfer limit'),
    day: scale(dayLimit, terms.dayLimit, 'day limit'),
  };
}

function decideClose(
  view: LedgerView,
  account: Account,
  request: ChangeRequest,
  at: Moment,
): Decision {
  const { id, currency, balance, terms } = account;
  const heir = request.sweepTo === undefined ? undefined : existing(view, request.sweepTo);
  if (heir) refuseTwoCurrencies(account, heir);
  refuseClosed(account);
  if (heir) refuseClosed(heir);
  // To close and reopen it would undo the freezing.
  refuseGiving(account);
  if (heir) refuseReceiving(heir);
  const digits = digitsOfAccount(view, account);
  if (terms.holds.length > 0) {
    const ids = terms.holds.map((hold) => hold.id);
    throw new BankError(
      'ACCOUNT_NOT_EMPTY',
      `${id} has ${ids.length === 1 ? 'an open hold' : `${ids.length} open holds`}: ${ids.slice(0, 3).join(', ')}.`,
      { details: { id, holds: ids }, hint: 'Capture or release what is held first.' },
    );
  }
  if (balance < 0n || (balance > 0n && heir === undefined)) {
    throw new BankError(
      'ACCOUNT_NOT_EMPTY',
      `${id} has ${formatMinor(balance, digits)} ${currency}; it can be closed at zero only.`,
      {
        details: { id, balance: formatMinor(balance, digits) },
        hint:
          balance < 0n
            ? 'Pay in what it owes first.'
            : 'Name an account that gets what is left, or move it away first.',
      },
    );
  }
  const details = detailsAsked(request.said, askedOf(request));
  if (heir === undefined || balance === 0n) {
    return new DecisionRecord(
      changeEntry(at, account, digits, request.said, 'close', details),
      false,
    );
  }
  return moved(at, [account, heir], [balance, digits], request.said, 'close', details);
}
