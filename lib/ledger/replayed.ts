/** Whether a request was booked before with its key. */
import { type AccountId, givenAccountNumber, worldId } from './account-id.js';
import { type Decision, DecisionRecord, type LedgerView } from './booking.js';
import type { Entry } from './entry.js';
import { BankError } from './errors.js';
import { type AskedAmount, minorOf } from './money.js';
import type {
  Annotated,
  CaptureRequest,
  ChangeRequest,
  HoldRequest,
  MoveRequest,
  OpenRequest,
  Request,
  ReverseRequest,
} from './request.js';

/** The entry booked earlier with the request's key, if it is the same request. */
export function replayOf(view: LedgerView, request: Request): Decision | undefined {
  const { key } = request.said;
  if (key === '') return undefined;
  const entry = view.entryOfKey(key);
  if (entry === undefined) return undefined;
  if (same(view, entry, request)) return new DecisionRecord(entry, true);
  throw new BankError(
    'IDEMPOTENCY_MISMATCH',
    `The key "${key}" was used for another request: ${entry.type} ${entry.transfer}, booked ${entry.bookedAt}.`,
    { details: { key, transfer: entry.transfer } },
  );
}

function same(view: LedgerView, entry: Entry, request: Request): boolean {
  if (entry.type !== request.kind || !sameAnnotations(entry, request.said)) return false;
  const digits = view.digitsOf(entry.currency);
  if (digits === undefined) return false;
  const asked = entry.details?.asked ?? '';
  const scale: Scale = (amount) => minorOf(amount, digits);
  switch (request.kind) {
    case 'open':
      return sameOpen(view, entry, request, scale);
    case 'deposit':
    case 'withdraw':
    case 'transfer':
      return sameMove(entry, request, scale);
    case 'hold':
      return sameHold(entry, request, scale);
    case 'capture':
      return sameCapture(entry, request, scale) && asked === askedOf(request);
    case 'release':
      return entry.details?.hold?.id === request.hold;
    case 'reverse':
      return entry.details?.reverses === request.transfer && asked === askedOf(request);
    default:
      return sameChange(entry, request, scale) && asked === askedOf(request);
  }
}

/** What of a request its entry does not tell, in a few words. */
export function askedOf(request: CaptureRequest | ReverseRequest | ChangeRequest): string {
  const words: (string | false | undefined)[] = [];
  switch (request.kind) {
    case 'capture':
      words.push(request.amount !== undefined && 'amount', request.keepRest && 'keep-rest');
      break;
    case 'reverse':
      words.push(request.force && 'force');
      break;
    case 'close':
      words.push(request.sweepTo && `sweep-to ${request.sweepTo}`);
      break;
    case 'rename':
      words.push(request.firstName && 'first', request.lastName && 'last');
      break;
    case 'limit': {
      const { overdraftLimit, transferLimit, dayLimit } = request;
      words.push(overdraftLimit !== undefined && 'overdraft');
      words.push(transferLimit !== undefined && 'transfer', dayLimit !== undefined && 'day');
      break;
    }
    default:
  }
  return words.filter(Boolean).join(' ');
}

/** An asked amount in minor units of the entry's currency; `undefined`: it has more decimals. */
type Scale = (asked: AskedAmount) => bigint | undefined;

function sameOpen(view: LedgerView, entry: Entry, request: OpenRequest, scale: Scale): boolean {
  return (
    sameId(entry.credit?.account, request.id) &&
    request.firstName === entry.firstName &&
    request.lastName === entry.lastName &&
    (request.currency ?? view.defaultCurrency) === entry.currency &&
    scale(request.overdraftLimit) === entry.limit
  );
}

/** A request without an id got one of the bank's; nobody can choose one of these. */
function sameId(booked: AccountId | undefined, asked: AccountId | undefined): boolean {
  if (asked !== undefined) return booked === asked;
  return booked !== undefined && givenAccountNumber(booked) !== undefined;
}

function sameMove(entry: Entry, request: MoveRequest, scale: Scale): boolean {
  const asked = scale(request.amount);
  return (
    (request.from ?? worldId(entry.currency)) === entry.debit?.account &&
    (request.to ?? worldId(entry.currency)) === entry.credit?.account &&
    asked === (entry.details?.upTo ?? entry.amount) &&
    request.upTo === (entry.details?.upTo !== undefined)
  );
}

function sameHold(entry: Entry, request: HoldRequest, scale: Scale): boolean {
  const hold = entry.details?.hold;
  return (
    hold !== undefined &&
    entry.credit?.account === request.account &&
    hold.left === scale(request.amount) &&
    hold.expires === expiryOf(request, entry.bookedAt)
  );
}

/** The end of a hold that is placed at `bookedAt`; '' if it has none. */
export function expiryOf({ ttlSeconds }: HoldRequest, bookedAt: string): string {
  if (ttlSeconds === undefined) return '';
  return new Date(Date.parse(bookedAt) + ttlSeconds * 1000).toISOString();
}

function sameCapture(entry: Entry, request: CaptureRequest, scale: Scale): boolean {
  const hold = entry.details?.hold;
  if (hold?.id !== request.hold) return false;
  const kept = hold.left > 0n;
  const released = hold.released !== undefined;
  return (
    (request.to ?? worldId(entry.currency)) === entry.credit?.account &&
    (request.amount === undefined ? !kept && !released : scale(request.amount) === entry.amount) &&
    (request.keepRest ? !released : !kept)
  );
}

function sameChange(entry: Entry, request: ChangeRequest, scale: Scale): boolean {
  const { account, sweepTo } = request;
  if ((entry.debit ?? entry.credit)?.account !== account) return false;
  switch (request.kind) {
    case 'freeze':
      return entry.details?.freeze === request.frozen;
    case 'close':
      return sweepTo === undefined
        ? entry.debit === undefined
        : entry.credit?.account === sweepTo || entry.debit === undefined;
    case 'rename':
      return (
        (request.firstName ?? entry.firstName) === entry.firstName &&
        (request.lastName ?? entry.lastName) === entry.lastName
      );
    case 'limit': {
      const { overdraftLimit, transferLimit, dayLimit } = request;
      const fits = (asked: AskedAmount | 'none' | undefined, booked: bigint | undefined) =>
        asked === undefined || (asked === 'none' ? undefined : scale(asked)) === booked;
      const { limit } = entry.details ?? {};
      return (
        fits(overdraftLimit, entry.limit) &&
        fits(transferLimit, limit?.transfer) &&
        fits(dayLimit, limit?.day)
      );
    }
    default:
      return true;
  }
}

function sameAnnotations(entry: Entry, said: Annotated): boolean {
  return (
    entry.memo === said.memo &&
    entry.reference === said.reference &&
    entry.valueDate === said.valueDate &&
    (entry.details?.meta ?? '') === said.meta
  );
}
