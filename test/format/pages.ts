import { encodePage, encodeRow } from '#lib/format/passbook-page.js';
import type { Account } from '#lib/ledger/account.js';
import type { Entry } from '#lib/ledger/entry.js';
import { digitsOf } from './arbitraries.js';

/** A page of some entries, begun behind the check `prev`. */
export function pageOf(entries: readonly Entry[], states: readonly Account[], prev = ''): string {
  let check = prev;
  const rows = states.map((state, index) => {
    const entry = entries[index];
    if (entry === undefined) throw new Error('a state without its entry');
    const digits = digitsOf(state.currency) ?? 0;
    const opening = { prev: prev === '' ? undefined : prev, terms: state.terms };
    const encoded = encodeRow(state, entry, digits, check, index === 0 ? opening : undefined);
    check = encoded.check;
    return encoded.row;
  });
  return encodePage(rows);
}
