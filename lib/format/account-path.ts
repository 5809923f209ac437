import { hash } from 'node:crypto';

/**
 * The folder of an account, by the first two bytes of SHA-256 of its id: `a10017` → `accounts/f7/74`.
 * 65,536 folders, filled evenly whatever the ids look like, so that none grows slow.
 */
export function accountFolder(id: string): string {
  const digest = hash('sha256', id);
  return `accounts/${digest.slice(0, 2)}/${digest.slice(2, 4)}`;
}

/** The open page, `<id>.csv`, or the `page`-th sealed one, `<id>.0001.csv`. */
export function pageName(id: string, page?: number): string {
  return page === undefined ? `${id}.csv` : `${id}.${String(page).padStart(4, '0')}.csv`;
}

/** Where a page lies in the bank: `accounts/f7/74/a10017.csv`. */
export function pageFile(id: string, page?: number): string {
  return `${accountFolder(id)}/${pageName(id, page)}`;
}

/** Takes a page's file name apart; `undefined` for a name that no page has. */
export function parsePageName(name: string): { id: string; page: number | undefined } | undefined {
  const match = /^([a-z0-9][a-z0-9_-]{0,63})(?:\.([0-9]{4,9}))?\.csv$/.exec(name);
  if (match?.[1] === undefined) return undefined;
  const [, id, digits] = match;
  const page = digits === undefined ? undefined : Number(digits);
  // One page, one name: not 00001 for 0001, and pages are counted from 1.
  return page !== 0 && pageName(id, page) === name ? { id, page } : undefined;
}
