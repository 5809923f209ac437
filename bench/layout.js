/** Where the page of an account lies: docs/file-formats.md, spelled anew. */
import { hash } from 'node:crypto';

export const idOf = (account) => `c${account}`;

export function folderOf(id) {
  const digits = hash('sha256', id);
  return `accounts/${digits.slice(0, 2)}/${digits.slice(2, 4)}`;
}

export const pageOf = (id) => `${folderOf(id)}/${id}.csv`;
