/**
 * A PIN, salted and hashed, and the tries at it: one small file. `account,wrong,tried_at,seen,salt,hash,check` and
 * a row; the `.` behind it shows that nothing was cut.
 */
import type { AccountId } from '../ledger/account-id.js';
import { checkOf } from './check.js';
import { isTime, parseCount } from './csv.js';
import { undamaged } from './damage.js';

export interface Secret {
  readonly account: AccountId;
  /** Tries with another PIN since the last right one; a try under way counts as well. */
  readonly wrong: number;
  /** When the last try began; '' before the first. */
  readonly triedAt: string;
  /** Rows of the passbook that its holder had been told of at the last visit. */
  readonly seen: number;
  /** In hex. */
  readonly salt: string;
  readonly hash: string;
}

const HEADER = 'account,wrong,tried_at,seen,salt,hash,check';
const END = '\n.\n';

export function encodeSecret({ account, wrong, triedAt, seen, salt, hash }: Secret): string {
  const told = `${HEADER}\n${account},${wrong},${triedAt},${seen},${salt},${hash}`;
  return `${told},${checkOf(told)}${END}`;
}

/** Reads the file of `account`; `undefined`: it was cut while it was written. @throws FormatDamage */
export function decodeSecret(text: string, account: AccountId): Secret | undefined {
  if (!text.endsWith(END)) return undefined;
  const told = text.slice(0, -END.length);
  const at = told.lastIndexOf(',');
  undamaged(told.slice(at + 1) === checkOf(told.slice(0, at)), 'its check does not fit');
  const [header, row = ''] = told.split('\n');
  const [id, wrongText = '', triedAt = '', seenText = '', salt = '', hash = ''] = row.split(',');
  const [wrong, seen] = [parseCount(wrongText), parseCount(seenText)];
  undamaged(header === HEADER, 'the header line is another one');
  undamaged(id === account, () => `it is that of ${id}`);
  undamaged(wrong !== undefined && seen !== undefined, 'it has odd numbers');
  undamaged(triedAt === '' || isTime(triedAt), 'it has no time');
  return { account, wrong, triedAt, seen, salt, hash };
}
